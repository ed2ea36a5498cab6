"""The wire check of a kind, generated from its schema: one spelling for each value, and fast (docs/federation.md §3.2).

Stock marshmallow fields for ids, dates, times and flags take several spellings of one value; the fields here take the
one that travels, so a payload that passes can be stored as it stands.
"""

import datetime as dt
import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, NamedTuple

from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

from sri_admin.federation.limits import TEXT_CHARACTERS
from sri_admin.federation.lines import INSTANT_TEXT, UUID_TEXT

Check = Callable[[Any], bool]

_DAY_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LANGUAGE_TEXT = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_SOURCE_DIGEST_TEXT = re.compile(r"[0-9a-f]{8}")


class UndeclarableError(Exception):
    """A schema cannot stand on the wire: it uses something whose check could only be guessed."""


class WireUUID(fields.UUID):
    """An id in its canonical spelling: lower case, with hyphens."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not str or not UUID_TEXT.fullmatch(value):
            raise self.make_error("invalid_uuid")
        return super()._deserialize(value, attr, data, **kwargs)


class WireDate(fields.Date):
    """A day as YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not str or not _DAY_TEXT.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, attr, data, **kwargs)


class WireInstant(fields.AwareDateTime):
    """A moment in UTC as YYYY-MM-DDTHH:MM:SS[.ffffff]Z."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not str or not INSTANT_TEXT.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, attr, data, **kwargs)


class WireBoolean(fields.Boolean):
    """True or false, and nothing that merely means it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise self.make_error("invalid", input=value)
        return value


class WireText(fields.Dict):
    """A short text in several languages: {"source": tag, tag: {"t": text, "of": digest of its source}}."""

    def __init__(self, *, longest: int = TEXT_CHARACTERS, **options: Any) -> None:
        """Take at most `longest` characters in each language."""
        super().__init__(**options)
        self.longest = longest

    def accepts(self, value: Any) -> bool:
        """Tell whether the value has the form of a text."""
        if type(value) is not dict or type(value.get("source")) is not str or value["source"] not in value:
            return False
        return value["source"] != "source" and all(
            self._accepts_part(tag, part) for tag, part in value.items() if tag != "source"
        )

    def _accepts_part(self, tag: str, part: Any) -> bool:
        if type(part) is not dict or not _LANGUAGE_TEXT.fullmatch(tag):
            return False
        text, of = part.get("t"), part.get("of")
        if type(text) is not str or len(text) > self.longest or len(part) != 1 + ("of" in part):
            return False
        return "of" not in part or (type(of) is str and _SOURCE_DIGEST_TEXT.fullmatch(of) is not None)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not self.accepts(value):
            raise self.make_error("invalid")
        return value


def compile_check(schema: type[Schema]) -> Check:
    """Return a function telling whether a payload would load under the schema; raises UndeclarableError.

    It accepts exactly what `schema().load` accepts, and builds nothing; run the schema itself on what it rejects, for
    the messages.
    """
    return _Compiler().compile(_instance(schema), schema.__name__)


def _instance(schema: type[Schema]) -> Schema:
    try:
        return schema()
    except (TypeError, ValueError) as error:
        raise UndeclarableError(f"{schema.__name__} cannot be made without arguments: {error}") from error


