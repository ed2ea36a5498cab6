"""Whatever bytes come, a decoder takes what can be written again, or refuses with its declared error: never another.

The corpus is kept: each file is named after its decoder, what it holds and its outcome (see make_corpus.py). What a
search finds is added to it before it is mended.
"""

import base64
import hmac
import json
import tracemalloc
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from sri_admin.federation import papers
from sri_admin.federation.checkpoint import from_base64url
from sri_admin.federation.enrolment_papers import key_of
from sri_admin.federation.limits import MIB
from sri_admin.federation.lines import parse
from sri_admin.federation.root import sign_root
from tests.federation.decoders import CODE, DECODERS, HUB, NEXT, WRITER
from tests.federation.make_corpus import CORPUS, batch, page, signed

MOST_MEMORY = 64 * MIB
KEPT = {path.name: path.read_bytes() for path in sorted(CORPUS.glob("*/*"))}
FEW, MANY = 1_000, pytest.param(100_000, marks=pytest.mark.chaos)


def decoder_of(name: str) -> str:
    """Return the decoder a file of the corpus is for."""
    return name.partition(".")[0].partition("-")[0]


def outcome(decoder: str, raw: bytes) -> str:
    """Read bytes; return the code they are refused with, `sound` or `loose`; what else happens fails the test."""
    read, write, refuses = DECODERS[decoder]
    try:
        value = read(raw)
    except refuses as error:
        return error.code
    again = write(value)
    assert read(again) == value
    return "sound" if again == raw else "loose"


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_file_has_the_outcome_in_its_name(name: str) -> None:
    assert outcome(decoder_of(name), KEPT[name]) == name.partition(".")[2]


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_file_given_to_any_decoder_is_read_or_refused_in_little_memory(name: str) -> None:
    for decoder in DECODERS:
        tracemalloc.start()
        try:
            outcome(decoder, KEPT[name])
            assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
        finally:
            tracemalloc.stop()


SENT = [name for name in KEPT if decoder_of(name) in {"page", "batch", "packed"} and name.endswith(".sound")]


@pytest.mark.parametrize("name", SENT)
def test_f8_what_is_cut_at_any_byte_is_refused(name: str) -> None:
    whole = KEPT[name]
    outcomes = {outcome(decoder_of(name), whole[:end]) for end in range(len(whole))}
    assert not outcomes & {"sound", "loose"}


def test_every_decoder_has_sound_and_refused_files() -> None:
    ends = {decoder: {name.partition(".")[2] for name in KEPT if decoder_of(name) == decoder} for decoder in DECODERS}
    assert [decoder for decoder, found in ends.items() if not found & {"sound", "loose"}] == []
    assert [decoder for decoder, found in ends.items() if found <= {"sound", "loose"}] == []


PIECES = [
    b"", b"\n", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b'"', b"\\", b"{",
    b"}", b"[", b"]", b"[" * 40, b",", b":", b"-0", b"1e9", b"0.5", b"9007199254740991", b"9007199254740992",
    b"9" * 400, b"NaN", b"null", b"true", b"{}", b"[]", b'"k":"x"', b'"n":1,"n":1', b"\x1f\x8b",
    b"sri-bundle 1 1\n", b" ", b"=",
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the corpus with a few pieces of it cut out, put elsewhere or replaced, for its own decoder."""
    name = draw(st.sampled_from(sorted(KEPT)))
    raw = KEPT[name]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        stop = min(len(raw), start + draw(st.sampled_from([0, 1, 2, 8, 64, 1024])))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=8) | st.just(raw[start:stop] * 2))
        raw = raw[:start] + piece + raw[stop:]
    return decoder_of(name), raw


Search = Callable[[Any], None]


def search(cases: st.SearchStrategy[Any], examples: int, judge: Search) -> None:
    """Judge examples: always the same few, or by chaos ever other ones."""
    calm = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    settled = settings(max_examples=examples, derandomize=examples == FEW, database=None, suppress_health_check=calm)
    settled(given(cases)(judge))()


@pytest.mark.parametrize("examples", [FEW, MANY])
def test_a_kept_file_with_spoiled_bytes_is_read_or_refused(examples: int) -> None:
    def judge(case: tuple[str, bytes]) -> None:
        decoder, raw = case
        note(f"to be kept as {decoder}-….…: {base64.b64encode(raw).decode()}")
        outcome(decoder, raw)

    search(spoiled(), examples, judge)


def of_line(sealed: bytes) -> bytes:
    return from_base64url(json.loads(sealed)["p"])


# What an honest file says, and how somebody who holds the keys makes another say it, rightly numbered and signed.
FORGED: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "line": (b'{"a":[{"b":"c"},1,null]}', bytes),
    "entry": (KEPT["entry-first.sound"], bytes),
    "header": (KEPT["header.sound"], bytes),
    "checkpoint": (of_line(KEPT["checkpoint.sound"]), lambda said: signed("checkpoint", said)),
    "snapshot": (of_line(KEPT["snapshot.sound"]), lambda said: signed("snapshot", said)),
    "manifest": (of_line(KEPT["manifest.sound"]), lambda said: signed("bundle", said, k="b")),
    "root": (of_line(KEPT["root.sound"]), lambda said: sign_root(said, [HUB])),
    "rotation": (
        of_line(KEPT["rotation.sound"]),
        lambda said: papers.written(
            said, **{f"by_{name}": key.sign("sri-sync/1 key-rotation", said) for name, key in _OLD_AND_NEW.items()}
        ),
    ),
    "request": (
        of_line(KEPT["request.sound"]),
        lambda said: papers.written(
            said, sig=NEXT.sign("sri-sync/1 enrolment", said), proof=hmac.digest(key_of(CODE), said, "sha256")
        ),
    ),
    "page": (KEPT["entry-first.sound"], page),
    "batch": (KEPT["entry-first.sound"], batch),
}
_OLD_AND_NEW = {"old": WRITER, "new": NEXT}
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 0.5, 2**53 - 1, 2**53, "", "x", "\0", "\ud800", "é", "x" * 300, [], {}, [[]], [None],
    [1], {"a": []}, [{}], "0" * 16, "0" * 64, "AAAA", "A", "gzip", "2026-02-30T10:00:00Z", "0000-00-00T00:00:00Z",
    "2026-11-20T10:00:00.123456Z", "018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978", "hub.control", "../x",
]  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for key, each in inner for way in ((*at, key), *places(each, (*at, key)))]


@st.composite
def forged(draw: st.DrawFn) -> tuple[str, bytes]:
    """What an honest file says with odd values in some places, signed by the right key."""
    decoder = draw(st.sampled_from(sorted(FORGED)))
    said, close = FORGED[decoder]
    value = parse(said)
    for _ in range(draw(st.integers(1, 2))):
        ways = places(value)
        *way, last = draw(st.sampled_from(ways)) if ways else ("more",)
        inner: Any = value
        for key in way:
            inner = inner[key]
        act = draw(st.sampled_from(["put", "take", "add"]))
        if act == "take" and ways:
            del inner[last]
        else:
            inner["more" if act == "add" and isinstance(inner, dict) else last] = deepcopy(draw(st.sampled_from(ODD)))
    return decoder, close(json.dumps(value, separators=(",", ":")).encode())


@pytest.mark.parametrize("examples", [FEW, MANY])
def test_odd_values_under_the_right_signature_are_read_or_refused(examples: int) -> None:
    def judge(case: tuple[str, bytes]) -> None:
        decoder, raw = case
        note(f"to be kept as {decoder}-….…: {base64.b64encode(raw).decode()}")
        outcome(decoder, raw)

    search(forged(), examples, judge)
