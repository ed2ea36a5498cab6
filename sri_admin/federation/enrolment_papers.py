"""What travels when an installation asks to join: the proof of its code, its signed request, its later question."""

import base64
import hashlib
import hmac
import secrets
from typing import Any, Final, NamedTuple
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from sri_admin.federation import papers
from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.credentials import CURVE
from sri_admin.federation.limits import PROTOCOL
from sri_admin.federation.lines import (
    HASH_TEXT,
    UUID_TEXT,
    LineError,
    ProtocolError,
    encode,
    expect_fields,
    matching_text,
    parse,
)
from sri_admin.kernel.signing import SignatureError, SigningKey, VerifyKey

_DOMAIN: Final = f"{PROTOCOL} enrolment"
_NEWS_DOMAIN: Final = f"{PROTOCOL} enrolment-news"
_GROUPS, _GROUP = 7, 4  # 28 characters of base32 hold 140 bits
_SOFTWARE_CHARACTERS: Final = 60
# Letters a person writes for the digits base32 leaves out, and the other way round.
_MISREAD: Final = str.maketrans({"0": "O", "1": "I", "8": "B", "9": "G"})


class EnrolmentError(ProtocolError):
    """A request to join is not acceptable; the code is stable."""


class Request(NamedTuple):
    """Who asks to join, with the keys it will use."""

    hint: str
    node: UUID
    incarnation: UUID
    sign_key: VerifyKey
    auth_key: dict[str, Any]
    software: str
    keeps: bool = False


class SignedRequest(NamedTuple):
    """A request whose signature fits the key in it; `proof` still has to fit the code."""

    request: Request
    payload: bytes
    proof: bytes


def new_code() -> str:
    """Return a code of seven groups, easy to read aloud."""
    letters = base64.b32encode(secrets.token_bytes(20)).decode()[: _GROUPS * _GROUP]
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def plain_code(entered: str) -> str:
    """Return a code as it was made from what a person typed; EnrolmentError `bad_code` if it cannot be one."""
    letters = "".join(each for each in entered.upper() if each.isalnum()).translate(_MISREAD)
    if len(letters) != _GROUPS * _GROUP or not letters.isascii():
        raise EnrolmentError("bad_code", "not a code of this program")
    return letters


def hint_of(code: str) -> str:
    """Return what a code is found by; it tells nothing about the code."""
    return hashlib.sha256(f"{PROTOCOL} code-hint\n{plain_code(code)}".encode()).hexdigest()


def key_of(code: str) -> bytes:
    """Return the key that proves knowledge of a code."""
    return hashlib.sha256(f"{PROTOCOL} code-key\n{plain_code(code)}".encode()).digest()


def sign_request(
    code: str,
    *,
    node: UUID,
    incarnation: UUID,
    key: SigningKey,
    auth_key: dict[str, Any],
    software: str,
    keeps: bool = False,
) -> bytes:
    """Return the document with which an installation asks to join; one that `keeps` its papers was in before."""
    said = {
        "kind": "enrolment",
        "hint": hint_of(code),
        "node": str(node),
        "incarnation": str(incarnation),
        "sign_key": to_base64url(key.verify_key.raw),
        "auth_key": auth_key,
        "software": software,
    }
    payload = encode({**said, "keeps": True} if keeps else said)
    return papers.written(payload, sig=key.sign(_DOMAIN, payload), proof=_proof(key_of(code), payload))


def open_request(document: bytes) -> SignedRequest:
    """Read a request and check that it is signed by the key it brings; EnrolmentError `malformed`, `bad_signature`."""
    with papers.refusing(EnrolmentError):
        payload, signature, proof = papers.parted(document, "sig", "proof")
        request = _request_from(payload)
        request.sign_key.verify(_DOMAIN, payload, signature=signature)
        return SignedRequest(request, payload, proof)


def knows_code(signed: SignedRequest, key: bytes) -> bool:
    """Say whether who made the request knew the code."""
    return hmac.compare_digest(signed.proof, _proof(key, signed.payload))


def sign_question(enrolment: UUID, key: SigningKey) -> str:
    """Return the proof with which an installation asks what became of its request."""
    return to_base64url(key.sign(_NEWS_DOMAIN, str(enrolment).encode()))


def check_question(enrolment: UUID, key: VerifyKey, *, proof: str) -> None:
    """Refuse a question that is not from who made the request; EnrolmentError `bad_signature`."""
    try:
        key.verify(_NEWS_DOMAIN, str(enrolment).encode(), signature=from_base64url(proof))
    except (LineError, SignatureError) as error:
        raise not_the_asker() from error


def not_the_asker() -> EnrolmentError:
    """Return what everybody hears who cannot prove to have made the request."""
    return EnrolmentError("bad_signature", "not signed by who made the request")


def _proof(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")


def _request_from(payload: bytes) -> Request:
    value = parse(payload)
    expect_fields(
        value, {"kind", "hint", "node", "incarnation", "sign_key", "auth_key", "software"}, optional={"keeps"}
    )
    if value["kind"] != "enrolment" or value.get("keeps", True) is not True:
        raise LineError("bad_field", "kind")
    software = value["software"]
    if not isinstance(software, str) or not 0 < len(software) <= _SOFTWARE_CHARACTERS:
        raise LineError("bad_field", "software")
    return Request(
        hint=matching_text(value, "hint", HASH_TEXT),
        node=UUID(matching_text(value, "node", UUID_TEXT)),
        incarnation=UUID(matching_text(value, "incarnation", UUID_TEXT)),
        sign_key=VerifyKey(from_base64url(value["sign_key"])),
        auth_key=public_auth_key(value["auth_key"]),
        software=software,
        keeps="keeps" in value,
    )


def public_auth_key(value: Any) -> dict[str, Any]:
    """Return the public half of a node's ES256 key as it travels; LineError if it is none."""
    expected = {"kty": "EC", "crv": CURVE}
    if not isinstance(value, dict) or set(value) != {"kty", "crv", "x", "y"}:
        raise LineError("bad_field", "auth_key")
    if any(value[name] != given for name, given in expected.items()):
        raise LineError("bad_field", "auth_key")
    try:
        _ = ECKey.import_key(value).public_key
    except (JoseError, ValueError, TypeError) as error:
        raise LineError("bad_field", "auth_key") from error
    return value
