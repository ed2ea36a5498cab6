"""Writes docs/federation-kinds.md: every kind that travels, with its fields as its wire schema has them.

Run `python -m tests.federation.make_kinds` after a kind or a field was changed; a test compares.
"""

from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from sri_admin.app import PARTS
from sri_admin.federation.kinds import Kind
from sri_admin.federation.wire import WireBoolean, WireDate, WireInstant, WireText, WireUUID

DOCUMENT = Path(__file__).parents[2] / "docs" / "federation-kinds.md"
_HEAD = """# What travels in sri-sync/1

Every kind of record, by the class of its stream (federation.md, §1), with the fields of its payload `d`. This page is
written from the program's wire schemas by `python -m tests.federation.make_kinds`.

A field is there unless it *may be null*; then it may be absent as well. Further fields may come from newer writers and
are kept (§3.2). Kinds that are *only added* travel with `op` `add` and are never changed. Member, record and revision
stand in the stream and the line, not in the payload.
"""
_SIMPLE: dict[type[fields.Field], str] = {
    WireUUID: "UUID",
    WireDate: "day",
    WireInstant: "moment",
    WireBoolean: "flag",
}


def kinds() -> list[Kind]:
    """Return every kind of the program by stream and name."""
    found = (kind for part in PARTS for kind in part.kinds)
    return sorted(found, key=lambda kind: (kind.stream.value, kind.name))


def build() -> str:
    """Return the page."""
    chapters = [_HEAD]
    for stream, of_stream in groupby(kinds(), key=lambda kind: kind.stream.value):
        chapters.append(f"## {stream}\n")
        chapters += [_chapter(kind) for kind in of_stream]
    return "\n".join(chapters)


def _chapter(kind: Kind) -> str:
    versions = f"version {kind.version}" + (f", read from {kind.oldest}" if kind.oldest < kind.version else "")
    facts = [versions, *(["only added"] if kind.append_only else [])]
    if kind.topic:
        facts.append(f"in the stream of its {' and '.join(f'`{each}`' for each in kind.topic)}")
    return f"### {kind.name}\n\n{'; '.join(facts)}\n\n{_table(kind.schema())}"


def _table(schema: Schema) -> str:
    rows = [f"| `{name}` | {_form(field)}{_null(field)} |" for name, field in schema.fields.items()]
    return "\n".join(("| field | value |", "|---|---|", *rows)) + "\n"


def _null(field: fields.Field) -> str:
    return "; may be null" if field.allow_none else "" if field.required else "; may be absent"


def _form(field: fields.Field) -> str:
    if isinstance(field, WireText):
        return f"text in several languages, each at most {field.longest:,} characters"
    if isinstance(field, fields.Enum):
        members: type[Enum] = field.enum
        return "one of " + ", ".join(f"`{each.value}`" for each in members)
    if isinstance(field, fields.List):
        return ", ".join((f"list, each {_form(field.inner)}", *_rules(field, "entries")))
    if isinstance(field, fields.Dict):
        inner = (
            f"{name} {_form(each)}" for name, each in (("key", field.key_field), ("value", field.value_field)) if each
        )
        return ", ".join(("object", *inner, *_rules(field, "entries")))
    if isinstance(field, fields.Nested):
        inner = (f"`{name}` {_form(each)}{_null(each)}" for name, each in field.schema.fields.items())
        return f"object of {', '.join(inner)}"
    simple = _SIMPLE.get(type(field), "integer" if isinstance(field, fields.Integer) else "text")
    return ", ".join((simple, *_rules(field, "characters")))


def _rules(field: fields.Field, unit: str) -> Iterator[str]:
    for rule in field.validators:
        yield _rule(rule, unit)


def _rule(rule: Any, unit: str) -> str:
    if isinstance(rule, validate.Length):
        if rule.equal is not None:
            return f"{rule.equal:,} {unit}"
        return f"{rule.min or 0:,} to {rule.max:,} {unit}" if rule.max is not None else f"at least {rule.min} {unit}"
    if isinstance(rule, validate.Range):
        return f"{rule.min} to {rule.max}" if rule.max is not None else f"at least {rule.min}"
    if isinstance(rule, validate.OneOf):
        return "one of " + ", ".join(f"`{each}`" for each in rule.choices)
    assert isinstance(rule, validate.Regexp)
    pattern = str(rule.regex.pattern).removeprefix("^").removesuffix(r"\Z").replace("|", r"\|")
    return f"the whole of it `{pattern}`"


if __name__ == "__main__":
    DOCUMENT.write_text(build(), encoding="utf-8")
