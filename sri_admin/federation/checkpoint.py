"""Checkpoints and receipts: signed statements about how far a stream reaches (docs/federation.md §5)."""

import base64
import itertools
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, overload

from sri_admin.federation.limits import PROTOCOL, RECEIPT_NUMBERS
from sri_admin.federation.lines import (
    HASH_TEXT,
    UUID_TEXT,
    JsonObject,
    LineError,
    ProtocolError,
    encode,
    expect_fields,
    matching_text,
    moment_text,
    parse,
    positive_integer,
    stream_name,
)
from sri_admin.kernel.signing import SignatureError, SigningKey, VerifyKey

KID_TEXT = re.compile(r"[0-9a-f]{16}")

KeyResolver = Callable[[str, str, int, int], VerifyKey | None]


class SealError(ProtocolError):
    """A sealed line is malformed, of another kind, or not signed by a key valid at its position."""


class Checkpoint(NamedTuple):
    """The writer's word: stream and epoch reach position `n` with this chain value."""

    stream: str
    epoch: int
    log_id: str
    n: int
    chain: bytes
    at: str
    node: str
    incarnation: str
    closed: bool = False


class Receipt(NamedTuple):
    """The receiver's word: it holds `peer`'s stream up to `n`; which lines it set aside and which it parked.

    Of more than a thousand the first thousand are named, and a total says how many there are.
    """

    stream: str
    epoch: int
    log_id: str
    n: int
    chain: bytes
    at: str
    node: str
    incarnation: str
    peer: str
    quarantined: tuple[int, ...] = ()
    parked: tuple[int, ...] = ()
    quarantined_total: int | None = None
    parked_total: int | None = None


_TOTALS: Final = {"quarantined": "quarantined_total", "parked": "parked_total"}
# Said only where there is something to say.
_WHERE_TRUE: Final = ("closed", *_TOTALS.values())
_COMMON: Final = frozenset({"kind", "stream", "epoch", "log_id", "n", "chain", "at", "node", "incarnation"})


def seal(statement: Checkpoint | Receipt, key: SigningKey) -> bytes:
    """Return the signed line of a checkpoint or receipt; raises LineError when a value has the wrong shape."""
    kind = _kind_of(type(statement))
    value: JsonObject = {"kind": kind, **statement._asdict(), "chain": statement.chain.hex()}
    for name in _WHERE_TRUE:
        if not value.get(name, True):
            del value[name]
    payload = encode(value)
    _statement_from(value)
    return encode(
        {"k": "s", "p": to_base64url(payload), "kid": key.kid, "sig": to_base64url(key.sign(_domain(kind), payload))}
    )


@overload
def open_sealed(line: bytes, kind: type[Checkpoint], resolve_key: KeyResolver) -> Checkpoint: ...
@overload
def open_sealed(line: bytes, kind: type[Receipt], resolve_key: KeyResolver) -> Receipt: ...
def open_sealed(line: bytes, kind: type[Checkpoint] | type[Receipt], resolve_key: KeyResolver) -> Checkpoint | Receipt:
    """Return the verified statement of a sealed line (§5.3).

    `resolve_key(kid, stream, epoch, n)` gives the key valid at that position or None. Raises SealError.
    """
    try:
        payload, kid, signature = _envelope(line)
        value = parse(payload)
        if value.get("kind") != _kind_of(kind):
            raise SealError("wrong_kind", f"expected a {_kind_of(kind)}")
        statement = _statement_from(value)
    except LineError as error:
        raise SealError("malformed", str(error)) from error
    key = resolve_key(kid, statement.stream, statement.epoch, statement.n)
    if key is None or key.kid != kid:
        raise SealError("unknown_key", f"no key {kid} is valid for {statement.stream} at {statement.n}")
    try:
        key.verify(_domain(_kind_of(kind)), payload, signature=signature)
    except SignatureError as error:
        raise SealError("bad_signature", error.detail) from error
    return statement


def seal_paper(kind: str, value: JsonObject, key: SigningKey) -> bytes:
    """Return the signed line of any other statement of a kind; raises LineError when it cannot be written."""
    payload = encode({"kind": kind, **value})
    signature = key.sign(_domain(kind), payload)
    return encode({"k": "s", "p": to_base64url(payload), "kid": key.kid, "sig": to_base64url(signature)})


