"""The generated check accepts what marshmallow accepts, no more and no less."""

import datetime as dt
import json
from enum import Enum, StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, ValidationError, fields, validate, validates_schema

from sri_admin.federation.lines import encode, parse
from sri_admin.federation.wire import (
    UndeclarableError,
    WireBoolean,
    WireDate,
    WireInstant,
    WireText,
    WireUUID,
    compile_check,
)


class State(StrEnum):
    """Two states."""

    OPEN = "open"
    CLOSED = "closed"


class Seat(Schema):
    """A nested object that refuses what it does not know."""

    class Meta:
        """Closed."""

        unknown = RAISE

    row = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{1,2}\Z"))
    number = fields.Integer(strict=True, required=True, validate=validate.Range(1, 40, max_inclusive=False))
    free = WireBoolean(allow_none=True)


class Meeting(Schema):
    """Every field type that travels, in every combination of required and null."""

    class Meta:
        """Open for newer writers."""

        unknown = INCLUDE

    id = WireUUID(required=True)
    host = WireUUID(allow_none=True)
    day = WireDate(required=True, allow_none=True)
    seen = WireInstant(required=True)
    left = WireInstant()
    open = WireBoolean(required=True)
    name = fields.String(required=True, validate=[validate.Length(min=1, max=9), validate.Regexp("[^x]")])
    code = fields.String(load_default="ab", validate=validate.Length(equal=2))
    kind = fields.String(validate=validate.OneOf(["a", "b"]), data_key="Kind")
    size = fields.Integer(strict=True, validate=validate.Range(min=0, min_inclusive=False), load_default=None)
    stars = fields.Integer(strict=True, required=True, validate=validate.OneOf([1, 2, 3]))
    state = fields.Enum(State, by_value=True, required=True)
    days = fields.List(WireDate(), validate=validate.Length(max=3))
    grid = fields.List(fields.List(fields.Integer(strict=True, allow_none=True)), allow_none=True)
    marks = fields.Dict(keys=fields.String(validate=validate.Length(max=2)), values=fields.Nested(Seat))
    extra = fields.Dict(validate=validate.Length(max=2))
    seat = fields.Nested(Seat, allow_none=True)
    seats = fields.List(fields.Nested(Seat))
    title = WireText(longest=5, required=True)
    shown = fields.String(dump_only=True)


CHECK = compile_check(Meeting)
SCHEMA = Meeting()
DAYS = st.dates().map(str)
INSTANTS = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
TEXTS = st.text("aäxA ", max_size=10)
SEATS = st.fixed_dictionaries({"row": st.sampled_from(["A", "ZZ"]), "number": st.integers(1, 39)})
TITLES = st.just({"source": "en", "en": {"t": "Hi"}, "pt-BR": {"t": "Oi", "of": "0a1b2c3d"}})
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 40, 2**53, "", "a", "ab", "x", "true", "1", "open", "OPEN", [], [None],
    [[None, 1]], {},
    "2026-02-29", "2024-02-29", "20240229", "2024-W09-4", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00+00:00",
    "2024-02-29T10:00:00", "2024-02-29T24:00:00Z", "2024-02-29T10:00:00.5Z", "2024-02-29t10:00:00z", "0000-01-01",
    "٢٠٢٤-٠٢-٢٩", "2024-02-29\n", "018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978", "018F3A5E-7C4D-7B2A-9E1F-2D3C4B5A6978",
    "{018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978}", "018f3a5e7c4d7b2a9e1f2d3c4b5a6978", {"row": "A", "number": 1},
    {"row": "A", "number": 40}, {"row": "A", "number": 1, "more": 1}, {"a": {"row": "B", "number": 2, "free": None}},
    {"a": None}, {"abc": {"row": "B", "number": 2}}, {"source": "en"}, {"source": "source"}, {"source": ["en"]},
    {"source": "en", "en": {"t": "Hello!"}}, {"source": "en", "en": {"t": "Hi", "of": None}}, {"en": {"t": "Hi"}},
    {"source": "en", "en": {"t": "Hi", "more": 1}}, {"source": "en", "en": {"t": "Hi"}, "EN": {"t": "Hi"}},
]  # fmt: skip
VALID = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "day": DAYS | st.none(),
        "seen": INSTANTS,
        "open": st.booleans(),
        "name": st.text("aä", min_size=1, max_size=9),
        "stars": st.integers(1, 3),
        "state": st.sampled_from(["open", "closed"]),
        "title": TITLES,
    },
    optional={
        "host": st.uuids().map(str) | st.none(),
        "left": INSTANTS,
        "code": st.just("ab"),
        "Kind": st.sampled_from(["a", "b"]),
        "size": st.integers(1, 99) | st.none(),
        "days": st.lists(DAYS, max_size=3),
        "grid": st.none() | st.lists(st.lists(st.integers() | st.none(), max_size=2), max_size=2),
        "marks": st.dictionaries(st.sampled_from(["a", "b"]), SEATS),
        "extra": st.dictionaries(TEXTS, st.integers(), max_size=2),
        "seat": SEATS | st.none(),
        "seats": st.lists(SEATS, max_size=2),
        "newer": st.sampled_from(ODD),
    },
)
KEYS = sorted({field.data_key or name for name, field in SCHEMA.fields.items()})


