"""Shapes of agreements at the doors."""

import re
from datetime import date
from typing import Any

from marshmallow import fields, missing

from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import Schema, one_of, validate
from sri_admin.members.rules.agreement import (
    AgreementKind,
    AgreementState,
    EventKind,
    ProgrammeType,
    Right,
    ShownState,
)
from sri_admin.members.schemas.member import PagedQuery, reason

_BETWEEN_CODES = re.compile(r"[\s,;،、]+")
_LONGEST_DAYS = 3660
# Notice, grace and cure are counted from these days, and no calendar here goes beyond the year 9999.
_SENSIBLE = validate.Range(
    date(1900, 1, 1),
    date(2199, 12, 31),
    error=_l("Please write a date like 2026-06-12."),  # pyright: ignore[reportArgumentType] - lazy text
)


class Codes(fields.List):
    """Several codes: a list, or in one field with commas or spaces between, as people type them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        given = [value] if isinstance(value, str) else value
        if isinstance(given, list) and all(isinstance(each, str) for each in given):
            given = [code for each in given for code in _BETWEEN_CODES.split(each) if code]
        return super()._deserialize(given, attr, data, **kwargs)


class Places(Codes):
    """Codes of places, in capitals, each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.String(validate=validate.Length(2, 6)), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return sorted({code.upper() for code in super()._deserialize(value, attr, data, **kwargs)})


def _days(default: int) -> fields.Integer:
    return fields.Integer(load_default=default, validate=validate.Range(0, _LONGEST_DAYS))


class AgreementIn(Schema):
    """The terms of an agreement."""

    kind = fields.Enum(AgreementKind, by_value=True, load_default=AgreementKind.LICENCE)
    parent_id = fields.UUID(allow_none=True, load_default=None)
    starts_on = fields.Date(required=True, validate=_SENSIBLE)
    ends_on = fields.Date(required=True, validate=_SENSIBLE)
    notice_days = _days(90)
    grace_days = _days(30)
    cure_days = _days(14)
    territories = Places(required=True)
    exclusive = fields.Boolean(load_default=True)
    rights = Codes(fields.Enum(Right, by_value=True), required=True)
    programme_types = Codes(fields.Enum(ProgrammeType, by_value=True), load_default=lambda: [ProgrammeType.FOUR_POINT])


def usual_terms() -> dict[str, Any]:
    """Return what a new agreement says unless somebody decides otherwise."""
    made = AgreementIn()
    usual = {name: field.load_default for name, field in made.fields.items() if field.load_default is not missing}
    return {name: value() if callable(value) else value for name, value in usual.items()}


class AgreementDraftIn(AgreementIn):
    """Terms that may still be incomplete; `later` keeps them without checking."""

    id = fields.UUID()
    amends_id = fields.UUID(allow_none=True)
    continues_id = fields.UUID(allow_none=True)
    later = fields.Boolean(load_default=False)

    def __init__(self, **options: Any) -> None:
        super().__init__(partial=True, **options)


class AgreementDraftOut(Schema):
    """A draft as programs see it."""

    id = fields.UUID()
    amends_id = fields.UUID(allow_none=True)
    continues_id = fields.UUID(allow_none=True)
    values = fields.Dict()
    offered = fields.Boolean()
    changed_at = fields.AwareDateTime()
    version = fields.Integer()


class AgreementOut(Schema):
    """An agreement as programs see it; `shown` is what it is called today."""

    id = fields.UUID()
    ref_no = fields.String()
    kind = fields.Enum(AgreementKind, by_value=True)
    parent_id = fields.UUID(allow_none=True)
    amends_id = fields.UUID(allow_none=True)
    continues_id = fields.UUID(allow_none=True)
    rights = fields.List(fields.String())
    programme_types = fields.List(fields.String())
    territories = fields.List(fields.String())
    exclusive = fields.Boolean()
    starts_on = fields.Date()
    ends_on = fields.Date()
    notice_days = fields.Integer()
    grace_days = fields.Integer()
    cure_days = fields.Integer()
    state = fields.Enum(AgreementState, by_value=True)
    offered_on = fields.Date()
    signed_on = fields.Date(allow_none=True)
    closed_on = fields.Date(allow_none=True)
    reason = fields.String(allow_none=True)
    version = fields.Integer()


class AgreementFileOut(Schema):
    """A signed copy of an agreement; the file itself is kept from its page."""

    id = fields.UUID()
    agreement_id = fields.UUID()
    sha256 = fields.String()
    size = fields.Integer()
    media_type = fields.String()
    at = fields.DateTime()


class AgreementFileList(Schema):
    """The signed copies of an agreement, newest first."""

    rows = fields.List(fields.Nested(AgreementFileOut))


class AgreementRowOut(Schema):
    """An agreement with what it is called today."""

    agreement = fields.Nested(AgreementOut)
    shown = fields.Enum(ShownState, by_value=True)


class AgreementRows(Schema):
    """The agreements of one member."""

    rows = fields.List(fields.Nested(AgreementRowOut))


class AgreementPage(AgreementRows):
    """One page of agreements."""

    total = fields.Integer()
    first = fields.Integer()
    last = fields.Integer()


class AgreementQuery(PagedQuery):
    """Which agreements are asked for, and in which order."""

    shown = fields.Enum(ShownState, by_value=True)
    kind = fields.Enum(AgreementKind, by_value=True)
    sort = fields.String(validate=one_of(sign + key for key in ("ends", "ref", "starts") for sign in ("", "-")))


class OfferIn(Schema):
    """Nothing but the wish to offer what was checked."""


class SignatureIn(Schema):
    """The day on which both sides had signed."""

    signed_on = fields.Date(required=True, validate=_SENSIBLE)


class WithdrawalIn(Schema):
    """Why an offer is taken back."""

    reason = reason(required=True)


class ClosingIn(Schema):
    """Why an agreement stops, and from which day on."""

    from_day = fields.Date(required=True, validate=_SENSIBLE)
    reason = reason(required=True)


class NoteIn(Schema):
    """A dated notice, or time to put things right."""

    id = fields.UUID()
    kind = fields.Enum(EventKind, by_value=True, required=True)
    on = fields.Date(required=True, validate=_SENSIBLE)
    effective_on = fields.Date(validate=_SENSIBLE)
    reason = reason()
