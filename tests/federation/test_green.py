"""A node says that all is well only when it is, and an exchange under way neither takes that from it nor gives it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from sri_admin.federation import contact, enrolment, exchange, joining, limits, report
from sri_admin.federation.client import Answer, LineDownError, Transport
from sri_admin.federation.commands import node as node_commands
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.outcome import Outcome
from sri_admin.kernel import clock, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.rules.member import Transition
from tests.federation.pair import Pair, joined_node, paired
from tests.make import members as make_members


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        made.enrol()
        yield made


@dataclass
class Watched:
    """A line on which something happens before each request goes out."""

    inner: Transport
    happens: Callable[[], object]

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        self.happens()
        return self.inner.request(method, path, headers=headers, body=body)


class KilledError(BaseException):
    """The process is gone."""


def killed() -> None:
    raise KilledError


def cut() -> None:
    raise LineDownError("unreachable", "cut")


def sync(pair: Pair, happens: Callable[[], object] = lambda: None) -> Outcome:
    return pair.at_node(lambda: exchange.synchronise(Watched(pair.line, happens), sleep=lambda _seconds: None))


def good(outcome: Outcome) -> None:
    assert outcome.ok, (outcome.code, outcome.detail, outcome.streams)


def stands() -> tuple[bool, str | None]:
    with transaction.reading(joining.reach()):
        found = report.of_hub_link()
        return found.is_green, found.trouble


def test_green_is_said_only_when_true(pair: Pair) -> None:
    assert pair.at_node(stands)[0] is False
    good(sync(pair))
    assert pair.at_node(stands) == (True, None)
    pair.at_node(lambda: make_members.office_holder(pair.member_id, display_name="Kim"))
    assert pair.at_node(stands) == (False, None)
    good(sync(pair))
    assert pair.at_node(stands) == (True, None)
    with clock.running(clock.skewed(timedelta(days=14))):
        assert pair.at_node(stands) == (False, None)


def at_hub(pair: Pair) -> tuple[bool, int]:
    """Return whether the hub says that the node is in step, and how much waits there for it."""

    def find() -> tuple[bool, int]:
        with transaction.reading(joining.reach()):
            node = enrolment.node_of(pair.member_id)
            assert node is not None
            found = report.of_node(node)
            return found.is_green, found.waiting_out

    return pair.at_hub(find)


def status_at_hub(pair: Pair) -> tuple[int, list[object]]:
    """Return how the command ends at the hub, and the nodes it tells of."""
    with pair.hub.app_context():
        said = CliRunner().invoke(node_commands, ["status", "--json"])
    return said.exit_code, json.loads(said.stdout.splitlines()[-1])["nodes"]


def test_the_hub_says_green_only_when_the_node_holds_what_the_hub_wrote(pair: Pair) -> None:
    good(sync(pair))
    good(sync(pair))
    assert at_hub(pair) == (True, 0)
    pair.at_hub(lambda: make_members.step(pair.member_id, Transition.APPLY))
    is_green, waiting = at_hub(pair)
    assert is_green
    assert waiting > 0
    with clock.running(clock.skewed(timedelta(minutes=limits.SAID_AFTER_MINUTES))):
        assert at_hub(pair) == (False, waiting)
        assert status_at_hub(pair)[0] == 1
        good(sync(pair))
        good(sync(pair))
        assert at_hub(pair) == (True, 0)


def test_a_node_that_comes_and_never_takes_what_waits_is_not_green(pair: Pair) -> None:
    good(sync(pair))
    good(sync(pair))
    pair.at_hub(lambda: make_members.step(pair.member_id, Transition.APPLY))
    came = {"software": "another", "skew_ms": 0, "heads": {}, "trouble": None}
    for minutes in (15, 30, limits.SAID_AFTER_MINUTES):
        with clock.running(clock.skewed(timedelta(minutes=minutes))):
            pair.at_hub(lambda: contact.note_node(joined_node(pair.member_id), **came))
            assert at_hub(pair)[0] is (minutes < limits.SAID_AFTER_MINUTES)


def test_a_node_that_was_withdrawn_turns_no_status_red(pair: Pair) -> None:
    withdrawn = sa.update(Node).values(state=NodeState.REVOKED)
    assert status_at_hub(pair)[0] == 1
    pair.at_hub(lambda: transaction.write(tenancy.NOWHERE, lambda: db.session.execute(withdrawn)))
    assert status_at_hub(pair) == (0, [])


def test_an_exchange_under_way_takes_green_from_nobody(pair: Pair) -> None:
    good(sync(pair))
    seen: list[tuple[bool, str | None]] = []
    good(sync(pair, lambda: seen.append(stands())))
    assert set(seen) == {(True, None)}


def test_an_exchange_under_way_gives_green_to_nobody(pair: Pair) -> None:
    good(sync(pair))
    assert sync(pair, cut).code == "unreachable"
    seen: list[tuple[bool, str | None]] = []
    good(sync(pair, lambda: seen.append(stands())))
    assert set(seen) == {(False, "unreachable")}
    pair.at_node(lambda: make_members.office_holder(pair.member_id, display_name="Kim"))
    seen.clear()
    good(sync(pair, lambda: seen.append(stands())))
    assert (set(seen), pair.at_node(stands)) == ({(False, None)}, (True, None))


def test_exchanges_that_break_off_again_and_again_are_not_green(pair: Pair) -> None:
    good(sync(pair))
    for minutes in (0, 4, 8):
        with clock.running(clock.skewed(timedelta(minutes=minutes))):
            with pytest.raises(KilledError):
                sync(pair, killed)
            assert pair.at_node(stands) == (True, None)
    with clock.running(clock.skewed(timedelta(minutes=limits.EXCHANGE_MINUTES))):
        assert pair.at_node(stands) == (False, None)
        good(sync(pair))
        assert pair.at_node(stands) == (True, None)
