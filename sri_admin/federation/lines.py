"""Lines of a stream: the strict JSON profile and the change, erased and header lines (docs/federation.md §2, §3)."""

import json
import re
from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any, Final, NamedTuple, NoReturn

from sri_admin.federation import limits
from sri_admin.federation.chain import line_hash

JsonObject = dict[str, Any]

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
HASH_TEXT = re.compile(r"[0-9a-f]{64}")
STREAM_TEXT = re.compile(r"[a-z]+(?:\.[A-Za-z0-9_-]+)+")
KIND_TEXT = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")

OPERATIONS: Final = frozenset({"put", "del", "erase", "add"})
REMOVALS: Final = frozenset({"del", "erase"})
CHANGE_FIELDS: Final = frozenset({"k", "n", "t", "id", "rev", "op", "v", "x", "at", "by", "d"})


class ProtocolError(Exception):
    """Something received breaks the protocol; `code` is stable and listed in docs/federation.md §9."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep the stable code beside the English detail."""
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class LineError(ProtocolError):
    """One line breaks the strict profile or the shape of its kind."""


class Change(NamedTuple):
    """One change of one record; `x` is the first number of its transaction, `e` is True on the last."""

    n: int
    kind: str
    id: str
    rev: int
    op: str
    v: int
    x: int
    e: bool
    at: str
    by: str
    d: JsonObject


class Erased(NamedTuple):
    """What is left of a line whose payload was erased: its place, its transaction and its hash."""

    n: int
    h: bytes
    x: int
    e: bool


class Header(NamedTuple):
    """The first line of a batch: which numbers it holds, on which chain value it builds, who sends it."""

    stream: str
    epoch: int
    from_n: int
    to_n: int
    base_chain: bytes
    node: str
    incarnation: str


def parse(raw: bytes) -> JsonObject:
    """Decode one line under the strict profile (§2.2); raises LineError."""
    _check_bytes(raw)
    try:
        text = raw.decode()
        value, end = _DECODER.raw_decode(text)
    except UnicodeDecodeError as error:
        raise LineError("bad_utf8", f"at byte {error.start}") from error
    except RecursionError as error:
        raise LineError("depth", "nested too deeply") from error
    except ValueError as error:
        raise LineError("bad_json", str(error)) from error
    if end != len(text):
        raise LineError("trailing", f"text after the object at {end}")
    if type(value) is not dict:
        raise LineError("not_object", "the line is no object")
    if raw.count(b"{") + raw.count(b"[") > limits.LINE_DEPTH:
        _check_depth(value)
    # Strict UTF-8 admits neither surrogates nor, inside strings, control characters: both can only come as escapes.
    if b"\\u" in raw:
        _check_texts(value)
    return value


def count_marks(raw: bytes) -> int:
    """Return how many commas and opening brackets a line has: never less than the values it holds beside the first."""
    return sum(map(raw.count, _MARKS))


def has_more_values(lines: Sequence[bytes], most: int) -> bool:
    """Say whether more commas and opening brackets stand outside the texts of lines; nothing is decoded for it."""
    # Texts are left out only where that could make the difference.
    return sum(map(count_marks, lines)) > most and sum(count_marks(_TEXT.sub(b"", raw)) for raw in lines) > most


def encode(value: JsonObject) -> bytes:
    """Write an object as a line's bytes: sorted keys, compact, text as it is; raises LineError if unreadable."""
    try:
        raw = _ENCODER.encode(value).encode("utf-8", "surrogatepass")
    except RecursionError as error:
        raise LineError("depth", "nested too deeply") from error
    parse(raw)
    return raw


def decode_change(raw: bytes) -> Change:
    """Decode a change line (§3.1); raises LineError."""
    return change_from(parse(raw))


