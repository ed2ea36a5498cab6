"""How many SQL statements an exchange costs on both sides: counted, because a time would only measure the machine.

Every statement is a round trip, so these numbers are most of what an exchange without news takes. At the hub
five of a token and of a hello answer which works and languages the member may read today.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from sri_admin.federation import exchange
from sri_admin.federation.client import Answer, Transport
from sri_admin.kernel import postgres
from sri_admin.kernel.db import db
from sri_admin.members.rules.member import Transition
from tests.federation.pair import Pair, paired
from tests.make import members as make_members


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        made.enrol()
        sync(made, made.line)
        yield made


@dataclass
class Count:
    """Statements sent to one database."""

    statements: int = 0

    def note(self, *_of_statement: Any) -> None:
        self.statements += 1


@contextmanager
def counted(app: Flask) -> Iterator[Count]:
    with app.app_context():
        engine: sa.Engine = db.engine
    count = Count()
    event.listen(engine, "before_cursor_execute", count.note)
    try:
        yield count
    finally:
        event.remove(engine, "before_cursor_execute", count.note)


@dataclass
class Counting:
    """The line, noting what each request cost the hub, by the last part of its address."""

    inner: Transport
    hub: Flask
    cost: dict[str, int] = field(default_factory=dict)

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        with counted(self.hub) as count:
            answer = self.inner.request(method, path, headers=headers, body=body)
        self.cost[path.partition("?")[0].rpartition("/")[2]] = count.statements
        return answer


def sync(pair: Pair, line: Transport) -> None:
    outcome = pair.at_node(lambda: exchange.synchronise(line))
    assert outcome.ok, (outcome.code, outcome.detail)


def costs(pair: Pair) -> tuple[int, dict[str, int]]:
    line = Counting(pair.line, pair.hub)
    with counted(pair.node) as node:
        sync(pair, line)
    return node.statements, line.cost


def test_an_exchange_without_news_costs_few_statements(pair: Pair) -> None:
    node, hub = costs(pair)
    assert hub["sri-sync"] == 0
    assert hub["token"] <= 18
    assert hub["hello"] <= 19
    assert node <= 20


def test_a_page_that_is_pulled_costs_few_statements(pair: Pair) -> None:
    idle, _hub = costs(pair)
    pair.at_hub(lambda: make_members.step(pair.member_id, Transition.APPLY))
    node, hub = costs(pair)
    assert hub["changes"] <= 9
    assert node - idle <= 21


def test_a_batch_that_is_pushed_costs_few_statements(pair: Pair) -> None:
    idle, _hub = costs(pair)
    pair.at_node(lambda: make_members.office_holder(pair.member_id, display_name="Kim"))
    node, hub = costs(pair)
    assert hub["batches"] <= 34
    assert node - idle <= 10
