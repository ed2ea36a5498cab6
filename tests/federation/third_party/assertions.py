"""The keys of a node, and tokens by assertions that one of them signs (§10, §11.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tests.federation.third_party import formats
from tests.federation.third_party.talk import Talk


@dataclass(frozen=True)
class Keys:
    """What a node signs with, statements by Ed25519 and assertions by ES256, and what opens a bundle for it."""

    sign: Ed25519PrivateKey
    auth: EllipticCurvePrivateKey
    box: X25519PrivateKey

    @staticmethod
    def of(folder: Path) -> "Keys":
        """Read the keys of a folder, made at the first time."""
        sign = _kept(folder / "sign.pem", Ed25519PrivateKey.generate)
        auth = _kept(folder / "auth.pem", lambda: generate_private_key(SECP256R1()))
        box = _kept(folder / "box.pem", X25519PrivateKey.generate)
        assert isinstance(sign, Ed25519PrivateKey)
        assert isinstance(box, X25519PrivateKey)
        assert isinstance(auth, EllipticCurvePrivateKey)
        return Keys(sign, auth, box)

    @property
    def sign_public(self) -> bytes:
        """The 32 bytes of the public signing key."""
        return formats.raw_key(self.sign.public_key())

    @property
    def box_public(self) -> bytes:
        """The 32 bytes of the public key bundles for this node are locked with."""
        return self.box.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def auth_public(self) -> dict[str, str]:
        """The public key of assertions, as a JWK."""
        numbers = self.auth.public_key().public_numbers()
        x, y = (formats.to_text(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    def assertion(self, node: str, audience: str, *, at: datetime, **other: object) -> str:
        """Return an assertion for one token; it holds for two minutes and is good once."""
        now = int(at.timestamp())
        claims = {"iss": node, "sub": node, "aud": audience, "iat": now, "exp": now + 120, "jti": str(uuid4()), **other}
        head = {"alg": "ES256", "typ": "JWT"}
        message = ".".join(formats.to_text(formats.encode(each)) for each in (head, claims))
        r, s = decode_dss_signature(self.auth.sign(message.encode(), ECDSA(SHA256())))
        return f"{message}.{formats.to_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def ask_token(hub: Talk, path: str, assertion: str) -> str:
    """Exchange an assertion for a token."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return str(hub.send("POST", path, urlencode(form).encode(), headers=headers).values["access_token"])


def _kept(path: Path, make: Callable[[], PrivateKeyTypes]) -> PrivateKeyTypes:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(make().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return load_pem_private_key(path.read_bytes(), None)
