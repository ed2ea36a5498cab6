"""A node joins by a code, digits compared by telephone, and an approval; anything else gets one plain answer."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from joserfc.jwk import ECKey

from sri_admin.federation import credentials, enrolment, enrolment_papers, joining
from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.client import BASE, HubClient, HubError
from sri_admin.federation.enrolment_models import Enrolment, EnrolmentCode, EnrolmentState
from sri_admin.federation.lines import encode, parse
from sri_admin.kernel import clock, ids, installation, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError, ConflictError
from sri_admin.kernel.signing import SigningKey
from tests.federation.pair import DOER, Pair, paired


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def hub(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """One pair for all requests that come to nothing."""
    with paired(cluster, template, tmp_path_factory.mktemp("pair")) as made:
        yield made


def others_request(code: str) -> bytes:
    """Return the request of another installation that has a code."""
    return enrolment_papers.sign_request(
        code,
        node=ids.new(),
        incarnation=ids.new(),
        key=SigningKey.generate(),
        auth_key=credentials.public_jwk(ECKey.generate_key("P-256", private=True)),
        software="other 1",
    )


def answer_to(pair: Pair, document: bytes) -> str:
    """Send a request; return the hub's answer."""
    caller = HubClient(pair.line, "x", ECKey.generate_key("P-256", private=True))
    try:
        return str(caller.post_paper(f"{BASE}/enrolments", document)["state"])
    except HubError as error:
        return error.code


def own_request(pair: Pair, code: str) -> str:
    try:
        pair.at_node(lambda: joining.ask(pair.line, code))
    except HubError as error:
        return error.code
    return "pending"


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


def by_another_too(pair: Pair) -> str:
    code = pair.issue_code()
    assert answer_to(pair, others_request(code)) == "pending"
    return answer_to(pair, others_request(code))


def too_late(pair: Pair) -> str:
    code = pair.issue_code()

    def age() -> None:
        late = clock.now() - timedelta(seconds=1)
        transaction.write(tenancy.NOWHERE, lambda: db.session.execute(sa.update(EnrolmentCode).values(expires_at=late)))

    pair.at_hub(age)
    return answer_to(pair, others_request(code))


def forged(change: Callable[[dict[str, str]], dict[str, str]]) -> Callable[[Pair], str]:
    """Send a request of which something was changed after it was signed."""
    return lambda pair: answer_to(pair, encode(change(parse(others_request(pair.issue_code())))))


def renamed(document: dict[str, str]) -> dict[str, str]:
    said = {**parse(from_base64url(document["p"])), "software": "other 2"}
    return {**document, "p": to_base64url(encode(said))}


def proven_by(code: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """Put the proof of another code into a request."""
    return lambda document: {**document, "proof": parse(others_request(code))["proof"]}


def asked_by_another(pair: Pair) -> str:
    asked = pair.at_node(lambda: joining.ask(pair.line, pair.issue_code()))
    other = enrolment_papers.sign_question(asked.enrolment_id, SigningKey.generate())
    caller = HubClient(pair.line, "x", ECKey.generate_key("P-256", private=True))
    with pytest.raises(HubError) as caught:
        caller.get_json(f"{BASE}/enrolments/{asked.enrolment_id}", headers={"Sri-Proof": other})
    return caught.value.code


def guessed(pair: Pair) -> str:
    answers = [answer_to(pair, others_request(enrolment_papers.new_code())) for _ in range(11)]
    assert answers[0] == "bad_code"
    return answers[-1]


MESSAGES: dict[str, tuple[Callable[[Pair], str], str]] = {
    "f51 a code nobody gave": (lambda pair: own_request(pair, enrolment_papers.new_code()), "bad_code"),
    "f51 a code nobody gave, from elsewhere": (
        lambda pair: answer_to(pair, others_request(enrolment_papers.new_code())),
        "bad_code",
    ),
    "f51 a request with the hint of one code and the proof of another": (
        forged(proven_by(enrolment_papers.new_code())),
        "bad_code",
    ),
    "f51 a code that another installation used": (by_another_too, "code_used"),
    "f51 a code after its last day": (too_late, "code_expired"),
    "f51 guessing": (guessed, "too_many"),
    "a request that was changed": (forged(renamed), "bad_signature"),
    "a request without its signature": (
        forged(lambda document: {name: document[name] for name in ("p", "proof")}),
        "malformed",
    ),
    "a request with a field we do not know": (forged(lambda document: {**document, "more": "x"}), "malformed"),
    "a request that is no paper": (lambda pair: answer_to(pair, b"{}"), "malformed"),
    "a question by who did not ask": (asked_by_another, "bad_signature"),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_who_may_not_join_gets_a_code(hub: Pair, what: str) -> None:
    def fill() -> None:
        with transaction.apart() as session:
            session.execute(sa.text("delete from rate_bucket"))

    hub.at_hub(fill)
    ask, code = MESSAGES[what]
    assert ask(hub) == code


def test_f51_who_used_a_code_may_use_it_again(pair: Pair) -> None:
    code = pair.issue_code()
    first = pair.at_node(lambda: joining.ask(pair.line, code))
    assert pair.at_node(lambda: joining.ask(pair.line, code)) == first


def test_nothing_is_kept_of_a_request_without_the_code_for_it(pair: Pair) -> None:
    pair.issue_code()
    assert answer_to(pair, others_request(enrolment_papers.new_code())) == "bad_code"

    def count() -> int:
        with transaction.reading(tenancy.NOWHERE):
            return db.session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) or 0

    assert pair.at_hub(count) == 0


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


def test_the_digest_of_a_code_is_all_that_is_kept(pair: Pair) -> None:
    code = pair.issue_code()

    def kept() -> list[str]:
        with transaction.reading(tenancy.NOWHERE):
            return [repr(list(row)) for row in db.session.execute(sa.select(EnrolmentCode.__table__))]

    assert code not in str(pair.at_hub(kept))
    assert code.replace("-", "") not in str(pair.at_hub(kept))
