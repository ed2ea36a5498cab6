"""The two sides exchange over real HTTP, both ways, and stop safely when their histories part."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from sri_admin.federation import contact, exchange, export, joining, report, streams
from sri_admin.federation.client import Answer, LineDownError, Transport
from sri_admin.federation.enrolment_models import HubLink, Node, NodeState
from sri_admin.federation.jobs import _EXCHANGING, SYNC_NOW, _alone, synchronise
from sri_admin.federation.merge import Position
from sri_admin.federation.outcome import Outcome
from sri_admin.federation.stream_names import StreamClass
from sri_admin.kernel import clock, jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.members.models.office import OfficeHolder
from tests.federation.pair import Pair, paired
from tests.federation.peer import Peer, change
from tests.make import members as make_members


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        made.enrol()
        yield made


def sync(pair: Pair, line: Transport | None = None) -> Outcome:
    return pair.at_node(lambda: exchange.synchronise(line or pair.line, sleep=lambda _seconds: None))


def good(outcome: Outcome) -> Outcome:
    assert outcome.ok, (outcome.code, outcome.detail, outcome.streams)
    return outcome


def positions(pair: Pair) -> dict[str, tuple[Position, Position]]:
    def read() -> dict[str, Position]:
        with transaction.reading(joining.reach()):
            return {each.stream: each for each in export.positions()}

    hub, node = pair.at_hub(read), pair.at_node(read)
    return {name: (hub[name], node[name]) for name in node if name in hub}


def names_at(read: Callable[[Callable[[], list[str]]], list[str]], member_id: UUID) -> list[str]:
    def names() -> list[str]:
        with transaction.reading(tenancy.only(member_id)):
            return sorted(db.session.scalars(sa.select(OfficeHolder.display_name)))

    return read(names)


@dataclass
class Faulty:
    """A line that breaks at a given request, before or after it reached the hub."""

    inner: Transport
    breaks: Callable[[str, str], bool]
    after: bool = False
    code: str = "unreachable"
    seen: list[str] = field(default_factory=list)

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        self.seen.append(f"{method} {path}")
        broken = self.breaks(method, path)
        if broken and not self.after:
            raise LineDownError(self.code, "cut")
        answer = self.inner.request(method, path, headers=headers, body=body)
        if broken:
            raise LineDownError(self.code, "cut")
        return answer


def test_records_go_both_ways_and_both_sides_hold_the_same(pair: Pair) -> None:
    good(sync(pair))
    pair.at_node(lambda: make_members.office_holder(pair.member_id, display_name="Kim of the node"))
    outcome = good(sync(pair))
    assert outcome.pushed >= 1
    assert names_at(pair.at_hub, pair.member_id) == ["Kim of the node"]
    assert all(hub == node for hub, node in positions(pair).values())


def test_the_members_file_arrives_at_its_node(pair: Pair) -> None:
    good(sync(pair))

    def code() -> str:
        with transaction.reading(tenancy.only(pair.member_id)):
            return db.session.scalars(sa.select(Member.code)).one()

    assert pair.at_node(code) == "QM"


def test_a_second_exchange_sends_nothing_and_asks_only_hello(pair: Pair) -> None:
    good(sync(pair))
    line = Faulty(pair.line, lambda _method, _path: False)
    outcome = good(sync(pair, line))
    assert (outcome.pulled, outcome.pushed) == (0, 0)
    assert [each.split("?")[0] for each in line.seen] == [
        "GET /.well-known/sri-sync",
        "POST /oauth/token",
        "POST /api/sync/v1/hello",
    ]


def test_f9_a_lost_answer_to_a_batch_is_sent_again_and_taken_once(pair: Pair) -> None:
    good(sync(pair))
    pair.at_node(lambda: make_members.office_holder(pair.member_id, display_name="Kim"))
    lost = sync(pair, Faulty(pair.line, lambda _method, path: path.endswith("/batches"), after=True))
    assert lost.code == "unreachable"
    good(sync(pair))
    assert names_at(pair.at_hub, pair.member_id) == ["Kim"]


@pytest.mark.parametrize("after", [False, True])
def test_a_line_cut_anywhere_loses_nothing(pair: Pair, *, after: bool) -> None:
    pair.at_node(lambda: make_members_at_node(pair))
    for cut in range(12):
        line = Faulty(pair.line, nth(cut), after=after)
        if sync(pair, line).ok:
            break
    good(sync(pair))
    assert all(hub == node for hub, node in positions(pair).values())


def make_members_at_node(pair: Pair) -> None:
    """The first exchange brings the member's own record; only then can people be entered."""
    assert exchange.synchronise(pair.line).ok
    make_members.office_holder(pair.member_id, display_name="Kim")


def nth(cut: int) -> Callable[[str, str], bool]:
    left = [cut]

    def breaks(_method: str, _path: str) -> bool:
        left[0] -= 1
        return left[0] == -1

    return breaks