class _Compiler:
    """Writes one straight Python function for each schema it meets."""

    # A page of 2,000 payloads is checked field by field inside its transaction. Interpreting the schema for each of
    # them (marshmallow, or closures over a table) costs several times more than code written out once for each kind.
    # Names and constants reach that code only as `repr` of texts and numbers or through its namespace.

    def __init__(self) -> None:
        self.names: dict[str, Any] = {
            "day": dt.date.fromisoformat,
            "instant": dt.datetime.fromisoformat,
            "is_uuid": UUID_TEXT.fullmatch,
            "is_day": _DAY_TEXT.fullmatch,
            "is_instant": INSTANT_TEXT.fullmatch,
            "absent": object(),
        }
        self.open: list[type[Schema]] = []

    def compile(self, schema: Schema, where: str) -> Check:
        """Return the check of one schema."""
        _refuse_hooks(schema, where)
        if type(schema) in self.open:
            raise UndeclarableError(f"{where}: a schema inside itself has no bounded check")
        self.open.append(type(schema))
        body = [line for name, field in schema.load_fields.items() for line in self.member(name, field, where)]
        if schema.unknown == RAISE:
            known = frozenset(_key(name, field) for name, field in schema.load_fields.items())
            body.append(f"if not {self.constant(known)}.issuperset(data): return False")
        self.open.pop()
        lines = ["def check(data):", " if type(data) is not dict: return False", " get = data.get", " try:"]
        lines += [f"  {line}" for line in [*body, "return True"]]
        lines += [" except ValueError: return False"]
        names = dict(self.names)
        exec(compile("\n".join(lines), f"<wire check of {where}>", "exec"), names)  # noqa: S102  (see the class)
        return names["check"]

    def member(self, name: str, field: fields.Field, where: str) -> list[str]:
        """Return the lines that check one field of the payload."""
        key = _key(name, field)
        test = self.test(field, _Place(self, f"{where}.{name}", "v", 1))
        lines = [f"v = get({key!r})" if _none_is_refused(field) else f"v = get({key!r}, absent)"]
        if _none_is_refused(field):
            return lines + test
        if field.required:
            lines.append("if v is absent: return False")
        spared = [] if field.required else ["v is not absent"]
        spared += ["v is not None"] if field.allow_none else []
        return [*lines, *_guarded(" and ".join(spared), test)]

    def test(self, field: fields.Field, at: "_Place") -> list[str]:
        """Return the lines that leave with False unless the variable is a value of the field; None is the caller's."""
        if field.pre_load or field.post_load:
            raise UndeclarableError(f"{at.where}: a field that changes its value while loading")
        write = _WRITERS.get(type(field))
        if write is None:
            raise UndeclarableError(f"{at.where}: no wire check for {type(field).__name__}{_advice(field)}")
        return write(field, at)

    def element(self, field: fields.Field, at: "_Place") -> list[str]:
        """Return the lines that check a value inside a list or dict."""
        test = self.test(field, at)
        return _guarded(f"{at.var} is not None", test) if field.allow_none else test

    def constant(self, value: Any) -> str:
        """Name a constant for the generated code."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def scalar(self, field: fields.Field, at: "_Place", *, kind: str) -> list[str]:
        """Return the test of a text or integer with its validators."""
        tests = [
            f"type({at.var}) is not {kind}",
            *(t for each in field.validators for t in self.rule(each, at, kind=kind)),
        ]
        return [f"if {' or '.join(tests)}: return False"]

    def rule(self, rule: Any, at: "_Place", *, kind: str) -> list[str]:
        """Return the tests that hold when a validator would refuse the value."""
        if type(rule) is validate.Length and kind != "int":
            return _length_tests(rule, at.var)
        if type(rule) is validate.Range and kind == "int":
            return _range_tests(rule, at)
        if type(rule) is validate.Regexp and kind == "str":
            return [f"{self.constant(rule.regex.match)}({at.var}) is None"]
        if type(rule) is validate.OneOf and kind in {"str", "int"}:
            choices = list(rule.choices)
            if all(type(each).__name__ == kind for each in choices):
                return [f"{at.var} not in {self.constant(frozenset(choices))}"]
        raise UndeclarableError(f"{at.where}: no wire check for the validator {rule!r}")


class _Place(NamedTuple):
    """Where the generated code stands: the field's name for people, the variable that holds the value, loops around."""

    to: _Compiler
    where: str
    var: str
    depth: int

    def inside(self, letter: str, suffix: str) -> "_Place":
        """Return the place of an element of this value."""
        return _Place(self.to, self.where + suffix, f"{letter}{self.depth}", self.depth + 1)


def _refuse_hooks(schema: Schema, where: str) -> None:
    hooks = schema._hooks  # noqa: SLF001  (marshmallow shows them nowhere else)
    if any(hooks[name] for name in ("pre_load", "validates", "validates_schema", "post_load")):
        raise UndeclarableError(f"{where}: rules between fields belong into the kind's check, not into schema hooks")
    if schema.unknown == EXCLUDE:
        raise UndeclarableError(f"{where}: fields a newer writer added must be kept or refused, not dropped")
    if schema.partial:
        raise UndeclarableError(f"{where}: a partial schema")


def _key(name: str, field: fields.Field) -> str:
    return name if field.data_key is None else field.data_key


def _none_is_refused(field: fields.Field) -> bool:
    # Absent and null are then refused alike, and one plain get tells both.
    return bool(field.required) and not field.allow_none


def _guarded(condition: str, lines: list[str]) -> list[str]:
    return [f"if {condition}:", *(f" {line}" for line in lines)] if condition else lines


def _advice(field: fields.Field) -> str:
    for ours in (WireUUID, WireDate, WireInstant, WireBoolean):
        if isinstance(field, ours.__bases__[0]):
            return f"; declare it as {ours.__name__}, which takes one spelling"
    return ""


def _length_tests(rule: validate.Length, var: str) -> list[str]:
    if rule.equal is not None:
        return [f"len({var}) != {int(rule.equal)}"]
    tests = [f"len({var}) < {int(rule.min)}"] if rule.min is not None else []
    return tests + ([f"len({var}) > {int(rule.max)}"] if rule.max is not None else [])


