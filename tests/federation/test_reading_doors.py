"""Doors that open their own transactions: each that only reads is asked once, and nothing is written."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask, Response, current_app, request, request_finished

from sri_admin.federation import enrolment_papers, joining, keys
from sri_admin.federation.client import BASE
from sri_admin.kernel import postgres, tenancy, transaction
from sri_admin.kernel.tenancy import Reach
from sri_admin.web.api import ApiDoor
from tests.federation.pair import Pair, contents, paired
from tests.federation.peer import Peer, change

# A GET that writes stands here with its reason.
WRITING_GETS = {"sync.api.blob": "notes who fetched a file"}
PLACE = f"epoch=1&n=0&digest={64 * '0'}&total={64 * '0'}"


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("pair")) as made:
        made.enrol()
        peer = Peer(made)
        assert peer.push(peer.batch(change(1)).body()).status == 200
        yield made


def reading_gets(app: Flask) -> set[str]:
    """Return the endpoints that speak for themselves and are said to read only."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    doors = {name: getattr(app.view_functions[name], "door", None) for name in endpoints}
    raw = {name for name, door in doors.items() if isinstance(door, ApiDoor) and door.raw and door.method == "GET"}
    return raw - WRITING_GETS.keys()


@contextmanager
def reading_alone(hub: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Open no writing transaction at the hub; yield what is asked there with the status of the answer."""
    asked: dict[str, int] = {}
    opened = transaction.writing

    def refused(reach: Reach) -> AbstractContextManager[Any]:
        if current_app.config is hub.config:
            message = "a door that reads tried to write"
            raise RuntimeError(message)
        return opened(reach)

    def note(_app: Flask, response: Response, **_more: object) -> None:
        asked[str(request.endpoint)] = response.status_code

    with monkeypatch.context() as patched, request_finished.connected_to(note, hub):
        patched.setattr(transaction, "writing", refused)
        yield asked


def question() -> tuple[UUID, str]:
    """Return what the node asks about its own joining with, and the proof that it is the one who asks."""
    link = joining.link()
    assert link is not None
    return link.enrolment_id, enrolment_papers.sign_question(link.enrolment_id, keys.own_key())


def ask_everything(pair: Pair, peer: Peer) -> None:
    """Ask every door once, as somebody it answers."""
    enrolment_id, proof = pair.at_node(question)
    pair.line.request("GET", f"{BASE}/enrolments/{enrolment_id}", headers={"Sri-Proof": proof}, body=b"")
    for path in ("/healthz", "/readyz", "/metrics", "/api/openapi.json", "/.well-known/sri-sync", f"{BASE}/roots/1"):
        pair.line.request("GET", path, headers={}, body=b"")
    for path in (
        f"/streams/{peer.stream}/salvage",
        f"/streams/{peer.stream}/receipt",
        "/streams/hub.control/changes",
        "/streams/hub.control/snapshot",
        f"/streams/hub.control/snapshot/lines?{PLACE}",
    ):
        peer.say("GET", path)


def faults(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the doors that failed or were not asked, and the tables that are not what they were."""
    peer, before = Peer(pair), contents(pair.hub)
    with reading_alone(pair.hub, monkeypatch) as asked:
        ask_everything(pair, peer)
    failed = {name for name in reading_gets(pair.hub) if asked.get(name, 500) >= 500}
    after = contents(pair.hub)
    return failed | {name for name in after if after[name] != before[name]}


def test_no_get_writes_but_the_declared_ones(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    # Other doors run a GET in a read-only transaction (tests/web/test_doors.py plants a write).
    assert faults(pair, monkeypatch) == set()


def written() -> None:
    """Write as a door does that forgot what it is."""
    transaction.write(tenancy.NOWHERE, lambda: None)


def written_apart() -> None:
    """Write past the transaction of the door."""
    with transaction.apart() as session:
        session.execute(sa.text("insert into rate_token (key, window_starts_at, used) values ('planted', now(), 1)"))


@pytest.mark.parametrize(
    ("act", "found"), [(written, {"sync.api.root_show", "sync.api.enrolment_news"}), (written_apart, {"rate_token"})]
)
def test_a_planted_write_is_found(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None], found: set[str]
) -> None:
    shown = keys.root_version

    def show(version: int) -> bytes | None:
        act()
        return shown(version)

    monkeypatch.setattr(keys, "root_version", show)
    assert faults(pair, monkeypatch) == found