def test_a_slow_line_gets_smaller_pages(pair: Pair) -> None:
    slow = Faulty(pair.line, lambda _m, path: "max_changes=2000" in path, code="timeout")
    good(sync(pair, slow))
    assert any("max_changes=1000" in each for each in slow.seen)


def test_pull_goes_on_when_push_cannot(pair: Pair) -> None:
    good(sync(pair))
    pair.at_node(lambda: make_members.office_holder(pair.member_id, display_name="Kim"))
    refused = sync(pair, Refusing(pair.line))
    assert {each.stream: each.code for each in refused.streams if each.code} == {f"member.{pair.member_id}.ops": "busy"}


@dataclass
class Refusing:
    """A hub that is busy with every batch."""

    inner: Transport

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        if path.endswith("/batches"):
            return Answer(423, {"content-type": "application/problem+json"}, b'{"code":"busy"}')
        return self.inner.request(method, path, headers=headers, body=body)


def test_f20_a_node_set_back_that_wrote_again_goes_on_in_a_new_epoch(pair: Pair) -> None:
    good(sync(pair))
    peer = Peer(pair)
    assert peer.push(peer.batch(change(1)).body()).status == 200
    pair.at_node(lambda: make_members.office_holder(pair.member_id, display_name="Kim"))
    good(sync(pair))
    assert pair.at_node(writing_in) == 3


def test_f19_a_node_set_back_refills_and_goes_on_in_a_new_epoch(pair: Pair) -> None:
    good(sync(pair))
    peer = Peer(pair)
    assert peer.push(peer.batch(change(1)).body()).status == 200
    good(sync(pair))
    assert pair.at_node(writing_in) == 3


def stands() -> tuple[bool, str | None]:
    with transaction.reading(joining.reach()):
        found = report.of_hub_link()
        return found.is_green, found.trouble


def writing_in() -> int:
    """Return the epoch in which the node writes its member's records."""
    with transaction.reading(joining.reach()):
        (row,) = [each for each in streams.here() if each.cls is StreamClass.MEMBER_OPS and each.own]
        return row.epoch


def test_f22_a_copy_with_another_incarnation_is_refused(pair: Pair) -> None:
    pair.at_hub(lambda: transaction.write(tenancy.NOWHERE, other_incarnation))
    assert sync(pair).code == "duplicate_writer"


def other_incarnation() -> None:
    db.session.execute(sa.update(Node).values(incarnation=uuid4()))


def test_a_withdrawn_node_is_told_so(pair: Pair) -> None:
    pair.at_hub(
        lambda: transaction.write(
            tenancy.NOWHERE, lambda: db.session.execute(sa.update(Node).values(state=NodeState.REVOKED))
        )
    )
    assert sync(pair).code == "key_revoked"


def test_another_hub_at_the_same_address_is_not_trusted(pair: Pair) -> None:
    pair.at_node(
        lambda: transaction.write(
            tenancy.NOWHERE, lambda: db.session.execute(sa.update(HubLink).values(hub_id=uuid4()))
        )
    )
    assert sync(pair).code == "other_hub"


@pytest.mark.parametrize("years", [-10, 10])
def test_f47_a_wrong_clock_at_the_node_stops_nothing(pair: Pair, years: int) -> None:
    with clock.running(clock.skewed(timedelta(days=365 * years))):
        good(sync(pair))
        kept = pair.at_node(contact.with_hub)
    assert abs(kept.skew_ms / 1000 + years * 365 * 86400) < 10


def test_an_installation_that_never_joined_says_so(cluster: postgres.Cluster, template: str, tmp_path: Path) -> None:
    with paired(cluster, template, tmp_path) as made:
        assert sync(made).code == "not_enrolled"


def test_the_job_takes_an_approval_by_itself(cluster: postgres.Cluster, template: str, tmp_path: Path) -> None:
    with paired(cluster, template, tmp_path) as made:
        asked = made.at_node(lambda: joining.ask(made.line, made.issue_code()))
        made.at_node(lambda: jobs.perform(runtime.current().tasks[SYNC_NOW], {}))
        assert made.at_node(stands) == (False, "not_enrolled")
        made.approve(asked.enrolment_id)
        made.at_node(lambda: jobs.perform(runtime.current().tasks[SYNC_NOW], {}))
        assert made.at_node(stands) == (True, None)


def test_the_job_exchanges_and_never_twice_at_once(pair: Pair) -> None:
    def act() -> tuple[object, object]:
        with _alone(_EXCHANGING) as mine:
            assert mine
            meanwhile = synchronise()
        jobs.perform(runtime.current().tasks[SYNC_NOW], {})
        return meanwhile, contact.reached_at()

    meanwhile, reached = pair.at_node(act)
    assert meanwhile is None
    assert reached is not None
