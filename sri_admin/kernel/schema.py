"""The base of every schema: nothing unknown is accepted, and what is wrong is said in the reader's language."""

from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields, validate

from sri_admin.kernel.errors import FieldError, InvalidError, StaleError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l

__all__ = ["Schema", "ValidationError", "check_version", "field_errors", "fields", "load", "validate"]

# marshmallow formats only plain strings, so a lazy sentence reaches the reader untouched.
_MESSAGES: dict[type[fields.Field], dict[str, LazyText]] = {
    fields.Field: {
        "required": _l("Please answer this."),
        "null": _l("Please answer this."),
        "validator_failed": _l("This answer does not fit here."),
    },
    fields.String: {"invalid": _l("Please write this as text.")},
    fields.Integer: {"invalid": _l("Please write a whole number.")},
    fields.Boolean: {"invalid": _l("Please answer yes or no.")},
    fields.UUID: {"invalid_uuid": _l("This is not one of our record numbers.")},
    fields.Date: {"invalid": _l("Please write a date like 2026-06-12.")},
    fields.DateTime: {"invalid": _l("Please write a date and time.")},
    fields.List: {"invalid": _l("Please choose from the list.")},
    fields.Enum: {"unknown": _l("Please choose one of the answers offered.")},
}
for _kind, _texts in _MESSAGES.items():
    _kind.default_error_messages = {**_kind.default_error_messages, **_texts}  # pyright: ignore[reportAttributeAccessIssue] - lazy texts in place of str

_LENGTH: dict[str, LazyText] = {
    "message_min": _l("Please write at least %(min)s characters."),
    "message_max": _l("Please write at most %(max)s characters."),
    "message_all": _l("Please write between %(min)s and %(max)s characters."),
    "message_equal": _l("Please write exactly %(equal)s characters."),
}
_RANGE: dict[str, LazyText] = {
    "message_min": _l("Please write %(min)s or more."),
    "message_max": _l("Please write %(max)s or less."),
    "message_all": _l("Please write a number from %(min)s to %(max)s."),
}
for _validator, _texts in ((validate.Length, _LENGTH), (validate.Range, _RANGE)):
    for _name, _text in _texts.items():
        setattr(_validator, _name, _text)
for _validator, _text in (
    (validate.Regexp, _l("This is not in the form we expect.")),
    (validate.Email, _l("Please write an e-mail address like name@example.org.")),
    (validate.OneOf, _l("Please choose one of the answers offered.")),
):
    setattr(_validator, "default_message", _text)  # noqa: B010 - typed as str, which a lazy text stands in for


class Schema(marshmallow.Schema):
    """A shape of values at a door; unknown fields are refused."""

    error_messages = {"unknown": _l("We do not know this field.")}  # pyright: ignore[reportAssignmentType] - lazy text

    class Meta:
        """Refuse what we do not know, keep the order of declaration."""

        unknown = marshmallow.RAISE


def one_of(choices: Any) -> validate.OneOf:
    """Accept only the given choices, with a translated message."""
    return validate.OneOf(list(choices), error=_l("Please choose one of the answers offered."))  # pyright: ignore[reportArgumentType] - lazy text


def load(schema: type[marshmallow.Schema] | marshmallow.Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Load values through a schema; InvalidError names each field that is wrong."""
    made = schema() if isinstance(schema, type) else schema
    try:
        values = made.load(data)
    except ValidationError as error:
        raise InvalidError(field_errors(error.normalized_messages())) from None
    assert isinstance(values, dict)
    return values


def field_errors(messages: Mapping[Any, Any], prefix: str = "") -> list[FieldError]:
    """Flatten marshmallow's nested messages into one error a field, with dotted names."""
    found: list[FieldError] = []
    for key, value in messages.items():
        name = "" if key == "_schema" else f"{prefix}{key}"
        if isinstance(value, Mapping):
            found.extend(field_errors(value, f"{name}."))
        else:
            found.append(FieldError(name, value[0] if isinstance(value, list) else value))
    return found


def check_version(row: Any, version: int | None) -> None:
    """Refuse with StaleError if the row changed since the caller read it; None means the caller read it just now."""
    if version is not None and row.version != version:
        raise StaleError(record=row)
