"""The hash chain of a stream: every position names all lines before it (docs/federation.md §4)."""

import hashlib
from collections.abc import Iterable
from typing import Final

from sri_admin.federation.limits import PROTOCOL

HASH_BYTES: Final = 32

_sha256 = hashlib.sha256


def genesis(stream: str, epoch: int, *, log_id: str, base: bytes | None) -> bytes:
    """Return chain_0 of an epoch; `base` is the chain value the epoch was granted on, None for a new stream."""
    fields = (f"{PROTOCOL} genesis", stream, str(epoch), log_id, base.hex() if base else "")
    if any("\n" in each for each in fields):
        raise ValueError("a field of the genesis holds a line break")
    if base is not None and len(base) != HASH_BYTES:
        raise ValueError("a base chain value has 32 bytes")
    return _sha256("\n".join(fields).encode()).digest()


def line_hash(raw: bytes) -> bytes:
    """Return h of a line: SHA-256 of its bytes without the LF."""
    return _sha256(raw).digest()


def extend(chain: bytes, h: bytes) -> bytes:
    """Return chain_n from chain_(n-1) and h_n."""
    return _sha256(chain + h).digest()


def extend_many(chain: bytes, hashes: Iterable[bytes]) -> list[bytes]:
    """Return the chain value after each hash in turn."""
    values: list[bytes] = []
    for h in hashes:
        chain = _sha256(chain + h).digest()
        values.append(chain)
    return values
