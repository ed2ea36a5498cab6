"""The strict profile lets through exactly what every reader understands alike."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation import limits, lines
from sri_admin.federation.lines import Change, Erased, Header, LineError

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
INTEGERS = st.integers(-limits.INTEGER_MAX, limits.INTEGER_MAX)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=6)
CHANGE = Change(
    n=7, kind="meetings.meeting", id="018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978", rev=2, op="put", v=1, x=5, e=True,
    at="2026-11-20T10:00:00Z", by="acc_1", d={"name": "Café"},
)  # fmt: skip
CHANGES = st.builds(
    Change,
    n=st.integers(50, 99),
    kind=st.sampled_from(["a", "meetings.meeting", "a_1.b"]),
    id=st.uuids().map(str),
    rev=st.integers(1, limits.INTEGER_MAX),
    op=st.sampled_from(sorted(lines.OPERATIONS)),
    v=st.integers(1, 9),
    x=st.integers(1, 50),
    e=st.booleans(),
    at=st.sampled_from(["2026-11-20T10:00:00Z", "2026-11-20T10:00:00.123456Z"]),
    by=TEXTS.filter(bool),
    d=OBJECTS,
)


def refusal(raw: bytes) -> str:
    """Return the code with which the profile refuses a line."""
    with pytest.raises(LineError) as refused:
        lines.parse(raw)
    return refused.value.code


@given(OBJECTS)
def test_what_is_written_reads_back_the_same(value: dict[str, Any]) -> None:
    assert lines.parse(lines.encode(value)) == value


@given(OBJECTS)
def test_other_writers_may_escape_and_space_as_they_like(value: dict[str, Any]) -> None:
    assert lines.parse(json.dumps(value, ensure_ascii=True, separators=(" , ", " : ")).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_and_nothing_else(raw: bytes) -> None:
    with contextlib.suppress(LineError):
        assert isinstance(lines.parse(raw), dict)


@given(CHANGES, st.data())
def test_a_line_cut_anywhere_is_refused(change: Change, data: st.DataObject) -> None:
    raw = lines.encode_change(change)
    with pytest.raises(LineError):
        lines.parse(raw[: data.draw(st.integers(0, len(raw) - 1))])


@given(st.integers(min_value=limits.INTEGER_MAX + 1) | st.integers(max_value=-limits.INTEGER_MAX - 1))
def test_integers_beyond_exact_doubles_are_refused(number: int) -> None:
    assert refusal(b'{"a":%d}' % number) == "number_range"


@given(st.floats())
def test_floats_are_never_written(number: float) -> None:
    with pytest.raises(LineError) as refused:
        lines.encode({"a": [number]})
    assert refused.value.code in {"float", "number_range"}


@pytest.mark.parametrize("opening", [b'{"a":', b"["])
def test_very_deep_lines_are_refused_without_exhausting_the_stack(opening: bytes) -> None:
    assert refusal(b'{"b":' + opening * 45_000) in {"depth", "bad_json"}


def test_a_very_deep_value_is_refused_when_written() -> None:
    value: dict[str, Any] = {}
    for _ in range(5_000):
        value = {"a": value}
    with pytest.raises(LineError) as refused:
        lines.encode(value)
    assert refused.value.code == "depth"


def test_thirty_two_levels_pass_and_brackets_inside_texts_do_not_count() -> None:
    assert lines.parse(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}")
    assert lines.parse(b'{"a":"' + b"[{" * 400 + b'"}')


def test_a_number_of_five_thousand_digits_is_refused() -> None:
    assert refusal(b'{"a":' + b"9" * 5_000 + b"}") == "number_range"


def test_one_mebibyte_passes_and_one_byte_more_does_not() -> None:
    fitting = b'{"a":"' + b"x" * (limits.LINE_BYTES - 8) + b'"}'
    assert lines.parse(fitting)
    assert refusal(fitting[:-2] + b'x"}') == "too_long"


@pytest.mark.parametrize("text", ["\\ud800", "\\0", "😀", "\u2028"])
def test_text_that_only_looks_like_an_escape_is_kept(text: str) -> None:
    assert lines.parse(lines.encode({"a": text})) == {"a": text}


@pytest.mark.parametrize("text", ["\ud800", "\udc00x", "\0"])
def test_text_no_database_holds_is_never_written(text: str) -> None:
    with pytest.raises(LineError):
        lines.encode({"a": {text: 1}})


@given(CHANGES)
def test_a_change_reads_back_the_same(change: Change) -> None:
    assert lines.decode_change(lines.encode_change(change)) == change
    assert lines.decode_entry(lines.encode_change(change)) == change


MALFORMED = [
    {"k": "x"}, {"n": 0}, {"n": True}, {"n": "7"}, {"n": 4}, {"t": ""}, {"t": "A"}, {"t": "a" * 65}, {"t": None},
    {"id": "018F3A5E-7C4D-7B2A-9E1F-2D3C4B5A6978"}, {"id": "018f3a5e7c4d7b2a9e1f2d3c4b5a6978"}, {"rev": 0},
    {"rev": True}, {"op": "patch"}, {"op": ["put"]}, {"v": 0}, {"x": 0}, {"x": 8}, {"e": 0}, {"e": True}, {"e": None},
    {"at": "2026-11-20"}, {"at": "2026-11-20T10:00:00+00:00"}, {"at": 1}, {"by": ""}, {"by": "x" * 201}, {"by": None},
    {"d": None}, {"d": []}, {"extra": 1},
]  # fmt: skip


@pytest.mark.parametrize("wrong", MALFORMED, ids=str)
def test_a_field_of_another_form_is_refused(wrong: dict[str, Any]) -> None:
    line = json.loads(lines.encode_change(CHANGE)) | wrong
    with pytest.raises(LineError) as refused:
        lines.change_from(line)
    assert refused.value.code == "bad_field"


@pytest.mark.parametrize("key", sorted(lines.CHANGE_FIELDS))
def test_a_missing_field_is_refused(key: str) -> None:
    line = json.loads(lines.encode_change(CHANGE))
    del line[key]
    with pytest.raises(LineError):
        lines.change_from(line)


def test_a_wrong_change_is_never_written() -> None:
    with pytest.raises(LineError):
        lines.encode_change(CHANGE._replace(op="patch"))


@given(CHANGES)
def test_the_erased_form_keeps_place_transaction_and_hash_and_nothing_else(change: Change) -> None:
    raw = lines.encode_change(change)
    erased = lines.erased_form(raw)
    assert lines.decode_entry(erased) == Erased(change.n, lines.line_hash(raw), change.x, change.e)
    assert lines.entry_hash(erased, lines.decode_entry(erased)) == lines.line_hash(raw)
    assert lines.erased_form(erased) == erased


@pytest.mark.parametrize("wrong", [{"h": "ab"}, {"x": 9}, {"e": 0}, {"d": {}}, {"n": 0}], ids=str)
def test_a_malformed_erased_line_is_refused(wrong: dict[str, Any]) -> None:
    line = json.loads(lines.erased_form(lines.encode_change(CHANGE))) | wrong
    with pytest.raises(LineError):
        lines.decode_entry(lines.encode(line))


def test_a_header_reads_back_the_same_and_a_wrong_one_is_refused() -> None:
    header = Header("member.x.ops", 2, 5, 9, bytes(32), CHANGE.id, CHANGE.id)
    assert lines.decode_header(lines.encode_header(header)) == header
    for wrong in ({"to_n": 4}, {"stream": "x"}, {"stream": f"a.{'b' * 200}"}, {"epoch": 0}, {"node": "n"}):
        with pytest.raises(LineError):
            lines.encode_header(header._replace(**wrong))


@pytest.mark.parametrize("text", [b'"\\' * 340_000, (b'"' + b"a" * 10) * 80_000, b"\\" * 900_000])
def test_counting_values_takes_one_pass_whatever_the_quotes(text: bytes) -> None:
    began = time.monotonic()
    assert refusal(text + b"," * 60_000) in {"bad_json", "too_many_values"}
    assert time.monotonic() - began < 2


def test_a_line_of_too_many_values_is_refused_before_it_is_decoded() -> None:
    fitting = b'{"a":[' + b"{}," * 24_990 + b"{}]}"
    assert len(lines.parse(fitting)["a"]) == 24_991
    assert refusal(b'{"a":[' + b"{}," * 25_000 + b"{}]}") == "too_many_values"
    assert refusal(b'{"a":[' + b"1," * 50_001) == "too_many_values"