def change_from(line: JsonObject) -> Change:
    """Read a change from a decoded line, refusing unknown top-level fields; raises LineError `bad_field`."""
    get = line.get
    change = Change(
        get("n", 0), get("t", ""), get("id", ""), get("rev", 0), get("op", ""), get("v", 0),
        get("x", 0), "e" in line, get("at", ""), get("by", ""), get("d", {}),
    )  # fmt: skip
    n, kind, rec, rev, op, v, x, e, at, by, d = change
    if (
        get("k") == "c"
        and len(line) == len(CHANGE_FIELDS) + e
        and line.keys() >= CHANGE_FIELDS
        and type(n) is type(rev) is type(v) is type(x) is int
        and 1 <= x <= n
        and rev >= 1
        and v >= 1
        and type(op) is str
        and op in OPERATIONS
        and type(kind) is type(rec) is type(at) is type(by) is str
        and len(kind) <= limits.KIND_CHARACTERS
        and KIND_TEXT.fullmatch(kind)
        and UUID_TEXT.fullmatch(rec)
        and INSTANT_TEXT.fullmatch(at)
        and 1 <= len(by) <= limits.AUTHOR_CHARACTERS
        and type(d) is dict
        and (not e or (type(get("e")) is int and get("e") == 1))
    ):
        return change
    raise LineError("bad_field", _explain(line))


def encode_change(change: Change) -> bytes:
    """Write a change line; raises LineError when it breaks the profile or the shape."""
    line: JsonObject = {
        "k": "c", "n": change.n, "t": change.kind, "id": change.id, "rev": change.rev, "op": change.op,
        "v": change.v, "x": change.x, "at": change.at, "by": change.by, "d": change.d,
    }  # fmt: skip
    if change.e:
        line["e"] = 1
    raw = encode(line)
    change_from(line)
    return raw


def decode_entry(raw: bytes) -> Change | Erased:
    """Decode a line that stands in a stream, a change or its erased form; raises LineError."""
    line = parse(raw)
    return erased_from(line) if line.get("k") == "x" else change_from(line)


def erased_from(line: JsonObject) -> Erased:
    """Read an erased line from a decoded line; raises LineError `bad_field`."""
    expect_fields(line, {"k", "n", "h", "x"}, optional={"e"})
    n, x = positive_integer(line, "n"), positive_integer(line, "x")
    if x > n:
        raise LineError("bad_field", "x")
    if "e" in line and (type(line["e"]) is not int or line["e"] != 1):
        raise LineError("bad_field", "e")
    return Erased(n, bytes.fromhex(matching_text(line, "h", HASH_TEXT)), x, "e" in line)


def erased_form(raw: bytes) -> bytes:
    """Return the line that takes the place of `raw` in every copy once its payload must go (§3.3)."""
    entry = decode_entry(raw)
    if isinstance(entry, Erased):
        return raw
    line: JsonObject = {"k": "x", "n": entry.n, "h": line_hash(raw).hex(), "x": entry.x}
    if entry.e:
        line["e"] = 1
    return encode(line)


def entry_hash(raw: bytes, entry: Change | Erased | None) -> bytes:
    """Return h of a line: of its bytes, or for an erased line the hash it carries."""
    return entry.h if isinstance(entry, Erased) else line_hash(raw)


def encode_header(header: Header) -> bytes:
    """Write the header line of a batch; raises LineError."""
    line = {"k": "h", **header._asdict(), "base_chain": header.base_chain.hex()}
    raw = encode(line)
    _header_from(line)
    return raw


def decode_header(raw: bytes) -> Header:
    """Decode the header line of a batch (§3.4); raises LineError."""
    return _header_from(parse(raw))


def stream_name(line: JsonObject, key: str) -> str:
    """Return a stream name out of a decoded object; raises LineError `bad_field`."""
    name = matching_text(line, key, STREAM_TEXT)
    if len(name) > limits.STREAM_NAME_CHARACTERS:
        raise LineError("bad_field", key)
    return name


def _header_from(line: JsonObject) -> Header:
    expect_fields(line, {"k", *Header._fields})
    if line["k"] != "h":
        raise LineError("bad_field", "k")
    header = Header(
        stream=stream_name(line, "stream"),
        epoch=positive_integer(line, "epoch"),
        from_n=positive_integer(line, "from_n"),
        to_n=positive_integer(line, "to_n"),
        base_chain=bytes.fromhex(matching_text(line, "base_chain", HASH_TEXT)),
        node=matching_text(line, "node", UUID_TEXT),
        incarnation=matching_text(line, "incarnation", UUID_TEXT),
    )
    if header.to_n < header.from_n:
        raise LineError("bad_field", "to_n")
    return header


