"""New record ids: UUIDv7 (RFC 9562), so that keys of one table arrive in order of time."""

import secrets
from collections.abc import Callable
from uuid import UUID

from sri_admin.kernel import clock

_VARIANT = 0x8000000000000000


def new() -> UUID:
    """Return a new UUIDv7: 48 bits of milliseconds, 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000) & 0xFFFFFFFFFFFF
    high = milliseconds << 16 | 0x7000 | secrets.randbits(12)
    low = _VARIANT | secrets.randbits(62)
    return UUID(int=high << 64 | low)


def token(*, bytes_of_entropy: int = 32) -> str:
    """Return an unguessable URL-safe secret."""
    return secrets.token_urlsafe(bytes_of_entropy)


_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"


def label(prefix: str, *, length: int = 10, choose: Callable[[str], str] = secrets.choice) -> str:
    """Return an opaque label of letters and digits that cannot be mistaken for one another."""
    return prefix + "_" + "".join(choose(_ALPHABET) for _ in range(length))
