"""A node joins by a code, digits compared by telephone, and an approval; anything else gets one plain answer."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from joserfc.jwk import ECKey

from sri_admin.federation import credentials, enrolment, enrolment_papers, joining
from sri_admin.federation.client import BASE, HubClient, HubError
from sri_admin.federation.enrolment_models import Enrolment, EnrolmentCode, EnrolmentState
from sri_admin.kernel import clock, ids, installation, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError, ConflictError
from sri_admin.kernel.signing import SigningKey
from tests.federation.pair import DOER, Pair, paired


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        yield made


def refusal(pair: Pair, code: str) -> str:
    with pytest.raises(HubError) as caught:
        pair.at_node(lambda: joining.ask(pair.line, code))
    return caught.value.code


def others_request(pair: Pair, code: str) -> str:
    """Let another installation ask with a code; return the hub's answer."""
    key = ECKey.generate_key("P-256", private=True)
    document = enrolment_papers.sign_request(
        code,
        node=ids.new(),
        incarnation=ids.new(),
        key=SigningKey.generate(),
        auth_key=credentials.public_jwk(key),
        software="other 1",
    )
    try:
        return str(HubClient(pair.line, "x", key).post_paper(f"{BASE}/enrolments", document)["state"])
    except HubError as error:
        return error.code


def test_from_the_code_to_the_welcome(pair: Pair) -> None:
    asked = pair.at_node(lambda: joining.ask(pair.line, pair.issue_code()))
    assert pair.at_node(lambda: joining.collect(pair.line)) is EnrolmentState.PENDING
    pair.approve(asked.enrolment_id)
    assert pair.at_node(lambda: joining.collect(pair.line)) is EnrolmentState.APPROVED
    assert pair.at_node(lambda: installation.identity().tenant_id) == pair.member_id


def test_both_sides_show_the_same_digits(pair: Pair) -> None:
    asked = pair.at_node(lambda: joining.ask(pair.line, pair.issue_code()))

    def find() -> UUID:
        with transaction.reading(tenancy.NOWHERE):
            return enrolment.find_pending(asked.fingerprint.replace(" ", "")).id

    assert pair.at_hub(find) == asked.enrolment_id


def test_f51_a_wrong_and_an_unknown_code_get_the_same_answer(pair: Pair) -> None:
    code = pair.issue_code()
    signed = enrolment_papers.new_code()
    assert refusal(pair, signed) == "bad_code"
    assert others_request(pair, signed) == "bad_code"
    assert others_request(pair, code) == "pending"


def test_f51_a_code_works_for_one_installation_only(pair: Pair) -> None:
    code = pair.issue_code()
    first = pair.at_node(lambda: joining.ask(pair.line, code))
    assert others_request(pair, code) == "code_used"
    assert pair.at_node(lambda: joining.ask(pair.line, code)) == first


def test_f51_a_code_ends_after_seven_days(pair: Pair) -> None:
    code = pair.issue_code()

    def age() -> None:
        late = clock.now() - timedelta(seconds=1)
        transaction.write(tenancy.NOWHERE, lambda: db.session.execute(sa.update(EnrolmentCode).values(expires_at=late)))

    pair.at_hub(age)
    assert refusal(pair, code) == "code_expired"


def test_the_request_is_refused_without_the_code_for_it(pair: Pair) -> None:
    pair.issue_code()
    forged = enrolment_papers.new_code()
    assert others_request(pair, forged) == "bad_code"

    def count() -> int:
        with transaction.reading(tenancy.NOWHERE):
            return db.session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) or 0

    assert pair.at_hub(count) == 0


def test_only_who_asked_hears_the_answer(pair: Pair) -> None:
    asked = pair.at_node(lambda: joining.ask(pair.line, pair.issue_code()))
    other = enrolment_papers.sign_question(asked.enrolment_id, SigningKey.generate())
    caller = HubClient(pair.line, "x", ECKey.generate_key("P-256", private=True))
    with pytest.raises(HubError, match="bad_signature"):
        caller.get_json(f"{BASE}/enrolments/{asked.enrolment_id}", headers={"Sri-Proof": other})


def test_a_refused_request_stays_refused(pair: Pair) -> None:
    asked = pair.at_node(lambda: joining.ask(pair.line, pair.issue_code()))
    pair.at_hub(
        lambda: transaction.write(tenancy.only(pair.member_id), lambda: enrolment.refuse(DOER, asked.enrolment_id))
    )
    assert pair.at_node(lambda: joining.collect(pair.line)) is EnrolmentState.REFUSED
    with pytest.raises(ConflictError):
        pair.approve(asked.enrolment_id)


def test_a_country_has_one_node(pair: Pair) -> None:
    pair.enrol()
    with pytest.raises(ConflictError) as caught:
        pair.issue_code()
    assert caught.value.stable_code == "has_node"


def test_another_hub_than_the_one_on_the_sheet_is_not_joined(pair: Pair) -> None:
    code = pair.issue_code()
    pair.node.extensions["sri-admin"].settings.hub.__dict__["root_fingerprint"] = "0000 " * 8
    asked = pair.at_node(lambda: joining.ask(pair.line, code))
    pair.approve(asked.enrolment_id)
    with pytest.raises(Exception, match="wrong_fingerprint"):
        pair.at_node(lambda: joining.collect(pair.line))
    assert pair.at_node(lambda: installation.identity().tenant_id) is None


def test_without_the_digits_of_the_sheet_nothing_is_asked(pair: Pair) -> None:
    pair.node.extensions["sri-admin"].settings.hub.__dict__["root_fingerprint"] = ""
    with pytest.raises(ConfigurationError):
        pair.at_node(lambda: joining.ask(pair.line, enrolment_papers.new_code()))


def test_guessing_codes_is_slowed_down(pair: Pair) -> None:
    answers = [others_request(pair, enrolment_papers.new_code()) for _ in range(11)]
    assert answers[0] == "bad_code"
    assert answers[-1] == "too_many"


def test_the_digest_of_a_code_is_all_that_is_kept(pair: Pair) -> None:
    code = pair.issue_code()

    def kept() -> list[str]:
        with transaction.reading(tenancy.NOWHERE):
            return [repr(list(row)) for row in db.session.execute(sa.select(EnrolmentCode.__table__))]

    assert code not in str(pair.at_hub(kept))
    assert code.replace("-", "") not in str(pair.at_hub(kept))