def open_paper(line: bytes, kind: str, find_key: Callable[[str], VerifyKey | None]) -> JsonObject:
    """Return the verified payload of a statement of a kind (§5.3); raises SealError."""
    try:
        payload, kid, signature = _envelope(line)
        value = parse(payload)
    except LineError as error:
        raise SealError("malformed", str(error)) from error
    if value.get("kind") != kind:
        raise SealError("wrong_kind", f"expected a {kind}")
    key = find_key(kid)
    if key is None or key.kid != kid:
        raise SealError("unknown_key", f"no key {kid} is valid here")
    try:
        key.verify(_domain(kind), payload, signature=signature)
    except SignatureError as error:
        raise SealError("bad_signature", error.detail) from error
    return value


def kid_of(line: bytes) -> str:
    """Return the name of the key that a sealed line says it is signed with."""
    return _envelope(line)[1]


def payload_of(line: bytes) -> JsonObject:
    """Return what a sealed line says, its signature not yet checked; raises LineError."""
    return parse(_envelope(line)[0])


def to_base64url(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: object) -> bytes:
    """Read base64url without padding, in its one canonical spelling; raises LineError `bad_base64`."""
    if not isinstance(text, str):
        raise LineError("bad_base64", "not a text")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise LineError("bad_base64", "not base64url") from error
    if to_base64url(data) != text:
        raise LineError("bad_base64", "not the canonical spelling")
    return data


def _envelope(line: bytes) -> tuple[bytes, str, bytes]:
    sealed = parse(line)
    expect_fields(sealed, {"k", "p", "kid", "sig"})
    if sealed["k"] != "s":
        raise LineError("bad_field", "k")
    return from_base64url(sealed["p"]), matching_text(sealed, "kid", KID_TEXT), from_base64url(sealed["sig"])


def _kind_of(kind: type[Checkpoint] | type[Receipt]) -> str:
    return "checkpoint" if kind is Checkpoint else "receipt"


def _domain(kind: str) -> str:
    return f"{PROTOCOL} {kind}"


def _statement_from(value: JsonObject) -> Checkpoint | Receipt:
    if value.get("kind") == "checkpoint":
        expect_fields(value, _COMMON, optional={"closed"})
        if value.get("closed", True) is not True:
            raise LineError("bad_field", "closed")
        return Checkpoint(**_common(value), closed="closed" in value)
    expect_fields(value, _COMMON | {"peer", *_TOTALS}, optional=set(_TOTALS.values()))
    return Receipt(
        **_common(value),
        peer=matching_text(value, "peer", UUID_TEXT),
        quarantined=_numbers(value, "quarantined"),
        parked=_numbers(value, "parked"),
        quarantined_total=_total(value, "quarantined"),
        parked_total=_total(value, "parked"),
    )


def _common(value: JsonObject) -> dict[str, Any]:
    if type(value["n"]) is not int or value["n"] < 0:
        raise LineError("bad_field", "n")
    return {
        "stream": stream_name(value, "stream"),
        "epoch": positive_integer(value, "epoch"),
        "log_id": matching_text(value, "log_id", UUID_TEXT),
        "n": value["n"],
        "chain": bytes.fromhex(matching_text(value, "chain", HASH_TEXT)),
        "at": moment_text(value, "at"),
        "node": matching_text(value, "node", UUID_TEXT),
        "incarnation": matching_text(value, "incarnation", UUID_TEXT),
    }


def _numbers(value: JsonObject, key: str) -> tuple[int, ...]:
    numbers = value[key]
    if not isinstance(numbers, list | tuple) or not all(type(n) is int and n >= 1 for n in numbers):
        raise LineError("bad_field", key)
    if len(numbers) > RECEIPT_NUMBERS:
        raise LineError("bad_field", f"{key} names more than {RECEIPT_NUMBERS}")
    if any(a >= b for a, b in itertools.pairwise(numbers)):
        raise LineError("bad_field", f"{key} are not in ascending order")
    return tuple(numbers)


def _total(value: JsonObject, key: str) -> int | None:
    if _TOTALS[key] not in value:
        return None
    total = positive_integer(value, _TOTALS[key])
    if total <= RECEIPT_NUMBERS or len(value[key]) != RECEIPT_NUMBERS:
        raise LineError("bad_field", f"{_TOTALS[key]} stands only where not all are named")
    return total
