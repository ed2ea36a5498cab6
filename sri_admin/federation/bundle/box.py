"""Locking a bundle for its reader: X25519, HKDF-SHA256, then ChaCha20-Poly1305 in frames (docs/federation.md §13.3).

Every part has a key of its own, every frame its number, and the last frame says that it is: what was cut short, put in
another order or taken from another bundle does not open.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sri_admin.federation.limits import KIB, PROTOCOL
from sri_admin.federation.lines import ProtocolError

FRAME_BYTES: Final = 64 * KIB
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
_DOMAIN: Final = f"{PROTOCOL} bundle-part"


class BundleError(ProtocolError):
    """A bundle cannot be read; `code` is listed in docs/federation.md §9, `facts` say which volume or line."""

    def __init__(self, code: str, detail: str, **facts: str | int) -> None:
        super().__init__(code, detail)
        self.facts = facts


def locked_size(size: int) -> int:
    """Return how many bytes a content of this size has once it is locked."""
    return size + max(1, -(-size // FRAME_BYTES)) * TAG_BYTES


@dataclass(frozen=True, slots=True)
class Box:
    """The secret writer and reader of one bundle share."""

    _secret: bytes = field(repr=False)
    _salt: bytes

    @classmethod
    def for_reader(cls, reader: bytes, *, ephemeral: X25519PrivateKey) -> Self:
        """Make the writer's side from the reader's public key and a key made for this bundle alone."""
        own = ephemeral.public_key().public_bytes_raw()
        return cls(_agree(ephemeral, reader), own + reader)

    @classmethod
    def of_reader(cls, key: X25519PrivateKey, *, ephemeral: bytes) -> Self:
        """Make the reader's side from its own key and the public key that stands in the manifest."""
        return cls(_agree(key, ephemeral), ephemeral + key.public_key().public_bytes_raw())

    def lock(self, part: int, content: bytes) -> bytes:
        """Return the locked bytes of a part, which is known by its number in the bundle."""
        cipher, view = self._cipher(part), memoryview(content)
        starts = range(0, len(content), FRAME_BYTES) or range(1)
        frames = (
            cipher.encrypt(_nonce(number, last=at + FRAME_BYTES >= len(content)), view[at : at + FRAME_BYTES], None)
            for number, at in enumerate(starts)
        )
        return b"".join(frames)

    def open(self, part: int, locked: bytes) -> bytes:
        """Return the content of a part; BundleError `bad_box` when it was not locked for us or is not whole."""
        cipher, view, step = self._cipher(part), memoryview(locked), FRAME_BYTES + TAG_BYTES
        starts = range(0, len(locked), step) or range(1)
        try:
            frames = [
                cipher.decrypt(_nonce(number, last=at + step >= len(locked)), view[at : at + step], None)
                for number, at in enumerate(starts)
            ]
        except (InvalidTag, ValueError) as error:
            raise BundleError("bad_box", f"part {part} does not open") from error
        return b"".join(frames)

    def _cipher(self, part: int) -> ChaCha20Poly1305:
        info = f"{_DOMAIN}\n{part}".encode()
        return ChaCha20Poly1305(
            HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=self._salt, info=info).derive(self._secret)
        )


def _agree(key: X25519PrivateKey, other: bytes) -> bytes:
    try:
        return key.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError as error:
        raise BundleError("bad_box", "not a key anything can be locked with") from error


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + (b"\x01" if last else b"\x00")