def expect_fields(line: JsonObject, required: Set[str], *, optional: Set[str] = frozenset()) -> None:
    """Refuse an object with a missing or an unknown field; raises LineError `bad_field`."""
    keys = line.keys()
    if not required <= keys:
        raise LineError("bad_field", f"missing: {', '.join(sorted(required - keys))}")
    if not keys <= required | optional:
        raise LineError("bad_field", f"unknown: {', '.join(sorted(keys - required - optional))}")


def positive_integer(line: JsonObject, key: str) -> int:
    """Return the integer ≥ 1 under `key`; raises LineError `bad_field`."""
    value = line.get(key)
    if type(value) is not int or value < 1:
        raise LineError("bad_field", key)
    return value


def matching_text(line: JsonObject, key: str, pattern: re.Pattern[str]) -> str:
    """Return the text under `key` when the whole of it fits the pattern; raises LineError `bad_field`."""
    value = line.get(key)
    if type(value) is not str or not pattern.fullmatch(value):
        raise LineError("bad_field", key)
    return value


def moment_text(line: JsonObject, key: str) -> str:
    """Return the text of a moment that the calendar has under `key`; raises LineError `bad_field`."""
    value = matching_text(line, key, INSTANT_TEXT)
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise LineError("bad_field", key) from error
    return value


def _explain(line: JsonObject) -> str:
    if line.get("k") != "c":
        return "k"
    expect_fields(line, CHANGE_FIELDS, optional={"e"})
    for key in ("n", "rev", "v", "x"):
        positive_integer(line, key)
    for key, pattern in (("t", KIND_TEXT), ("id", UUID_TEXT), ("at", INSTANT_TEXT)):
        matching_text(line, key, pattern)
    if type(line["op"]) is not str or line["op"] not in OPERATIONS:
        return "op"
    if type(line["d"]) is not dict:
        return "d"
    return "x" if line["x"] > line["n"] else "t, by or e"


def _check_bytes(raw: bytes) -> None:
    if len(raw) > limits.LINE_BYTES:
        raise LineError("too_long", f"{len(raw)} bytes")
    if b"\n" in raw or b"\r" in raw:
        raise LineError("line_break", "a line break inside the line")
    if has_more_values((raw,), limits.LINE_VALUES):
        raise LineError("too_many_values", f"more than {limits.LINE_VALUES} values")


def _distinct(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise LineError("duplicate_key", "a key stands twice in one object")
    return value


def _integer(text: str) -> int:
    # "-0" would come back as 0, not what was signed; the length guards against numbers that take long to read.
    if len(text) <= _INTEGER_CHARACTERS and text != "-0":
        value = int(text)
        if -limits.INTEGER_MAX <= value <= limits.INTEGER_MAX:
            return value
    raise LineError("number_range", text[:40])


def _no_float(text: str) -> NoReturn:
    raise LineError("float", text[:40])


def _no_constant(text: str) -> NoReturn:
    raise LineError("number_range", text)


def _check_depth(value: JsonObject) -> None:
    level: list[Any] = [value]
    for _ in range(limits.LINE_DEPTH):
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise LineError("depth", f"nested deeper than {limits.LINE_DEPTH}")


def _children(value: JsonObject | list[Any]) -> list[Any]:
    values = value.values() if isinstance(value, dict) else value
    return [each for each in values if isinstance(each, dict | list)]


def _check_texts(value: object) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise LineError("nul", "U+0000 in a text")
        if _SURROGATE.search(value):
            raise LineError("surrogate", "half of a surrogate pair in a text")
    elif isinstance(value, dict):
        for key, each in value.items():
            _check_texts(key)
            _check_texts(each)
    elif isinstance(value, list):
        for each in value:
            _check_texts(each)


_MARKS: Final = (b",", b"{", b"[")
# The end is optional, so that a text without one is passed over once and not from each of its quotes anew.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_INTEGER_CHARACTERS: Final = len(str(-limits.INTEGER_MAX))
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder(
    object_pairs_hook=_distinct, parse_int=_integer, parse_float=_no_float, parse_constant=_no_constant
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
