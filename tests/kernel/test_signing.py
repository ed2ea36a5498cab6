"""Signatures fit one key, one domain and one payload."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.kernel.signing import SignatureError, SigningKey, VerifyKey, fingerprint, signed_message, spoken_digest

CHECKPOINT = "sri-sync/1 checkpoint"
KEY = SigningKey.from_seed(bytes(range(32)))


@given(st.binary(max_size=200))
def test_a_signature_verifies_under_its_own_domain_and_payload(payload: bytes) -> None:
    KEY.verify_key.verify(CHECKPOINT, payload, signature=KEY.sign(CHECKPOINT, payload))


@pytest.mark.parametrize(
    ("domain", "payload", "key"),
    [
        ("sri-sync/1 receipt", b"payload", KEY),
        (CHECKPOINT, b"payloae", KEY),
        (CHECKPOINT, b"payload", SigningKey.generate()),
    ],
)
def test_another_domain_payload_or_key_is_refused(domain: str, payload: bytes, key: SigningKey) -> None:
    signature = KEY.sign(CHECKPOINT, b"payload")
    with pytest.raises(SignatureError) as refused:
        key.verify_key.verify(domain, payload, signature=signature)
    assert refused.value.code == "bad_signature"


@given(st.binary(max_size=70))
def test_arbitrary_bytes_are_no_signature(signature: bytes) -> None:
    with pytest.raises(SignatureError):
        KEY.verify_key.verify(CHECKPOINT, b"payload", signature=signature)


@pytest.mark.parametrize("domain", ["", "a\nb", " a", "a ", "ä", "a  b"])
def test_a_domain_that_could_run_into_the_payload_is_an_error(domain: str) -> None:
    with pytest.raises(ValueError, match="domain"):
        signed_message(domain, b"payload")


def test_kid_is_the_start_of_the_digest_of_the_raw_public_key() -> None:
    assert KEY.kid == KEY.verify_key.kid == hashlib.sha256(KEY.verify_key.raw).hexdigest()[:16]


def test_keys_survive_pem_with_and_without_password() -> None:
    assert SigningKey.from_pem(KEY.to_pem()).verify_key == KEY.verify_key
    assert SigningKey.from_pem(KEY.to_pem(password=b"p"), password=b"p").verify_key == KEY.verify_key
    assert VerifyKey.from_pem(KEY.verify_key.to_pem()) == KEY.verify_key


def test_a_wrong_password_or_no_key_is_bad_key() -> None:
    for pem, password in [(KEY.to_pem(password=b"p"), b"q"), (KEY.to_pem(password=b"p"), None), (b"pem", None)]:
        with pytest.raises(SignatureError) as refused:
            SigningKey.from_pem(pem, password=password)
        assert refused.value.code == "bad_key"


@given(st.binary(max_size=40).filter(lambda raw: len(raw) != 32))
def test_a_public_key_has_32_bytes(raw: bytes) -> None:
    with pytest.raises(SignatureError):
        VerifyKey(raw)


def test_a_fingerprint_is_eight_groups_of_four_digits() -> None:
    groups = fingerprint(KEY.verify_key).split(" ")
    assert len(groups) == 8
    assert all(len(group) == 4 and group.isdigit() for group in groups)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_fingerprints_of_different_data_differ(one: bytes, other: bytes) -> None:
    assert (spoken_digest("a", one) == spoken_digest("a", other)) == (one == other)
    assert spoken_digest("a", one) != spoken_digest("b", one)


def test_a_private_key_shows_nothing_of_itself() -> None:
    assert repr(KEY) == "SigningKey()"
