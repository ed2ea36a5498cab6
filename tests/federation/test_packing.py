"""Compressed bodies are inflated under a limit."""

import gzip

import pytest

from sri_admin.federation import packing
from sri_admin.federation.packing import PackingError


def refusal(body: bytes, *, limit: int = 1000, coding: str = "gzip") -> str:
    with pytest.raises(PackingError) as caught:
        packing.unpack(body, limit=limit, coding=coding)
    return caught.value.code


def test_a_packed_body_comes_back_and_packs_alike_each_time() -> None:
    body = b'{"a":1}\n' * 50_000
    assert packing.unpack(packing.pack(body), limit=len(body), coding="gzip") == body
    assert packing.pack(body) == packing.pack(body)


def test_a_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert refusal(bomb, limit=1_000_000) == "too_large"


@pytest.mark.parametrize("cut", [0, 1, 9, 15, -1, -8])
def test_a_truncated_body_is_refused(cut: int) -> None:
    whole = gzip.compress(b"one line\n" * 20)
    assert refusal(whole[:cut]) == "bad_gzip"


def test_more_after_the_end_is_refused() -> None:
    whole = gzip.compress(b"x")
    assert refusal(whole + b"\n") == "bad_gzip"
    assert refusal(whole + whole) == "bad_gzip"


def test_an_unknown_coding_is_refused() -> None:
    assert refusal(b"x", coding="br") == "unknown_coding"


def test_a_plain_body_has_the_same_limit() -> None:
    assert packing.unpack(b"x" * 10, limit=10, coding="") == b"x" * 10
    assert refusal(b"x" * 11, limit=10, coding="identity") == "too_large"


def test_the_digest_is_of_the_bytes_sent() -> None:
    packing.check_digest(b"hello", packing.content_digest(b"hello"))
    packing.check_digest(b"hello", None)
    with pytest.raises(PackingError, match="damaged"):
        packing.check_digest(b"hellO", packing.content_digest(b"hello"))
