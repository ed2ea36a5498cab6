"""The root file: the keys that certify the control keys, replaced only under a threshold (docs/federation.md §8)."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sri_admin.federation.checkpoint import KID_TEXT, from_base64url, to_base64url
from sri_admin.federation.limits import PROTOCOL
from sri_admin.federation.lines import (
    JsonObject,
    LineError,
    ProtocolError,
    encode,
    expect_fields,
    matching_text,
    moment_text,
    parse,
    positive_integer,
)
from sri_admin.kernel.signing import SignatureError, SigningKey, VerifyKey, spoken_digest

ROOT_DOMAIN: Final = f"{PROTOCOL} root"
_FINGERPRINT_DOMAIN: Final = f"{PROTOCOL} root-fingerprint"


class RootError(ProtocolError):
    """A root file is malformed, not signed by enough keys, or older than the one trusted."""


class Root(NamedTuple):
    """One version of the root: the root keys, how many of them must sign, and the control keys they certify."""

    version: int
    threshold: int
    keys: tuple[VerifyKey, ...]
    control_keys: tuple[VerifyKey, ...]
    at: str


def root_payload(root: Root) -> bytes:
    """Return the exact bytes the root keys sign; raises RootError `bad_root`."""
    value = {
        "version": root.version,
        "threshold": root.threshold,
        "keys": [_key_value(key) for key in root.keys],
        "control_keys": [_key_value(key) for key in root.control_keys],
        "at": root.at,
    }
    try:
        payload = encode(value)
        _root_from(payload)
    except LineError as error:
        raise RootError("bad_root", str(error)) from error
    return payload


def sign_root(payload: bytes, signers: Sequence[SigningKey]) -> bytes:
    """Return the root file of a payload with one signature for each signer."""
    signatures = [{"kid": key.kid, "sig": to_base64url(key.sign(ROOT_DOMAIN, payload))} for key in signers]
    return encode({"p": to_base64url(payload), "signatures": signatures})


def join_root(files: Sequence[bytes]) -> bytes:
    """Return one root file with the signatures of several over the same payload; raises RootError `bad_root`."""
    payloads: set[bytes] = set()
    signatures: dict[str, bytes] = {}
    try:
        for file in files:
            payload, found = _open(file)
            payloads.add(payload)
            signatures.update(found)
    except LineError as error:
        raise RootError("bad_root", str(error)) from error
    if len(payloads) != 1:
        raise RootError("bad_root", "the files do not hold the same draft")
    listed = [{"kid": kid, "sig": to_base64url(sig)} for kid, sig in sorted(signatures.items())]
    return encode({"p": to_base64url(payloads.pop()), "signatures": listed})


def read_payload(payload: bytes) -> Root:
    """Return the root a draft describes, without asking who signed it; raises RootError `bad_root`."""
    try:
        return _root_from(payload)
    except LineError as error:
        raise RootError("bad_root", str(error)) from error


def read_root(file: bytes) -> Root:
    """Return the root of a file that was verified when it was kept; raises RootError `bad_root`."""
    try:
        payload, _signatures = _open(file)
    except LineError as error:
        raise RootError("bad_root", str(error)) from error
    return read_payload(payload)


def root_fingerprint(payload: bytes) -> str:
    """Return the digits by which a new installation pins its first root."""
    return spoken_digest(_FINGERPRINT_DOMAIN, payload)


def verify_root(file: bytes, trusted: Root | str) -> Root:
    """Return the root of a file (§8.2); raises RootError.

    `trusted` is the root before it, or for version 1 its fingerprint. The trusted version itself is accepted again.
    """
    try:
        payload, signatures = _open(file)
        root = _root_from(payload)
    except LineError as error:
        raise RootError("bad_root", str(error)) from error
    if isinstance(trusted, str):
        _check_pinned(root, payload, trusted)
    elif root.version == trusted.version:
        if payload != root_payload(trusted):
            raise RootError("forked_root", f"two different roots of version {root.version}")
    else:
        _check_next(root, trusted)
        _check_threshold(trusted, payload, signatures)
    _check_threshold(root, payload, signatures)
    return root


def _check_pinned(root: Root, payload: bytes, fingerprint: str) -> None:
    if root.version != 1:
        raise RootError("root_gap", f"a fingerprint pins version 1, this is {root.version}")
    if "".join(fingerprint.split()) != "".join(root_fingerprint(payload).split()):
        raise RootError("wrong_fingerprint", "this is not the root whose fingerprint was given")


def _check_next(root: Root, trusted: Root) -> None:
    if root.version < trusted.version:
        raise RootError("root_rollback", f"version {root.version} is older than {trusted.version}")
    if root.version > trusted.version + 1:
        raise RootError("root_gap", f"version {trusted.version + 1} must come before {root.version}")


def _check_threshold(root: Root, payload: bytes, signatures: dict[str, bytes]) -> None:
    valid = sum(_is_signed(key, payload, signatures.get(key.kid)) for key in root.keys)
    if valid < root.threshold:
        raise RootError("root_threshold", f"{valid} of {root.threshold} signatures asked for by version {root.version}")


def _is_signed(key: VerifyKey, payload: bytes, signature: bytes | None) -> bool:
    if signature is None:
        return False
    try:
        key.verify(ROOT_DOMAIN, payload, signature=signature)
    except SignatureError:
        return False
    return True


def _open(file: bytes) -> tuple[bytes, dict[str, bytes]]:
    value = parse(file)
    expect_fields(value, {"p", "signatures"})
    signatures: dict[str, bytes] = {}
    for each in _objects(value, "signatures"):
        expect_fields(each, {"kid", "sig"})
        kid = matching_text(each, "kid", KID_TEXT)
        if kid in signatures:
            raise LineError("bad_field", f"two signatures by {kid}")
        signatures[kid] = from_base64url(each["sig"])
    return from_base64url(value["p"]), signatures


def _root_from(payload: bytes) -> Root:
    value = parse(payload)
    expect_fields(value, {"version", "threshold", "keys", "control_keys", "at"})
    root = Root(
        version=positive_integer(value, "version"),
        threshold=positive_integer(value, "threshold"),
        keys=_keys(value, "keys"),
        control_keys=_keys(value, "control_keys"),
        at=moment_text(value, "at"),
    )
    if root.threshold > len(root.keys):
        raise LineError("bad_field", "threshold: more signatures than keys")
    return root


def _keys(value: JsonObject, name: str) -> tuple[VerifyKey, ...]:
    keys: list[VerifyKey] = []
    for each in _objects(value, name):
        expect_fields(each, {"kid", "public"})
        try:
            key = VerifyKey(from_base64url(each["public"]))
        except SignatureError as error:
            raise LineError("bad_field", name) from error
        if key.kid != each["kid"] or key in keys:
            raise LineError("bad_field", f"{name}: {each['kid']}")
        keys.append(key)
    if not keys:
        raise LineError("bad_field", f"{name} is empty")
    return tuple(keys)


def _objects(value: JsonObject, name: str) -> list[JsonObject]:
    objects: Any = value[name]
    if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
        raise LineError("bad_field", name)
    return objects


def _key_value(key: VerifyKey) -> dict[str, str]:
    return {"kid": key.kid, "public": to_base64url(key.raw)}
