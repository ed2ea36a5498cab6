"""Cursors: where a reader stands, and enough to see a rewound or forked peer (docs/federation.md §6)."""

import re
from typing import NamedTuple

from sri_admin.federation import limits
from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.lines import (
    LineError,
    ProtocolError,
    encode,
    expect_fields,
    matching_text,
    parse,
    positive_integer,
    stream_name,
)

PREFIX_BYTES = 8
_PREFIX_TEXT = re.compile(r"[0-9a-f]{16}")


class CursorError(ProtocolError):
    """A cursor is not one that a server of this protocol gave out."""


class Cursor(NamedTuple):
    """A position in a stream with the first eight bytes of its chain value."""

    stream: str
    epoch: int
    n: int
    prefix: bytes


def encode_cursor(cursor: Cursor) -> str:
    """Write a cursor as base64url; a longer chain value is cut to its prefix."""
    value = {"s": cursor.stream, "e": cursor.epoch, "n": cursor.n, "c": cursor.prefix[:PREFIX_BYTES].hex()}
    return to_base64url(encode(value))


def decode_cursor(text: str) -> Cursor:
    """Read a cursor; raises CursorError `bad_cursor`."""
    if len(text) > limits.CURSOR_CHARACTERS:
        raise CursorError("bad_cursor", "too long")
    try:
        value = parse(from_base64url(text))
        expect_fields(value, {"s", "e", "n", "c"})
        if type(value["n"]) is not int or value["n"] < 0:
            raise LineError("bad_field", "n")
        prefix = bytes.fromhex(matching_text(value, "c", _PREFIX_TEXT))
        return Cursor(stream_name(value, "s"), positive_integer(value, "e"), value["n"], prefix)
    except LineError as error:
        raise CursorError("bad_cursor", str(error)) from error
