"""A request to join proves the keys in it and the code."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import ECKey

from sri_admin.federation import credentials, enrolment_papers
from sri_admin.federation.enrolment_papers import EnrolmentError
from sri_admin.federation.lines import encode, parse
from sri_admin.kernel.signing import SigningKey

KEY, OTHER = SigningKey.generate(), SigningKey.generate()


def document(code: str, *, key: SigningKey = KEY, auth_key: dict[str, Any] | None = None) -> bytes:
    public = auth_key or credentials.public_jwk(ECKey.generate_key("P-256", private=True))
    return enrolment_papers.sign_request(
        code, node=uuid4(), incarnation=uuid4(), key=key, auth_key=public, software="sri-admin 0.1"
    )


def refusal(document: bytes) -> str:
    with pytest.raises(EnrolmentError) as caught:
        enrolment_papers.open_request(document)
    return caught.value.code


def test_a_code_is_read_as_people_write_it() -> None:
    code = enrolment_papers.new_code()
    spoken = code.lower().replace("-", " ").replace("o", "0").replace("i", "1")
    assert enrolment_papers.hint_of(spoken) == enrolment_papers.hint_of(code)
    assert len(code.replace("-", "")) == 28


@pytest.mark.parametrize("entered", ["", "ABCD", "ABCD-" * 8, "é" * 28])
def test_what_cannot_be_a_code_is_a_wrong_code(entered: str) -> None:
    with pytest.raises(EnrolmentError, match="bad_code"):
        enrolment_papers.hint_of(entered)


def test_a_request_proves_its_key_and_the_code() -> None:
    code = enrolment_papers.new_code()
    signed = enrolment_papers.open_request(document(code))
    assert signed.request.sign_key == KEY.verify_key
    assert enrolment_papers.knows_code(signed, enrolment_papers.key_of(code))
    assert not enrolment_papers.knows_code(signed, enrolment_papers.key_of(enrolment_papers.new_code()))


def test_a_request_with_another_keys_signature_is_refused() -> None:
    code = enrolment_papers.new_code()
    mine, theirs = parse(document(code)), parse(document(code, key=OTHER))
    assert refusal(encode({**mine, "sig": theirs["sig"]})) == "bad_signature"


def test_only_a_p256_public_key_is_taken() -> None:
    code = enrolment_papers.new_code()
    private = ECKey.generate_key("P-256", private=True).as_dict(private=True)
    assert refusal(document(code, auth_key=private)) == "malformed"
    assert refusal(document(code, auth_key={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})) == "malformed"
    assert refusal(document(code, auth_key={"kty": "oct", "crv": "P-256", "x": "AA", "y": "AA"})) == "malformed"


def test_a_question_is_answered_only_to_who_asked_first() -> None:
    enrolment = UUID(int=7)
    enrolment_papers.check_question(enrolment, KEY.verify_key, proof=enrolment_papers.sign_question(enrolment, KEY))
    with pytest.raises(EnrolmentError, match="bad_signature"):
        enrolment_papers.check_question(
            enrolment, KEY.verify_key, proof=enrolment_papers.sign_question(UUID(int=8), KEY)
        )