def loads(schema: Schema, payload: Any) -> bool:
    """Tell whether marshmallow takes the payload."""
    try:
        schema.load(payload)
    except ValidationError:
        return False
    return True


@given(VALID)
def test_valid_payloads_pass_both(payload: dict[str, Any]) -> None:
    assert CHECK(payload)
    assert loads(SCHEMA, payload)


@given(VALID, st.data())
@settings(max_examples=500)
def test_a_payload_with_one_or_two_odd_fields_passes_both_or_neither(
    payload: dict[str, Any], data: st.DataObject
) -> None:
    for key in data.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2)):
        payload[key] = data.draw(st.sampled_from(ODD))
    assert CHECK(payload) == loads(SCHEMA, payload)


@pytest.mark.parametrize("key", KEYS)
def test_each_field_agrees_on_every_odd_value_and_on_its_absence(key: str) -> None:
    whole = {
        "id": "018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978", "day": None, "seen": "2024-02-29T10:00:00Z", "open": True,
        "name": "a", "stars": 1, "state": "open", "title": {"source": "en", "en": {"t": "Hi"}},
    }  # fmt: skip
    assert CHECK(whole)
    without = {name: value for name, value in whole.items() if name != key}
    for payload in [without, *(whole | {key: odd} for odd in ODD)]:
        assert CHECK(payload) == loads(SCHEMA, payload), payload


@given(st.dictionaries(st.sampled_from(KEYS) | TEXTS, st.sampled_from(ODD), max_size=20) | st.sampled_from(ODD))
def test_random_payloads_pass_both_or_neither(payload: Any) -> None:
    assert CHECK(payload) == loads(SCHEMA, payload)


@given(VALID)
def test_the_check_reads_what_the_strict_profile_gives(payload: dict[str, Any]) -> None:
    if all(abs(n) < 2**53 for n in _integers(payload)):
        assert CHECK(parse(encode(payload)))


def _integers(value: Any) -> list[int]:
    if isinstance(value, dict | list):
        return [n for each in (value.values() if isinstance(value, dict) else value) for n in _integers(each)]
    return [value] if isinstance(value, int) else []


class Number(Enum):
    """Values that are no texts."""

    ONE = 1


class Guessing(StrEnum):
    """Values beyond the listed ones."""

    ONE = "one"

    @classmethod
    def _missing_(cls, value: object) -> "Guessing | None":
        return cls.ONE if isinstance(value, str) else None


class Dropping(Schema):
    """Drops what it does not know."""

    class Meta:
        """Lossy."""

        unknown = EXCLUDE


class Ordered(Schema):
    """Has a rule between fields."""

    @validates_schema
    def order(self, data: Any, **_: Any) -> None:
        """Accept everything."""


class Louder(fields.String):
    """A text field with rules of its own."""


UNDECLARABLE: list[fields.Field] = [
    fields.UUID(), fields.Date(), fields.AwareDateTime(), fields.Boolean(), fields.Integer(), fields.Float(),
    fields.Decimal(), fields.Raw(), Louder(), fields.Method(), fields.Enum(State), fields.Time(),
    fields.Enum(Number, by_value=True), fields.Enum(Guessing, by_value=True), fields.String(validate=str.isalpha),
    fields.String(validate=validate.OneOf([1])), fields.Integer(strict=True, validate=validate.Range(max=1.5)),
    WireUUID(validate=validate.Length(max=1)), WireDate(format="%d.%m.%Y"), fields.List(fields.UUID()),
    fields.Dict(values=fields.Raw()), fields.Nested(Ordered), fields.Nested(Dropping), fields.Nested(Seat, many=True),
    fields.Nested(Seat, unknown=INCLUDE), fields.String(pre_load=str.strip), WireDate(validate=validate.Range(
        min=dt.date(2020, 1, 1))),
]  # fmt: skip


@pytest.mark.parametrize("field", UNDECLARABLE, ids=repr)
def test_a_field_whose_check_could_only_be_guessed_is_no_declaration(field: fields.Field) -> None:
    with pytest.raises(UndeclarableError, match="Record"):
        compile_check(Schema.from_dict({"field": field}, name="Record"))


@pytest.mark.parametrize("schema", [Ordered, Dropping])
def test_a_schema_with_hooks_or_losses_is_no_declaration(schema: type[Schema]) -> None:
    with pytest.raises(UndeclarableError):
        compile_check(schema)


def test_a_schema_inside_itself_is_no_declaration() -> None:
    class Tree(Schema):
        child = fields.Nested(lambda: Tree)

    with pytest.raises(UndeclarableError, match="inside itself"):
        compile_check(Tree)


def test_a_stock_field_is_refused_with_the_one_to_use() -> None:
    with pytest.raises(UndeclarableError, match="declare it as WireUUID"):
        compile_check(Schema.from_dict({"id": fields.UUID()}))


def test_a_field_name_is_never_code() -> None:
    name = "a'); raise SystemExit #\n"
    check = compile_check(Schema.from_dict({"a": fields.String(required=True, data_key=name)}))
    assert check({name: "b"})
    assert not check({"a": "b"})


def test_refused_values_can_be_explained_by_the_same_schema() -> None:
    payload = json.loads('{"open": "yes"}')
    with pytest.raises(ValidationError) as refused:
        SCHEMA.load(payload)
    assert "open" in refused.value.normalized_messages()
