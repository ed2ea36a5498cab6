"""What was entered in a form: read through the same schemas as the API, kept whole when something is wrong."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from marshmallow import Schema as AnySchema
from marshmallow import fields
from werkzeug.datastructures import MultiDict

from sri_admin.kernel import ids
from sri_admin.kernel.errors import AppError, FieldError, InvalidError, StaleError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import load
from sri_admin.kernel.spool import Spooled
from sri_admin.web import csrf

RECORD_ID, VERSION, FILE, PASSWORD_AGAIN = "record_id", "version", "file", "password_again"
_LONGEST_NAME = 200
_TEXT = (fields.String, fields.List, fields.Raw)


@dataclass(frozen=True)
class Form:
    """A form as a page shows it: what was entered, what is wrong with it, and what stands against it."""

    entered: MultiDict[str, str] | None = None
    faults: Sequence[FieldError] = ()
    conflict: Any = None
    record_id: UUID = field(default_factory=ids.new)
    version: int | None = None

    @property
    def errors(self) -> list[dict[str, str]]:
        """The faults for the summary on top."""
        return [{"field": each.field, "message": str(each.message)} for each in self.faults]

    @property
    def is_again(self) -> bool:
        """Say whether something was entered already."""
        return self.entered is not None

    def value(self, name: str, default: Any = "") -> Any:
        """Return what was entered in a field, else the default (the record's own value)."""
        if self.entered is None:
            return "" if default is None else default
        return self.entered.get(name, "")

    def values_of(self, name: str, default: Sequence[Any] = ()) -> list[str]:
        """Return all choices ticked in a field."""
        return [str(each) for each in default] if self.entered is None else self.entered.getlist(name)

    def error(self, name: str) -> str | None:
        """Return what is wrong with a field."""
        return next((str(each.message) for each in self.faults if each.field == name), None)


@dataclass(frozen=True)
class Upload:
    """A file somebody sent: the last part of its name, and where it waits to be taken into the store."""

    name: str
    file: Spooled

    @property
    def content(self) -> bytes:
        """Read the whole file; large ones are better read by their path."""
        return self.file.path.read_bytes()


def file_name(given: str | None) -> str:
    """Return the last part of the name a file was sent with."""
    return storable(re.split(r"[/\\]", given or "")[-1][:_LONGEST_NAME])


def again(entered: MultiDict[str, str], error: AppError) -> Form:
    """Return the form to be shown again after an error, with everything that was entered."""
    faults = list(error.fields) if isinstance(error, InvalidError) else [FieldError("", error.text)]
    conflict = error.details.get("record") if isinstance(error, StaleError) else None
    return Form(entered, faults, conflict, _record_id(entered) or ids.new(), _version(entered))


def read(schema: type[AnySchema], entered: MultiDict[str, str]) -> dict[str, Any]:
    """Load a form's answers; empty ones count as not given. Adds `record_id` and `version` where the form has them."""
    made = schema()
    answers = {name: _answer(made.fields.get(name), entered, name) for name in entered if name not in _own_fields(made)}
    values = load(made, {name: value for name, value in answers.items() if value not in ("", None)})
    for name, value in ((RECORD_ID, _record_id(entered)), (VERSION, _version(entered))):
        if value is not None:
            values[name] = value
    return values


def read_query(schema: type[AnySchema], arguments: Mapping[str, str]) -> dict[str, Any]:
    """Load the arguments of an address; empty ones count as not given, the language switch is not ours."""
    given = arguments if isinstance(arguments, MultiDict) else MultiDict(arguments)
    made = schema()
    answers = {name: _answer(made.fields.get(name), given, name) for name in given if name != "lang"}
    return load(made, {name: value for name, value in answers.items() if value not in ("", None)})


def fold_digits(text: str) -> str:
    """Write the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def storable(text: str) -> str:
    """Replace the one character no database text can hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _own_fields(schema: AnySchema) -> set[str]:
    return {csrf.FIELD, PASSWORD_AGAIN, *({RECORD_ID, VERSION} - set(schema.fields))}


def _answer(kind: fields.Field | None, entered: MultiDict[str, str], name: str) -> Any:
    if isinstance(kind, fields.List):
        return [storable(each) for each in entered.getlist(name) if each] or None
    text = storable(entered.get(name, "")).strip()
    return text if kind is None or isinstance(kind, _TEXT) else fold_digits(text)


def _record_id(entered: MultiDict[str, str]) -> UUID | None:
    try:
        return UUID(entered.get(RECORD_ID, ""))
    except ValueError:
        return None


def _version(entered: MultiDict[str, str]) -> int | None:
    text = entered.get(VERSION, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise InvalidError(_l("The page was changed on its way. Please open it again."))
    return int(text)