def _range_tests(rule: validate.Range, at: _Place) -> list[str]:
    if not all(type(bound) in {int, type(None)} for bound in (rule.min, rule.max)):
        raise UndeclarableError(f"{at.where}: a range of integers has integer bounds")
    tests = [f"{at.var} {'<' if rule.min_inclusive else '<='} {rule.min}"] if rule.min is not None else []
    return tests + ([f"{at.var} {'>' if rule.max_inclusive else '>='} {rule.max}"] if rule.max is not None else [])


def _no_rules(field: fields.Field, at: _Place) -> None:
    if field.validators:
        raise UndeclarableError(f"{at.where}: no wire check for validators on {type(field).__name__}")


def _string(field: Any, at: _Place) -> list[str]:
    return at.to.scalar(field, at, kind="str")


def _integer(field: Any, at: _Place) -> list[str]:
    if not field.strict:
        raise UndeclarableError(f"{at.where}: an integer on the wire is declared strict=True")
    return at.to.scalar(field, at, kind="int")


def _boolean(field: Any, at: _Place) -> list[str]:
    _no_rules(field, at)
    return [f"if {at.var} is not True and {at.var} is not False: return False"]


def _uuid(field: Any, at: _Place) -> list[str]:
    _no_rules(field, at)
    return [f"if type({at.var}) is not str or not is_uuid({at.var}): return False"]


def _date(field: Any, at: _Place) -> list[str]:
    return _temporal(field, at, name="day")


def _instant(field: Any, at: _Place) -> list[str]:
    return _temporal(field, at, name="instant")


def _temporal(field: Any, at: _Place, *, name: str) -> list[str]:
    _no_rules(field, at)
    if field.format not in {None, "iso"}:
        raise UndeclarableError(f"{at.where}: only the ISO form travels")
    return [f"if type({at.var}) is not str or not is_{name}({at.var}): return False", f"{name}({at.var})"]


def _enum(field: Any, at: _Place) -> list[str]:
    _no_rules(field, at)
    enum: type[Enum] = field.enum
    values = [member.value for member in enum.__members__.values()]
    if field.by_value is not True or _guesses(enum) or not all(type(v) is str for v in values):
        raise UndeclarableError(f"{at.where}: an enumeration travels by value, and its values are texts")
    return [f"if type({at.var}) is not str or {at.var} not in {at.to.constant(frozenset(values))}: return False"]


def _guesses(enum: type[Enum]) -> bool:
    missing: Any = enum._missing_
    original: Any = Enum._missing_
    return missing.__func__ is not original.__func__


def _text(field: Any, at: _Place) -> list[str]:
    _no_rules(field, at)
    return [f"if not {at.to.constant(field.accepts)}({at.var}): return False"]


def _list(field: Any, at: _Place) -> list[str]:
    item = at.inside("i", "[]")
    inner = at.to.element(field.inner, item)
    tests = [
        f"type({at.var}) is not list",
        *(t for rule in field.validators for t in at.to.rule(rule, at, kind="list")),
    ]
    return [f"if {' or '.join(tests)}: return False", f"for {item.var} in {at.var}:", *(f" {line}" for line in inner)]


def _dict(field: Any, at: _Place) -> list[str]:
    key, value = at.inside("k", " key"), at.inside("i", "{}")
    body = at.to.element(field.key_field, key) if field.key_field else []
    body += at.to.element(field.value_field, value) if field.value_field else []
    tests = [
        f"type({at.var}) is not dict",
        *(t for rule in field.validators for t in at.to.rule(rule, at, kind="dict")),
    ]
    loop = [f"for {key.var}, {value.var} in {at.var}.items():", *(f" {line}" for line in body)] if body else []
    return [f"if {' or '.join(tests)}: return False", *loop]


def _nested(field: Any, at: _Place) -> list[str]:
    _no_rules(field, at)
    schema: Schema = field.schema
    if field.many or schema.many:
        raise UndeclarableError(f"{at.where}: declare several as a list of nested ones")
    if field.unknown not in {None, schema.unknown}:
        raise UndeclarableError(f"{at.where}: what to do with unknown fields is the nested schema's to say")
    check = at.to.compile(schema, at.where)
    return [f"if not {at.to.constant(check)}({at.var}): return False"]


_WRITERS: Final[dict[type[fields.Field], Callable[[Any, _Place], list[str]]]] = {
    fields.String: _string,
    fields.Integer: _integer,
    fields.Enum: _enum,
    fields.List: _list,
    fields.Dict: _dict,
    fields.Nested: _nested,
    WireUUID: _uuid,
    WireDate: _date,
    WireInstant: _instant,
    WireBoolean: _boolean,
    WireText: _text,
}
