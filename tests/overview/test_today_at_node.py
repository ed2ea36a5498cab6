"""The first page at a node: what waits to be sent, what SRI sent, what is due."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest

from sri_admin.federation import exchange
from sri_admin.kernel import clock, postgres
from sri_admin.members.rules.member import MemberState, Transition
from tests.federation.pair import Pair, paired
from tests.make import members as make
from tests.make import people


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("overview")) as made:
        made.enrol()
        yield made


def _at_node(pair: Pair, role: str = "chair") -> str:
    browser = pair.at_node(lambda: people.browser(pair.node, people.person(role, pair.member_id)))
    answer = browser.get("/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _text(page: str) -> str:
    plain = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
    return plain.replace("\u2068", "").replace("\u2069", "")


def _sync(pair: Pair) -> None:
    assert pair.at_node(lambda: exchange.synchronise(pair.line)).ok


def _licence(pair: Pair) -> None:
    make.step(pair.member_id, Transition.APPLY)
    make.step(pair.member_id, Transition.ACCEPT)
    make.signed(pair.member_id, ends_on=clock.today() + timedelta(days=58))
    make.step(pair.member_id, Transition.LICENSE)


def test_before_the_first_contact_the_page_says_so_and_where_to_look(pair: Pair) -> None:
    page = _at_node(pair)
    assert "Nothing has come from SRI yet" in page
    assert 'href="/connection"' in page


def test_a_board_sees_what_sri_sent_and_what_waits_to_be_sent(pair: Pair) -> None:
    pair.at_hub(lambda: _licence(pair))
    _sync(pair)
    page = _text(_at_node(pair))
    for told in ("Your licence ends in 58 days", "The country was licensed", "What is due"):
        assert told in page
    assert "goes out by itself" not in page
    pair.at_node(lambda: make.office_holder(pair.member_id))
    assert "1 change waits here and goes out by itself." in _text(_at_node(pair))
    _sync(pair)
    assert "goes out by itself" not in _text(_at_node(pair))


def test_long_silence_is_a_thing_for_the_board(pair: Pair) -> None:
    _sync(pair)
    with clock.running(clock.skewed(timedelta(days=20))):
        assert "No contact with the hub for 20 days" in _text(_at_node(pair))


def test_a_facilitator_at_a_node_gets_a_page_of_their_own(pair: Pair) -> None:
    assert "See which evenings are yours" in _text(_at_node(pair, "facilitator"))


def test_a_new_node_is_seen_at_the_hub(pair: Pair) -> None:
    pair.at_hub(lambda: make.member("QN", MemberState.PROSPECT))
    _sync(pair)
    with clock.running(clock.skewed(timedelta(days=20))):
        browser = pair.at_hub(lambda: people.browser(pair.hub, people.person("country_liaison")))
        page = browser.get("/").get_data(as_text=True)
    assert "Land of QM: no contact with the node for 20 days" in _text(page)
    assert re.search(r'href="/connections/[0-9a-f-]{36}"', page)
