"""The connection as people see it: a node its own, the hub every node, and the way to let a new one in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from sri_admin.federation import enrolment, exchange, joining, keys
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.kernel import clock, postgres, tenancy, transaction
from sri_admin.web import addresses
from tests.federation.pair import Pair, paired
from tests.make import people


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("pair")) as made:
        yield made


@pytest.fixture(scope="module")
def director(pair: Pair) -> FlaskClient:
    return pair.at_hub(lambda: people.browser(pair.hub, people.person("sri_director")))


@pytest.fixture(scope="module")
def joined(pair: Pair) -> Pair:
    pair.enrol()
    assert pair.at_node(lambda: exchange.synchronise(pair.line)).ok
    return pair


@pytest.fixture(scope="module")
def chair(joined: Pair) -> FlaskClient:
    return joined.at_node(lambda: people.browser(joined.node, people.person("chair", joined.member_id)))


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.get_data(as_text=True)))


def send(browser: FlaskClient, page: str, path: str, **values: str) -> str:
    data = {"csrf_token": people.token_of(browser, page), **values}
    answer = browser.post(path, data=data, follow_redirects=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def waiting(pair: Pair) -> list[UUID]:
    def find() -> list[UUID]:
        with transaction.reading(tenancy.NOWHERE):
            return [each.id for each in enrolment.pending()]

    return pair.at_hub(find)


def test_a_node_is_let_in_from_page_to_page(pair: Pair, director: FlaskClient) -> None:
    assert "No country has a node of its own yet" in text_of(director, "/connections")
    shown = send(director, "/connections", "/connections/codes", country="QM")
    code = re.search(r"(?:[A-Z2-7]{4}-){6}[A-Z2-7]{4}", shown)
    assert code is not None
    asked = pair.at_node(lambda: joining.ask(pair.line, code.group()))
    address = f"/connections/requests/{asked.enrolment_id}"
    assert asked.fingerprint in text_of(director, address)
    assert "Compare the digits first" in send(director, address, f"{address}/approve")
    assert waiting(pair) == [asked.enrolment_id]
    send(director, address, f"{address}/refuse")
    refused = text_of(director, address)
    assert "A request to connect a node was turned down." in refused
    assert "A code was made with which this country can connect a node of its own." in refused
    assert waiting(pair) == []
    assert pair.at_node(lambda: joining.collect(pair.line)) is EnrolmentState.REFUSED


def test_a_country_that_does_not_exist_is_said_by_the_field(director: FlaskClient) -> None:
    assert "There is no country with this code." in send(director, "/connections", "/connections/codes", country="XX")


def test_a_node_in_step_says_so_with_its_way_and_what_never_leaves(chair: FlaskClient) -> None:
    page = text_of(chair, "/connection")
    for words in (
        "Connection with the hub",
        "Everything is in step.",
        "Last contact",
        "Countries and word lists",
        "never leave this node",
    ):
        assert words in page
    assert "Try now" in page


def test_try_now_puts_one_job_in_the_queue(joined: Pair, chair: FlaskClient) -> None:
    assert "We are trying now." in send(chair, "/connection", "/connection/try")
    assert "We are trying now." in send(chair, "/connection", "/connection/try")


def test_the_hub_sees_every_node_and_one_alone(joined: Pair, director: FlaskClient) -> None:
    page = text_of(director, "/connections")
    assert "In step" in page
    node = re.search(r"/connections/[0-9a-f-]{36}", director.get("/connections").get_data(as_text=True))
    assert node is not None
    shown = text_of(director, node.group())
    for words in ("Digits of its key", "What happened", "A code was made", "A node of their own was approved"):
        assert words in shown


def test_silence_is_told_in_days(joined: Pair) -> None:
    with clock.running(clock.skewed(timedelta(days=20))):
        browser = joined.at_node(lambda: people.browser(joined.node, people.person("chair", joined.member_id)))
        assert "No contact for 20 days." in text_of(browser, "/connection")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (20, "everything here can be read and entered as usual"),
        (100, "no new release or key comes into force until this installation connects"),
    ],
)
def test_every_page_of_a_stale_or_frozen_node_says_so_and_what_to_do(joined: Pair, days: int, words: str) -> None:
    with clock.running(clock.skewed(timedelta(days=days))):
        browser = joined.at_node(lambda: people.browser(joined.node, people.person("facilitator", joined.member_id)))
        assert words in text_of(browser, addresses.ACCOUNT)
        assert words in text_of(joined.node.test_client(), addresses.SIGN_IN)


def test_a_fresh_node_and_the_hub_say_nothing_of_silence(joined: Pair, chair: FlaskClient) -> None:
    assert "The last word of the hub" not in text_of(chair, "/connection")
    with clock.running(clock.skewed(timedelta(days=100))):
        assert "The last word of the hub" not in text_of(joined.hub.test_client(), addresses.SIGN_IN)


def test_a_board_member_at_the_hub_sees_no_connections(joined: Pair) -> None:
    browser = joined.at_hub(lambda: people.browser(joined.hub, people.person("chair", joined.member_id)))
    assert browser.get("/connections").status_code == 403
    assert browser.get("/connection").status_code == 404


def test_a_facilitator_does_not_see_the_connection(joined: Pair) -> None:
    browser = joined.at_node(lambda: people.browser(joined.node, people.person("facilitator", joined.member_id)))
    assert browser.get("/connection").status_code == 403


def test_only_those_who_may_let_a_node_in_see_how(joined: Pair) -> None:
    browser = joined.at_hub(lambda: people.browser(joined.hub, people.person("auditor")))
    assert "Make a code" not in text_of(browser, "/connections")
    token = people.token_of(browser, "/connections")
    assert browser.post("/connections/codes", data={"csrf_token": token, "country": "QM"}).status_code in {303, 403}


def test_a_request_that_does_not_exist_is_not_found(director: FlaskClient) -> None:
    assert director.get(f"/connections/requests/{UUID(int=1)}").status_code == 404
    assert director.get(f"/connections/{UUID(int=1)}").status_code == 404


def test_every_key_is_shown_with_its_life_at_both_sides(
    joined: Pair, director: FlaskClient, chair: FlaskClient
) -> None:
    kid = joined.at_node(lambda: keys.own_key().kid)
    control = joined.at_hub(lambda: keys.own_key().kid)
    at_hub, at_node = text_of(director, "/connections/keys"), text_of(chair, "/connection/keys")
    for page in (at_hub, at_node):
        for words in (kid, control, "In use", "of 1 key"):
            assert words in page
    assert "What we know of keys and releases is fresh." in at_node
    assert "Make new keys" not in at_node


def test_an_administrator_makes_new_keys_that_wait_for_the_hub(joined: Pair) -> None:
    browser = joined.at_node(
        lambda: people.browser(joined.node, people.person("member_administrator", joined.member_id))
    )
    assert "New keys are made." in send(browser, "/connection/keys", "/connection/keys/rotate")
    assert "Waits for the hub" in text_of(browser, "/connection/keys")
    assert joined.at_node(lambda: exchange.synchronise(joined.line)).ok
    assert "Replaced" in text_of(browser, "/connection/keys")


def test_withdrawing_is_shown_before_it_is_done(joined: Pair, director: FlaskClient) -> None:
    found = re.search(r"/connections/[0-9a-f-]{36}", director.get("/connections").get_data(as_text=True))
    assert found is not None
    address = f"{found.group()}/withdraw"
    assert "Nothing is deleted here" in text_of(director, address)
    assert "Please choose" in send(director, address, address)
    assert "The keys are withdrawn." in send(director, address, address, reason="stolen")
    assert "The keys of a node were withdrawn" in text_of(director, found.group())
    assert "Withdrawn" in text_of(director, "/connections/keys")
    assert joined.at_node(lambda: exchange.synchronise(joined.line)).code == "key_revoked"
