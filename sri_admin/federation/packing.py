"""Compressed bodies: inflated piece by piece under a limit, so that no body grows beyond what may be held."""

import base64
import gzip
import hashlib
import hmac
import zlib
from collections.abc import Iterable
from typing import Final

from sri_admin.federation.lines import ProtocolError

GZIP: Final = "gzip"
NDJSON: Final = "application/x-ndjson"
_PIECE: Final = 64 * 1024
_GZIP_WINDOW: Final = 31
_LEVEL: Final = 6
_SMALL: Final = 64 * 1024
_LEVEL_OF_SMALL: Final = 9


class PackingError(ProtocolError):
    """A body is not what its headers say, or grows beyond the limit."""


def pack(body: bytes) -> bytes:
    """Compress a body; equal bodies give equal bytes."""
    # What a node sends every few minutes is small: a millisecond more buys a twentieth of its size.
    level = _LEVEL_OF_SMALL if len(body) <= _SMALL else _LEVEL
    return gzip.compress(body, level, mtime=0)


def read_limited(pieces: Iterable[bytes], *, limit: int, coding: str = "") -> bytes:
    """Join the pieces of a body and undo its coding; PackingError `too_large`, `bad_gzip` or `unknown_coding`."""
    if coding in {"", "identity"}:
        return _join(pieces, limit)
    if coding != GZIP:
        raise PackingError("unknown_coding", coding[:40])
    return _inflate(pieces, limit)


def unpack(body: bytes, *, limit: int, coding: str) -> bytes:
    """Undo the coding of a body that is here as a whole."""
    view = memoryview(body)
    return read_limited(
        (bytes(view[at : at + _PIECE]) for at in range(0, len(body), _PIECE)), limit=limit, coding=coding
    )


def content_digest(body: bytes) -> str:
    """Return the value of Content-Digest (RFC 9530) for the bytes as they are sent."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_digest(body: bytes, header: str | None) -> None:
    """Refuse a body that does not fit its Content-Digest; one without the header is judged by its signatures alone."""
    given = [each.strip() for each in (header or "").split(",") if each.strip().startswith("sha-256=")]
    if given and not hmac.compare_digest(given[0].encode(), content_digest(body).encode()):
        raise PackingError("damaged", "the body does not fit its Content-Digest")


def _join(pieces: Iterable[bytes], limit: int) -> bytes:
    joined = bytearray()
    for piece in pieces:
        joined += piece
        _check_size(len(joined), limit)
    return bytes(joined)


def _inflate(pieces: Iterable[bytes], limit: int) -> bytes:
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    joined = bytearray()
    try:
        for piece in pieces:
            pending = piece
            while pending and not inflater.eof:
                joined += inflater.decompress(pending, _PIECE)
                _check_size(len(joined), limit)
                pending = inflater.unconsumed_tail
            if inflater.eof and (pending or inflater.unused_data):
                raise PackingError("bad_gzip", "more after the end")
        joined += inflater.flush()
    except zlib.error as error:
        raise PackingError("bad_gzip", str(error)) from error
    _check_size(len(joined), limit)
    if not inflater.eof:
        raise PackingError("bad_gzip", "cut off before the end")
    return bytes(joined)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise PackingError("too_large", f"more than {limit} bytes")
