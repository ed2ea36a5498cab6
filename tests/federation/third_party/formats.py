"""What the document says of bytes: the strict profile, hashes and chains, keys and signed objects (§2 to §5)."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Values = dict[str, Any]

MAX_LINE = 1_048_576
_LARGEST = 2**53 - 1
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


class RefusedError(Exception):
    """Something is not as the document says; the code is that of §9."""

    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, keys that stand twice included."""


@dataclass(frozen=True)
class _Number:
    code: str = ""
    value: int = 0


def _whole(text: str) -> _Number:
    if text == "-0" or len(text) > 17 or abs(int(text)) > _LARGEST:
        return _Number("number_range")
    return _Number(value=int(text))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_int=_whole,
    parse_float=lambda _text: _Number("float"),
    parse_constant=lambda _text: _Number("number_range"),
)


def decode(raw: bytes) -> Values:
    """Return the object of a line (§2.2)."""
    if len(raw) > MAX_LINE:
        raise RefusedError("too_long")
    if b"\n" in raw or b"\r" in raw:
        raise RefusedError("line_break")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise RefusedError("bad_utf8") from error
    try:
        value, end = _DECODER.raw_decode(text)
    except RecursionError as error:
        raise RefusedError("depth") from error
    except ValueError as error:
        raise RefusedError("bad_json") from error
    if end != len(text):
        raise RefusedError("trailing")
    _check(value)
    return _plain(value)


def _check(value: Any) -> None:
    parts = list(_walk(value, 1))
    for _depth, each in parts:
        if isinstance(each, _Pairs) and len({key for key, _ in each}) < len(each):
            raise RefusedError("duplicate_key")
    for _depth, each in parts:
        if isinstance(each, _Number) and each.code:
            raise RefusedError(each.code)
    if not isinstance(value, _Pairs):
        raise RefusedError("not_object")
    if any(depth > 32 for depth, each in parts if isinstance(each, list)):
        raise RefusedError("depth")
    for _depth, each in parts:
        if isinstance(each, str) and "\0" in each:
            raise RefusedError("nul")
        if isinstance(each, str) and any("\ud800" <= letter <= "\udfff" for letter in each):
            raise RefusedError("surrogate")


def _walk(value: Any, depth: int) -> Iterator[tuple[int, Any]]:
    yield depth, value
    if isinstance(value, _Pairs):
        for key, inner in value:
            yield depth, key
            yield from _walk(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, depth + 1)


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {key: _plain(inner) for key, inner in value}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.value if isinstance(value, _Number) else value


def encode(values: Mapping[str, Any]) -> bytes:
    """Return the bytes of an object: keys in order, no white space, no needless escapes."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def to_text(raw: bytes) -> str:
    """Return bytes as base64url without padding (§5.1)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: object) -> bytes:
    """Return the bytes of a base64url text, and refuse any other spelling of them."""
    try:
        raw = base64.urlsafe_b64decode(f"{text}{'=' * (-len(str(text)) % 4)}")
    except (ValueError, binascii.Error) as error:
        raise RefusedError("bad_base64") from error
    if to_text(raw) != text:
        raise RefusedError("bad_base64")
    return raw


def sha256(raw: bytes) -> bytes:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(raw).digest()


def chain_0(stream: str, epoch: int, log_id: str, base: str = "") -> bytes:
    """Return the chain value a log begins with (§4.2)."""
    return sha256("\n".join(["sri-sync/1 genesis", stream, str(epoch), log_id, base]).encode())


def hash_of(line: bytes) -> bytes:
    """Return h of a line; an erased one carries it (§3.3, §4.1)."""
    try:
        values = decode(line) if b'"x"' in line else {}
        return bytes.fromhex(values["h"]) if values.get("k") == "x" else sha256(line)
    except (RefusedError, KeyError, ValueError):
        return sha256(line)  # what cannot be read is no erased line (§7.1)


def next_chain(chain: bytes, line: bytes) -> bytes:
    """Return the chain value after one more line (§4.3)."""
    return sha256(chain + hash_of(line))


def raw_key(key: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def kid_of(public: bytes) -> str:
    """Return the short name of a key (§5.1)."""
    return sha256(public).hex()[:16]


def digits(domain: str, raw: bytes) -> str:
    """Return the fingerprint two people compare (§5.1)."""
    number = int.from_bytes(sha256(f"sri-sync/1 {domain}\n".encode() + raw), "big") % 10**32
    text = f"{number:032d}"
    return " ".join(text[at : at + 4] for at in range(0, 32, 4))


def sign(key: Ed25519PrivateKey, domain: str, payload: bytes) -> str:
    """Return a signature under a domain as text."""
    return to_text(key.sign(f"sri-sync/1 {domain}\n".encode() + payload))


def verify(public: bytes, domain: str, payload: bytes, signature: str) -> None:
    """Refuse what this key has not signed under this domain."""
    try:
        message = f"sri-sync/1 {domain}\n".encode() + payload
        Ed25519PublicKey.from_public_bytes(public).verify(to_bytes(signature), message)
    except (InvalidSignature, ValueError) as error:
        raise RefusedError("bad_signature") from error


def seal(key: Ed25519PrivateKey, values: Mapping[str, Any], *, domain: str = "", k: str = "s") -> bytes:
    """Return a sealed line (§5.2)."""
    payload = encode(values)
    signature = sign(key, domain or values["kind"], payload)
    return encode({"k": k, "kid": kid_of(raw_key(key.public_key())), "p": to_text(payload), "sig": signature})


def opened(line: bytes, kind: str, keys: Mapping[str, bytes]) -> Values:
    """Return the payload of a sealed line after every check of §5.3 but the life of the key."""
    try:
        sealed = decode(line)
        payload = to_bytes(sealed["p"])
        values = decode(payload)
    except (RefusedError, KeyError) as error:
        raise RefusedError("malformed", error) from error
    if values.get("kind") != kind:
        raise RefusedError("wrong_kind", values.get("kind"))
    public = keys.get(sealed["kid"])
    if public is None:
        raise RefusedError("unknown_key", sealed["kid"])
    verify(public, kind, payload, sealed["sig"])
    return values


def code_letters(typed: str) -> str:
    """Return the 28 letters of a joining code as they were meant (§10.1)."""
    letters = "".join(each for each in typed.upper() if each.isalnum()).translate(str.maketrans("0189", "OIBG"))
    if not re.fullmatch("[A-Z2-7]{28}", letters):
        raise RefusedError("bad_code")
    return letters


def proof(letters: str, payload: bytes) -> str:
    """Return what proves that one knows the code of a request (§10.2)."""
    key = sha256(f"sri-sync/1 code-key\n{letters}".encode())
    return to_text(hmac.digest(key, payload, "sha256"))
