"""Values sealed with a secret of this installation: whoever has only the rows of a database cannot read them."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sri_admin.kernel import installation, runtime

_NONCE_BYTES = 12


def seal(value: bytes, *, purpose: str, belongs_to: bytes) -> bytes:
    """Seal a value for one purpose and one owner; put elsewhere it does not open."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _box(purpose).encrypt(nonce, value, belongs_to)


def unseal(sealed: bytes, *, purpose: str, belongs_to: bytes) -> bytes | None:
    """Return a sealed value; None if it was altered, moved, or sealed with a secret that is lost."""
    try:
        return _box(purpose).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], belongs_to)
    except InvalidTag:
        return None


def _box(purpose: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(installation.secret(runtime.current().settings, purpose))
