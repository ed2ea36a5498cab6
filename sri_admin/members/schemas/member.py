"""Shapes of the member itself at the doors."""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from marshmallow import ValidationError, fields

from sri_admin.federation.wire import WireText
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import Schema, one_of, validate
from sri_admin.kernel.text import LONGEST, Text
from sri_admin.members.rules.member import Hosting, Listing, MemberKind, MemberState, SuspensionKind

CODE = re.compile(r"[A-Z0-9]{2,12}\Z")
LONGEST_REASON = 1000
_WIRE_TEXT = WireText(longest=LONGEST)
_BAD_CODE = _l("Use 2 to 12 capital letters or digits.")


class TextField(fields.Field[Text]):
    """A text people read: as one string in the source language, or in its stored form with translations."""

    def _serialize(self, value: Text | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.to_wire()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Text:
        if isinstance(value, str) and 0 < len(value.strip()) <= LONGEST:
            return Text.of(value.strip())
        if isinstance(value, Mapping):
            return _from_wire(value)
        raise ValidationError(_l("Please write this as text."))  # pyright: ignore[reportArgumentType] - lazy text


def _from_wire(value: Mapping[str, Any]) -> Text:
    # What the wire would refuse must not be stored either: no node could ever take the record.
    if not _WIRE_TEXT.accepts(value):
        raise ValidationError(_l("Please write this as text."))  # pyright: ignore[reportArgumentType] - lazy text
    return Text.from_wire(value)


def reason(*, required: bool = False) -> fields.String:
    """Return a field for a reason: a few sentences."""
    return fields.String(required=required, validate=validate.Length(max=LONGEST_REASON))


def _is_locale(tag: str) -> None:
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValidationError(_l("We do not know this language.")) from None  # pyright: ignore[reportArgumentType] - lazy text


class DescriptionIn(Schema):
    """What can be corrected about a member without changing where it stands."""

    name = TextField(required=True, attribute="names")
    region = fields.String(required=True, validate=validate.Length(1, 20))
    default_locale = fields.String(load_default="en", validate=_is_locale)
    time_zone = fields.String(load_default="UTC", validate=one_of(sorted(available_timezones())))
    fiscal_month = fields.Integer(load_default=1, validate=validate.Range(1, 12))
    fiscal_day = fields.Integer(load_default=1, validate=validate.Range(1, 31))
    listing = fields.Enum(Listing, by_value=True, load_default=Listing.FULL)


class MemberIn(DescriptionIn):
    """A member country to be registered."""

    id = fields.UUID()
    code = fields.String(
        required=True,
        validate=validate.Regexp(CODE, error=_BAD_CODE),  # pyright: ignore[reportArgumentType] - lazy text
    )
    kind = fields.Enum(MemberKind, by_value=True, required=True)
    hosting = fields.Enum(Hosting, by_value=True, load_default=Hosting.HUB)


class MemberOut(Schema):
    """A member as programs see it."""

    id = fields.UUID()
    code = fields.String()
    names = TextField()
    kind = fields.Enum(MemberKind, by_value=True)
    state = fields.Enum(MemberState, by_value=True)
    state_since = fields.Date()
    state_reason = fields.String(allow_none=True)
    suspension = fields.Enum(SuspensionKind, by_value=True, allow_none=True)
    suspension_until = fields.Date(allow_none=True)
    region = fields.String()
    default_locale = fields.String()
    time_zone = fields.String()
    fiscal_month = fields.Integer()
    fiscal_day = fields.Integer()
    hosting = fields.Enum(Hosting, by_value=True)
    listing = fields.Enum(Listing, by_value=True)
    version = fields.Integer()


class MemberRowOut(Schema):
    """A member in a list."""

    member = fields.Nested(MemberOut)
    licence_ends_on = fields.Date(allow_none=True)


class MemberPage(Schema):
    """One page of members."""

    rows = fields.List(fields.Nested(MemberRowOut))
    total = fields.Integer()
    first = fields.Integer()
    last = fields.Integer()


class PagedQuery(Schema):
    """Which page of a list is asked for."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class MemberQuery(PagedQuery):
    """Which members are asked for, and in which order."""

    q = fields.String(validate=validate.Length(max=100))
    state = fields.Enum(MemberState, by_value=True)
    region = fields.String(validate=validate.Length(max=20))
    hosting = fields.Enum(Hosting, by_value=True)
    sort = fields.String(validate=one_of(sign + key for key in ("name", "code", "state", "ends") for sign in ("", "-")))


class TransitionIn(Schema):
    """A step in the life of a member."""

    on = fields.Date()
    reason = reason()
    kind = fields.Enum(SuspensionKind, by_value=True)
    until = fields.Date()
