"""A node says that all is well only when it is, and an exchange under way neither takes that from it nor gives it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from sri_admin.federation import exchange, joining, limits, report
from sri_admin.federation.client import Answer, LineDownError, Transport
from sri_admin.federation.outcome import Outcome
from sri_admin.kernel import clock, postgres, transaction
from tests.federation.pair import Pair, paired
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
