"""A node's change of keys: one document, signed by the old key and the new (docs/federation.md §5.6).

It proves itself, so it may come over the network, on a stick, twice, and from whoever carries it.
"""

from typing import Any, Final, NamedTuple
from uuid import UUID

from sri_admin.federation import papers
from sri_admin.federation.checkpoint import KID_TEXT, from_base64url, to_base64url
from sri_admin.federation.enrolment_papers import public_auth_key
from sri_admin.federation.limits import PROTOCOL
from sri_admin.federation.lines import (
    UUID_TEXT,
    LineError,
    ProtocolError,
    encode,
    expect_fields,
    matching_text,
    parse,
)
from sri_admin.kernel.signing import SigningKey, VerifyKey

_DOMAIN: Final = f"{PROTOCOL} key-rotation"
_KIND: Final = "key-rotation"


class RotationError(ProtocolError):
    """A change of keys is not acceptable; the code is stable."""


class Rotation(NamedTuple):
    """A node's word that a new pair of keys takes the place of the one it had."""

    node: UUID
    old_kid: str
    sign_key: VerifyKey
    auth_key: dict[str, Any]


class SignedRotation(NamedTuple):
    """A change of keys that the new key has signed; the old key's signature still has to be checked."""

    rotation: Rotation
    payload: bytes
    by_old: bytes


def sign_rotation(node: UUID, *, old: SigningKey, new: SigningKey, auth_key: dict[str, Any]) -> bytes:
    """Return the document with which a node changes its keys."""
    payload = encode(
        {
            "kind": _KIND,
            "node": str(node),
            "old_kid": old.kid,
            "sign_key": to_base64url(new.verify_key.raw),
            "auth_key": auth_key,
        }
    )
    return papers.written(payload, by_old=old.sign(_DOMAIN, payload), by_new=new.sign(_DOMAIN, payload))


def open_rotation(document: bytes) -> SignedRotation:
    """Read a change of keys and check that the new key signed it; RotationError `malformed`, `bad_signature`."""
    with papers.refusing(RotationError):
        payload, by_old, by_new = papers.parted(document, "by_old", "by_new")
        rotation = _rotation_from(payload)
        rotation.sign_key.verify(_DOMAIN, payload, signature=by_new)
        return SignedRotation(rotation, payload, by_old)


def check_old(signed: SignedRotation, old: VerifyKey) -> None:
    """Refuse a change of keys that the key it replaces has not signed; RotationError `bad_signature`."""
    with papers.refusing(RotationError):
        old.verify(_DOMAIN, signed.payload, signature=signed.by_old)


def _rotation_from(payload: bytes) -> Rotation:
    value = parse(payload)
    expect_fields(value, {"kind", "node", "old_kid", "sign_key", "auth_key"})
    if value["kind"] != _KIND:
        raise LineError("bad_field", "kind")
    made = Rotation(
        node=UUID(matching_text(value, "node", UUID_TEXT)),
        old_kid=matching_text(value, "old_kid", KID_TEXT),
        sign_key=VerifyKey(from_base64url(value["sign_key"])),
        auth_key=public_auth_key(value["auth_key"]),
    )
    if made.sign_key.kid == made.old_kid:
        raise LineError("bad_field", "sign_key: the new key is the old one")
    return made
