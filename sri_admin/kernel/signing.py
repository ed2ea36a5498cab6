"""Ed25519 over exact bytes, bound by a domain tag to the kind of object signed (docs/federation.md §5.1)."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
FINGERPRINT_GROUPS: Final = 8

_DOMAIN = re.compile(r"[!-~]+( [!-~]+)*")
_KEY_FINGERPRINT: Final = "sri-sync/1 key-fingerprint"


class SignatureError(Exception):
    """A signature, or the key meant to check it, is not what it claims to be."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep the stable code beside the English detail."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


def signed_message(domain: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: domain tag, one LF, payload."""
    # A tag holding LF could be extended into the payload, and one signature would then fit two objects.
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"not a domain tag: {domain!r}")
    return domain.encode("ascii") + b"\n" + payload


def spoken_digest(domain: str, data: bytes) -> str:
    """Return eight groups of four digits (106 bits) naming `data`, which read aloud alike in every language."""
    number = int.from_bytes(hashlib.sha256(signed_message(domain, data)).digest())
    digits = f"{number % 10 ** (4 * FINGERPRINT_GROUPS):0{4 * FINGERPRINT_GROUPS}d}"
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """The public half of an Ed25519 key: 32 raw bytes that check signatures."""

    raw: bytes
    _key: Ed25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse bytes that are no Ed25519 public key; raises SignatureError `bad_key`."""
        if len(self.raw) != KEY_BYTES:
            raise SignatureError("bad_key", f"a public key has {KEY_BYTES} bytes, not {len(self.raw)}")
        object.__setattr__(self, "_key", Ed25519PublicKey.from_public_bytes(self.raw))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a public key from PEM; raises SignatureError `bad_key`."""
        try:
            key = serialization.load_pem_public_key(pem)
        except ValueError as error:
            raise SignatureError("bad_key", "not a public key in PEM form") from error
        if not isinstance(key, Ed25519PublicKey):
            raise SignatureError("bad_key", "not an Ed25519 key")
        return cls(key.public_bytes_raw())

    def to_pem(self) -> bytes:
        """Return the key as PEM (SubjectPublicKeyInfo)."""
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def kid(self) -> str:
        """The key's short name: the first 16 hex digits of the SHA-256 of its raw bytes."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def verify(self, domain: str, payload: bytes, *, signature: bytes) -> None:
        """Check a signature over domain and payload; raises SignatureError `bad_signature`."""
        try:
            self._key.verify(signature, signed_message(domain, payload))
        except InvalidSignature as error:
            raise SignatureError("bad_signature", f"the signature by key {self.kid} does not fit") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half of an Ed25519 key; it never appears in a log or a repr."""

    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Make the key of a 32-byte seed; raises SignatureError `bad_key`."""
        if len(seed) != KEY_BYTES:
            raise SignatureError("bad_key", f"a seed has {KEY_BYTES} bytes, not {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, pem: bytes, *, password: bytes | None = None) -> Self:
        """Read a private key from PEM; raises SignatureError `bad_key`."""
        try:
            key = serialization.load_pem_private_key(pem, password)
        except (ValueError, TypeError) as error:
            raise SignatureError("bad_key", "not a private key in PEM form, or a wrong password") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SignatureError("bad_key", "not an Ed25519 key")
        return cls(key)

    def to_pem(self, *, password: bytes | None = None) -> bytes:
        """Return the key as PEM (PKCS#8), encrypted when a password is given."""
        locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)

    @property
    def verify_key(self) -> VerifyKey:
        """The public half."""
        return VerifyKey(self._key.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        """The short name of the public half."""
        return self.verify_key.kid

    def sign(self, domain: str, payload: bytes) -> bytes:
        """Return the 64-byte signature over domain and payload."""
        return self._key.sign(signed_message(domain, payload))


def fingerprint(public: VerifyKey) -> str:
    """Return the digits two people compare by telephone before a key is trusted."""
    return spoken_digest(_KEY_FINGERPRINT, public.raw)
