"""A hub on two machines, as docs/operations.md says under "Growing": tried with the real programs, on loopback.

Each machine runs pages and jobs as processes of its own. nginx stands in front, PgBouncer before the pages' database,
files lie in an S3 store, a replica follows the database and takes over while people go on writing.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from sri_admin.federation import control, exchange, status
from sri_admin.federation.client import HttpTransport
from sri_admin.kernel import audit, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.jobs import conninfo
from sri_admin.members.models.office import OfficeHolder
from tests.conftest import new_installation, settings_for
from tests.federation.pair import Pair
from tests.make import files, machines, members, servers
from tests.make.machines import CONNECTIONS, PATIENCE, Grown

MISSING = [name for name, path in (("PgBouncer", servers.PGBOUNCER), ("nginx", servers.NGINX)) if path is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING),
    reason=f"GROWING PAST ONE MACHINE WAS NOT TRIED: install {' and '.join(MISSING)} from the system's packages",
)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    """A hub on two machines, with two countries and somebody in each."""
    with machines.two_machines(tmp_path_factory.mktemp("grown")) as made:
        yield made


def test_one_session_is_known_at_both_machines_and_its_cookie_is_closed(grown: Grown) -> None:
    before = grown.answered("people.account_show")
    browser = grown.browser(grown.people["QM"])
    assert [browser.get("/account").status_code for _each in range(10)] == [200] * 10
    assert all(now > then for now, then in zip(grown.answered("people.account_show"), before, strict=True))
    assert all(each.secure and each.name.startswith("__Host-sri_") for each in browser.session.cookies)


def test_two_countries_on_few_connections_never_see_each_others_rows(grown: Grown) -> None:
    browsers = {code: grown.browser(grown.people[code]) for code in grown.places}
    for code, browser in browsers.items():
        made = browser.enter(code, f"Somebody of {code}", token=browser.form_token(), key=str(uuid4()))
        assert made.status_code == 201, made.text

    def seen(code: str) -> set[str]:
        rows = browsers[code].get(f"/api/v1/members/{code}/office-holders").json()["rows"]
        return {row["display_name"] for row in rows}

    with ThreadPoolExecutor(8) as crowd:
        for code, names in zip(["QM", "QN"] * 60, crowd.map(seen, ["QM", "QN"] * 60), strict=True):
            assert names == {f"Somebody of {code}"}
    assert browsers["QM"].get("/api/v1/members/QN/office-holders").status_code == 404


def test_nothing_of_a_reach_stays_on_a_pooled_connection(grown: Grown) -> None:
    pooled = grown.machines[0].pooled
    told = "select current_setting('app.members', true), current_setting('app.member', true)"
    opened = [psycopg.connect(conninfo(pooled), prepare_threshold=None) for _each in range(CONNECTIONS)]
    for connection in opened:  # all at once, so that each holds another of the server's connections
        assert connection.execute(told).fetchone() in {(None, None), ("", "")}
        assert connection.execute("select count(*) from office_holder").fetchone() == (0,)
    for connection in opened:
        connection.close()


def test_a_request_repeated_at_both_machines_has_one_effect(grown: Grown) -> None:
    browser = grown.browser(grown.people["QM"])
    token, key = browser.form_token(), str(uuid4())
    with ThreadPoolExecutor(6) as crowd:
        sent = [crowd.submit(browser.enter, "QM", "Sent again", token=token, key=key) for _each in range(12)]
        answers = [each.result() for each in sent]
    assert {each.status_code for each in answers} <= {201, 409, 503}
    assert len({each.json()["id"] for each in answers if each.status_code == 201}) == 1
    assert names_in(grown.hub, "QM").count("Sent again") == 1


def names_in(app: Flask, code: str) -> list[str]:
    with app.app_context():
        place = grown_place(code)
        with transaction.reading(tenancy.only(place)):
            return list(db.session.scalars(sa.select(OfficeHolder.display_name).where(OfficeHolder.member_id == place)))


def grown_place(code: str) -> UUID:
    with transaction.reading(tenancy.NOWHERE):
        found = tenancy.tenant_by_code(code)
        assert found is not None
        return found.id


def test_a_file_taken_in_at_one_machine_is_given_out_by_both(grown: Grown) -> None:
    with grown.hub.app_context():
        members.extra("QM", "Exampleland")
        agreement = members.signed(grown.places["QM"], territories=["QM"])
    browser, paper = grown.browser(grown.people["SRI"]), files.pdf(pages=1, padding=50_000)
    programs, headers = f"{browser.url}/api/v1/members/QM/agreements/{agreement}/files", browser.headers()
    sent = browser.session.post(programs, data=paper, headers=headers, timeout=PATIENCE)
    assert sent.status_code == 201, sent.text
    address = f"/countries/QM/agreements/{agreement}/files/{sent.json()['id']}"
    before = grown.answered("members.agreement_file_keep")
    assert {browser.get(address).content for _each in range(8)} == {paper}
    assert all(now > then for now, then in zip(grown.answered("members.agreement_file_keep"), before, strict=True))
    assert not [path for each in grown.machines for path in (each.folder / "home").rglob("blobs/*/*")]


def test_what_is_sent_to_one_machine_is_done_by_whichever_worker_comes_first(grown: Grown) -> None:
    browser = grown.browser(grown.people["SRI"])
    sent = [browser.bring_in(f"Q{letter},Land of {letter},country,east") for letter in "ABCDEF"]
    servers.within(lambda: {browser.state_of(each) for each in sent} == {"checked"}, seconds=120)
    for each in sent:
        browser.do_import(each)
    servers.within(lambda: {browser.state_of(each) for each in sent} == {"done"}, seconds=120)
    with grown.hub.app_context(), transaction.reading(tenancy.NOWHERE):
        assert {tenancy.tenant_by_code(f"Q{letter}") is not None for letter in "ABCDEF"} == {True}


def test_a_node_exchanges_through_the_proxy(grown: Grown, joined: Pair) -> None:
    joined.at_node(lambda: members.office_holder(joined.member_id, display_name="Entered at the node"))
    exchange_with(joined)
    assert "Entered at the node" in names_in(grown.hub, "QZ")


@pytest.fixture(scope="module")
def joined(
    grown: Grown, cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """The node of a third country, joined through the proxy."""
    with grown.hub.app_context():
        place, digits = members.member("QZ"), control.root_digits()
    hub: dict[str, object] = {"url": grown.url, "root_fingerprint": digits}
    node = new_installation(
        cluster, template, "grown_node", settings_for("node", tmp_path_factory.mktemp("node"), hub=hub)
    )
    line = HttpTransport(grown.url)
    line.session.verify, line.session.trust_env = str(grown.certificate), False
    made = Pair(grown.hub, node, line, place)
    made.enrol()
    exchange_with(made)
    yield made
    line.session.close()
    with node.app_context():
        db.session.remove()
        db.engine.dispose()


def exchange_with(pair: Pair) -> None:
    """Exchange until nothing moves, and see that both sides stand at the same place."""
    outcome = pair.at_node(lambda: exchange.synchronise(pair.line))
    assert outcome.ok, outcome.to_dict()

    def stand() -> list[bool]:
        with transaction.reading(tenancy.only(pair.member_id)):
            return [each.equal and not each.waiting for each in status.streams()]

    assert all(pair.at_node(stand))


def test_pages_go_on_when_a_machine_is_gone(grown: Grown) -> None:
    browser = grown.browser(grown.people["QM"])
    gone = grown.machines[0]
    gone.kill("web")
    try:
        token = browser.form_token()
        assert [browser.get("/account").status_code for _each in range(6)] == [200] * 6
        assert browser.enter("QM", "Entered at the other", token=token, key=str(uuid4())).status_code == 201
    finally:
        gone.start("web")
        servers.within(gone.is_ready, seconds=120)


def test_nothing_acknowledged_is_lost_or_doubled_when_the_replica_takes_over(grown: Grown, joined: Pair) -> None:
    writers = [Writer(grown, code, number) for number, code in enumerate(["QM", "QN", "QM"])]
    for each in writers:
        each.start()
    servers.within(lambda: all(len(each.acknowledged) >= 3 for each in writers), seconds=120)
    grown.primary.kill()
    grown.replica.promote()
    grown.pooler.turn_to(grown.replica)
    reached = {each: len(each.acknowledged) for each in writers}
    servers.within(lambda: all(len(each.acknowledged) >= reached[each] + 3 for each in writers), seconds=120)
    for each in writers:
        each.leave()
    for code in grown.places:
        entered = [name for each in writers if each.code == code for name in each.acknowledged]
        stand = [name for name in names_in(grown.hub, code) if name.startswith("Writer")]
        assert sorted(stand) == sorted(entered)
    browser = grown.browser(grown.people["SRI"])
    sent = browser.bring_in("QG,Land of G,country,east")
    servers.within(lambda: browser.state_of(sent) == "checked", seconds=120)
    joined.at_node(lambda: members.office_holder(joined.member_id, display_name="Entered afterwards"))
    exchange_with(joined)
    assert "Entered afterwards" in names_in(grown.hub, "QZ")
    with grown.hub.app_context(), transaction.reading(tenancy.everywhere(members.every_member())):
        assert audit.verify().broken_at is None


class Writer(threading.Thread):
    """Enters one office holder after the other; what got no answer is sent again with the same key."""

    def __init__(self, grown: Grown, code: str, number: int) -> None:
        super().__init__(daemon=True)
        self.code, self.number = code, number
        self.acknowledged: list[str] = []
        self._browser, self._leaving = grown.browser(grown.people[code]), threading.Event()
        self._token = self._browser.form_token()

    def run(self) -> None:
        """Write until told to leave; the last one is always acknowledged."""
        while not self._leaving.is_set():
            name, key = f"Writer {self.number}.{len(self.acknowledged)}", str(uuid4())
            while not self._is_taken(name, key):
                time.sleep(0.2)
            self.acknowledged.append(name)

    def _is_taken(self, name: str, key: str) -> bool:
        try:
            answer = self._browser.enter(self.code, name, token=self._token, key=key)
        except requests.RequestException:
            return False
        assert answer.status_code == 201 or answer.status_code >= 500, answer.text
        return answer.status_code == 201

    def leave(self) -> None:
        """Finish what is begun."""
        self._leaving.set()
        self.join(PATIENCE)
        assert not self.is_alive()
