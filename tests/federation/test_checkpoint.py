"""A sealed statement is believed only whole, of its kind, and by a key valid at its position."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation.checkpoint import (
    Checkpoint,
    Receipt,
    SealError,
    from_base64url,
    open_sealed,
    seal,
    to_base64url,
)
from sri_admin.federation.lines import LineError, encode
from sri_admin.kernel.signing import SigningKey, VerifyKey

KEY = SigningKey.from_seed(bytes(32))
ID = "018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978"
AT = "2026-11-20T10:00:00Z"
CHECKPOINT = Checkpoint("member.x.ops", 1, ID, 12, bytes(32), AT, ID, ID)
RECEIPT = Receipt("member.x.ops", 1, ID, 12, bytes(32), AT, ID, ID, peer=ID, quarantined=(3, 9), parked=(4,))


def known(kid: str, stream: str, epoch: int, n: int) -> VerifyKey | None:
    """Know one key, valid up to line 100 of the first epoch."""
    return KEY.verify_key if kid == KEY.kid and epoch == 1 and n <= 100 else None


def refusal(line: bytes, kind: Any = Checkpoint) -> str:
    """Return the code with which a line is refused."""
    with pytest.raises(SealError) as refused:
        open_sealed(line, kind, known)
    return refused.value.code


def forged(**changes: Any) -> bytes:
    """Return the sealed checkpoint with fields of its envelope exchanged."""
    return encode(json.loads(seal(CHECKPOINT, KEY)) | changes)


@given(st.integers(0, 100), st.binary(min_size=32, max_size=32), st.booleans())
def test_a_checkpoint_opens_to_what_was_sealed(n: int, chain: bytes, closed: bool) -> None:
    checkpoint = CHECKPOINT._replace(n=n, chain=chain, closed=closed)
    assert open_sealed(seal(checkpoint, KEY), Checkpoint, known) == checkpoint


@given(st.sets(st.integers(1, 99)), st.sets(st.integers(1, 99)))
def test_a_receipt_opens_to_what_was_sealed(quarantined: set[int], parked: set[int]) -> None:
    receipt = RECEIPT._replace(quarantined=tuple(sorted(quarantined)), parked=tuple(sorted(parked)))
    assert open_sealed(seal(receipt, KEY), Receipt, known) == receipt


def test_one_kind_is_never_taken_for_the_other() -> None:
    assert refusal(seal(RECEIPT, KEY)) == "wrong_kind"
    assert refusal(seal(CHECKPOINT, KEY), Receipt) == "wrong_kind"


def test_a_signature_of_another_domain_does_not_fit() -> None:
    payload = from_base64url(json.loads(seal(CHECKPOINT, KEY))["p"])
    for domain in ("sri-sync/1 receipt", "sri-sync/2 checkpoint", "checkpoint"):
        assert refusal(forged(sig=to_base64url(KEY.sign(domain, payload)))) == "bad_signature"


def test_an_unknown_key_or_one_not_valid_there_is_refused() -> None:
    assert refusal(seal(CHECKPOINT, SigningKey.generate())) == "unknown_key"
    assert refusal(seal(CHECKPOINT._replace(n=101), KEY)) == "unknown_key"
    assert refusal(seal(CHECKPOINT._replace(epoch=2), KEY)) == "unknown_key"


def test_a_resolver_that_returns_another_key_is_not_believed() -> None:
    other = SigningKey.generate()
    with pytest.raises(SealError) as refused:
        open_sealed(seal(CHECKPOINT, KEY), Checkpoint, lambda *_: other.verify_key)
    assert refused.value.code == "unknown_key"


@given(st.data())
def test_a_flipped_bit_anywhere_is_refused(data: st.DataObject) -> None:
    line = bytearray(seal(CHECKPOINT, KEY))
    position = data.draw(st.integers(0, len(line) - 1))
    line[position] ^= 1 << data.draw(st.integers(0, 7))
    assert refusal(bytes(line)) in {"malformed", "wrong_kind", "unknown_key", "bad_signature"}


def test_a_payload_signed_as_it_stands_but_without_its_form_is_malformed() -> None:
    value = json.loads(from_base64url(json.loads(seal(CHECKPOINT, KEY))["p"]))
    for wrong in ({"n": -1}, {"n": True}, {"closed": False}, {"chain": "ab"}, {"more": 1}, {"epoch": 0}):
        payload = encode(value | wrong)
        signature = KEY.sign("sri-sync/1 checkpoint", payload)
        assert refusal(forged(p=to_base64url(payload), sig=to_base64url(signature))) == "malformed"


@pytest.mark.parametrize("changes", [{"k": "c"}, {"p": 1}, {"p": "e30="}, {"kid": "x"}, {"sig": "*"}, {"alg": "none"}])
def test_an_envelope_of_another_form_is_malformed(changes: dict[str, Any]) -> None:
    assert refusal(forged(**changes)) == "malformed"


@pytest.mark.parametrize("numbers", [(2, 1), (1, 1), (0,), (True,)])
def test_numbers_in_a_receipt_ascend(numbers: tuple[int, ...]) -> None:
    with pytest.raises(LineError):
        seal(RECEIPT._replace(parked=numbers), KEY)


def test_a_receipt_counts_what_it_cannot_name() -> None:
    first = tuple(range(1, 1001))
    receipt = RECEIPT._replace(quarantined=first, quarantined_total=1001)
    assert open_sealed(seal(receipt, KEY), Receipt, known) == receipt


@pytest.mark.parametrize(
    "wrong",
    [
        {"parked": tuple(range(1, 1002))},
        {"parked": tuple(range(1, 1001)), "parked_total": 1000},
        {"parked": (1, 2), "parked_total": 1001},
        {"parked_total": True},
    ],
)
def test_a_total_stands_only_where_not_all_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(LineError):
        seal(RECEIPT._replace(**wrong), KEY)


@given(st.binary(max_size=40))
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = to_base64url(data)
    assert from_base64url(text) == data
    for other in (text + "=", text + "\n", f" {text}", text + "A" * (1 if len(text) % 4 == 0 else 0) + "*"):
        with pytest.raises(LineError):
            from_base64url(other)


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "+/", "ä"])
def test_base64_of_other_kinds_is_refused(text: str) -> None:
    with pytest.raises(LineError):
        from_base64url(text)
