"""Returns made at an offline node arrive at the hub; what SRI decides comes back; what breaks a rule is set aside."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, pairwise
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation.models import SyncAside
from sri_admin.federation.seals import seal
from sri_admin.kernel import actor as actors
from sri_admin.kernel import ids, postgres
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.work import record
from sri_admin.members.rules.member import Transition
from sri_admin.reporting.events import CatalogueEntered, ReturnApproved
from sri_admin.reporting.models.catalogue import DataSet
from sri_admin.reporting.models.returns import ReturnProposal, ReturnRevision
from sri_admin.reporting.operations import proposals
from sri_admin.reporting.queries.catalogue import data_sets
from sri_admin.reporting.queries.returns import MonthView, approval_of, content_of
from sri_admin.reporting.rules.arrival import Fault
from sri_admin.reporting.rules.standing import GrantVerdict, IntakeState, State
from sri_admin.reporting.rules.values import APPROVAL_DOMAIN, Indicator, ReturnKind, values_hash
from tests.federation.world import TEMPLATE, Site, World
from tests.make import meetings
from tests.make import members as make
from tests.make import reporting as rep


@pytest.fixture
def begun(world: World) -> World:
    """A licensed country at a node, and the indicators there."""
    member = world.members["QM"]
    world.hub.do(rep.catalogue)
    for transition in (Transition.APPLY, Transition.ACCEPT):
        world.hub.do(lambda transition=transition: make.step(member, transition))
    world.hub.do(lambda: make.signed(member, territories=["QM"]))
    world.hub.do(lambda: make.step(member, Transition.LICENSE))
    world.settle()
    return world


def settled(world: World) -> None:
    """Exchange, let the hub judge what came, and exchange again."""
    world.settle()
    world.hub.do(lambda: rep.received(world.members["QM"]))
    world.settle()


def view(world: World, site: Site) -> MonthView:
    """Return how the month stands at an installation, by what travels."""
    member = world.members["QM"]
    return site.do(lambda: rep.seen(member, at_home=False))


def at_node(world: World, act: Callable[..., Any], **more: Any) -> Any:
    """Do something for the country at its node."""
    return world.nodes["QM"].do(lambda: act(world.members["QM"], **more))


def test_a_month_is_closed_at_an_offline_node_and_accepted_by_sri(begun: World) -> None:
    revision = at_node(begun, rep.approved)
    assert view(begun, begun.nodes["QM"]).standing.state is State.TO_SEND
    settled(begun)
    begun.hub.do(lambda: rep.decided(begun.members["QM"], revision))
    begun.settle()
    assert [view(begun, each).standing.state for each in (begun.hub, begun.nodes["QM"])] == [State.ACCEPTED] * 2


def test_drafts_proposals_and_answers_stay_at_home(begun: World) -> None:
    at_node(begun, rep.approved)
    settled(begun)
    assert begun.hub.read(lambda: db.session.scalar(sa.select(sa.func.count(ReturnProposal.id)))) == 0


def forged(world: World, change: Callable[[ReturnRevision], None], **more: Any) -> UUID:
    """Let the node write a revision its operations would never write, and send it."""
    member, node = world.members["QM"], world.nodes["QM"]
    chair = node.do(lambda: make.actor("chair", member))
    proposal_id = node.do(lambda: rep.proposed(member, **more))

    def write() -> UUID:
        row = proposals._revision(chair, db.session.get_one(ReturnProposal, (member, proposal_id)))
        change(row)
        db.session.add(row)
        event = ReturnApproved(
            member_id=member,
            subject=row.id,
            month=row.month,
            revision=row.revision,
            kind=row.kind.value,
            values_hash=row.values_hash,
        )
        record(chair, event, row)
        return row.id

    return node.do(lambda: make.writing(member, write))


def rehashed(row: ReturnRevision) -> None:
    """Give a forged revision the hash of what it says and a seal that fits."""
    content = content_of(row, row.member_id)
    row.values_hash = values_hash(content)
    row.kid, row.signature = seal(APPROVAL_DOMAIN, approval_of(row))


def _another_number(row: ReturnRevision) -> None:
    row.cells = [{**each, "value": 500} if each["indicator"] == Indicator.ATTENDANCES else each for each in row.cells]


def _another_signature(row: ReturnRevision) -> None:
    row.signature = row.signature[::-1].replace("=", "A")


def _earlier_than_signed(row: ReturnRevision) -> None:
    row.approved_at -= timedelta(days=1)


def _prepared_at_another_time(row: ReturnRevision) -> None:
    row.prepared_at -= timedelta(days=1)


def _in_another_role(row: ReturnRevision) -> None:
    row.approved_role = "member_administrator"


def _impossible(row: ReturnRevision) -> None:
    row.cells = [{**each, "value": 500} if each["indicator"] == Indicator.FIRST_TIME else each for each in row.cells]
    rehashed(row)


def _lacking(row: ReturnRevision) -> None:
    row.cells = row.cells[:-1]
    rehashed(row)


def _too_early(row: ReturnRevision) -> None:
    row.approved_at = datetime(2026, 10, 31, 12, tzinfo=UTC)
    rehashed(row)


def _by_a_coordinator(row: ReturnRevision) -> None:
    row.approved_role = "coordinator"
    rehashed(row)


def _unexplained(row: ReturnRevision) -> None:
    row.cells = [{**each, "value": 2000} if each["indicator"] == Indicator.ATTENDANCES else each for each in row.cells]
    rehashed(row)


def _without_a_plan(row: ReturnRevision) -> None:
    row.cells = [{**each, "value": 99} if each["indicator"] == Indicator.MEETINGS_HELD else each for each in row.cells]
    row.expected = None
    rehashed(row)


def _correction(row: ReturnRevision) -> None:
    row.kind = ReturnKind.CORRECTION
    rehashed(row)


FORGED = (
    (Fault.HASH, _another_number),
    (Fault.SIGNATURE, _another_signature),
    (Fault.SIGNATURE, _earlier_than_signed),
    (Fault.SIGNATURE, _prepared_at_another_time),
    (Fault.SIGNATURE, _in_another_role),
    (Fault.IMPOSSIBLE, _impossible),
    (Fault.INCOMPLETE, _lacking),
    (Fault.NOT_OVER, _too_early),
    (Fault.ROLE, _by_a_coordinator),
    (Fault.UNEXPLAINED, _unexplained),
    (Fault.KIND, _correction),
)


def test_what_an_operation_forbids_is_set_aside_at_the_hub_and_both_sides_say_why(begun: World) -> None:
    begun.hub.keep("begun")
    for site in begun.nodes.values():
        site.keep("begun")
    for fault, change in FORGED:
        forged(begun, change)
        settled(begun)
        seen = [view(begun, each) for each in (begun.hub, begun.nodes["QM"])]
        found = {(each.standing.state, *(row.fault for row in each.rows.intakes.values())) for each in seen}
        assert found == {(State.QUARANTINED, fault)}, fault
        for site in begun.sites:
            site.go_back("begun")


def test_a_revision_cannot_say_away_what_the_list_of_meetings_at_the_hub_expects(begun: World) -> None:
    at_node(begun, meetings.meeting)
    forged(begun, _without_a_plan, meetings_held=4, attendances=40, first_time_attendances=5)
    settled(begun)
    (intake,) = view(begun, begun.hub).rows.intakes.values()
    assert intake.fault is Fault.IMPOSSIBLE


def test_a_revision_that_answers_questions_of_another_time_is_set_aside(begun: World) -> None:
    begun.hub.do(lambda: _another_edition(date(2026, 12, 1)))
    begun.settle()
    forged(begun, _of_another_edition)
    settled(begun)
    (intake,) = view(begun, begun.hub).rows.intakes.values()
    assert intake.fault is Fault.DATA_SET


def _another_edition(begins: date) -> None:
    hub_id = make.hub()

    def enter() -> None:
        old = data_sets()[0]
        row = DataSet(
            member_id=hub_id,
            id=ids.new(),
            code=old.code,
            edition=old.edition + 1,
            name=old.name,
            from_month=begins,
            indicator_ids=old.indicator_ids,
        )
        db.session.add(row)
        record(actors.system("test"), CatalogueEntered(member_id=hub_id, subject=hub_id, indicators=5), row)

    make.writing(hub_id, enter)


def _of_another_edition(row: ReturnRevision) -> None:
    row.data_set_id = data_sets()[0].id
    rehashed(row)


def _second(row: ReturnRevision) -> None:
    row.revision, row.kind = 2, ReturnKind.RESUBMISSION
    rehashed(row)


def _first(row: ReturnRevision) -> None:
    row.revision, row.kind = 1, ReturnKind.ORIGINAL
    rehashed(row)


def test_a_revision_that_comes_before_an_earlier_one_is_judged_once_that_one_is_here(begun: World) -> None:
    forged(begun, _second)
    settled(begun)
    assert view(begun, begun.hub).rows.intakes == {}
    forged(begun, _first, attendances=110)
    settled(begun)
    seen = view(begun, begun.hub)
    assert [seen.rows.intakes[each.id].state for each in seen.rows.revisions] == [IntakeState.RECEIVED] * 2
    assert seen.standing.state is State.RECEIVED


def _by_oneself(row: ReturnRevision) -> None:
    row.approved_by = row.prepared_by
    rehashed(row)


def test_a_revision_somebody_approved_for_themselves_never_stands_at_the_hub(begun: World) -> None:
    # The node's own database refuses it too: only a program that leaves the constraint out can send it.
    node = begun.nodes["QM"]
    engine = sa.create_engine(node.cluster.url(node.name, postgres.roles_of(TEMPLATE).owner), poolclass=sa.NullPool)
    with engine.begin() as connection:
        named = sa.text("select conname from pg_constraint where conname like :name")
        name = connection.execute(named, {"name": "ck_return_revision%another_person"}).scalar_one()
        connection.exec_driver_sql(f'alter table return_revision drop constraint "{name}"')
    revision = forged(begun, _by_oneself)
    begun.sync("QM")
    asides = begun.hub.read(lambda: db.session.execute(sa.select(SyncAside.rec, SyncAside.detail)).all())
    assert [tuple(each) for each in asides] == [(revision, "own_approval")]
    assert view(begun, begun.hub).standing.state is State.NOT_STARTED


def test_a_correction_that_was_never_granted_changes_nothing_and_both_sides_say_so(begun: World) -> None:
    member = begun.members["QM"]
    first = at_node(begun, rep.approved)
    settled(begun)
    begun.hub.do(lambda: rep.decided(member, first))

    def unasked(row: ReturnRevision) -> None:
        row.kind, row.correction_id = ReturnKind.CORRECTION, row.id
        rehashed(row)

    forged(begun, unasked, attendances=130)
    settled(begun)
    for site in (begun.hub, begun.nodes["QM"]):
        seen = view(begun, site)
        assert seen.standing.official is not None
        assert seen.standing.official.id == str(first)
        assert [each.fault for each in seen.rows.intakes.values() if each.fault] == [Fault.NO_GRANT]


def test_what_was_accepted_while_the_country_sent_it_again_stays(begun: World) -> None:
    member = begun.members["QM"]
    first = at_node(begun, rep.approved)
    settled(begun)
    at_node(begun, rep.approved, attendances=130)
    begun.hub.do(lambda: rep.decided(member, first))
    settled(begun)
    seen = [view(begun, each) for each in (begun.hub, begun.nodes["QM"])]
    assert {(each.standing.state, each.standing.official.id) for each in seen if each.standing.official} == {
        (State.ACCEPTED, str(first))
    }


def test_a_correction_goes_by_request_and_grant_through_node_and_hub(begun: World) -> None:
    member = begun.members["QM"]
    first = at_node(begun, rep.approved)
    settled(begun)
    begun.hub.do(lambda: rep.decided(member, first))
    begun.settle()
    request = at_node(begun, rep.asked)
    begun.settle()
    begun.hub.do(lambda: rep.answered(member, request))
    begun.settle()
    second = at_node(begun, rep.approved, attendances=130)
    settled(begun)
    begun.hub.do(lambda: rep.decided(member, second))
    begun.settle()
    seen = [view(begun, each).standing for each in (begun.hub, begun.nodes["QM"])]
    assert {(each.state, each.official.id) for each in seen if each.official} == {(State.ACCEPTED, str(second))}


STEPS = ("approve", "decide", "ask", "answer", "sync", "receive")
# What leads on to a correction; between its steps anything may happen.
LEADS_ON = ("approve", "sync", "receive", "decide", "sync", "ask", "sync", "answer", "sync")


@pytest.mark.parametrize("seed", range(4))
def test_any_interleaving_of_both_sides_converges_and_no_accepted_value_changes_unasked(
    begun: World, seed: int
) -> None:
    chance, member, node = random.Random(seed), begun.members["QM"], begun.nodes["QM"]
    accepted: list[dict[UUID, Any]] = []
    leads_on = cycle(LEADS_ON)
    for number in range(54):
        step = next(leads_on) if chance.random() < 0.6 else chance.choice(STEPS)
        if step == "sync":
            begun.sync("QM")
        elif step == "receive":
            begun.hub.do(lambda: rep.received(member))
        else:
            taken = {"approve": _approve, "decide": _decide, "ask": _ask, "answer": _answer}[step]
            taken(begun, chance, 100 + number)
        begun.time.sleep(60)
        accepted.append(begun.hub.do(lambda: _accepted(member)))
    settled(begun)
    assert all(earlier.items() <= later.items() for earlier, later in pairwise(accepted))
    here, there = (view(begun, each) for each in (begun.hub, node))
    assert here.standing == there.standing
    grants = [each for each in here.rows.grants.values() if each.verdict is GrantVerdict.GRANTED]
    corrections = [each for each in here.rows.revisions if each.id in accepted[-1]]
    assert 1 <= len(corrections) <= 1 + len(grants)


def _accepted(member: UUID) -> dict[UUID, Any]:
    rows = rep.seen(member, at_home=False).rows
    states = {key: each.state for key, each in rows.intakes.items()}
    return {each.id: each.cells for each in rows.revisions if states.get(each.id) is IntakeState.ACCEPTED}


def _approve(world: World, _chance: random.Random, number: int) -> None:
    with suppress(ConflictError):
        at_node(world, rep.approved, attendances=number)


def _decide(world: World, chance: random.Random, _number: int) -> None:
    rows = view(world, world.hub).rows
    for revision in [each.id for each in sorted(rows.revisions, key=lambda each: each.revision)]:
        verdict = chance.choice([IntakeState.ACCEPTED] * 3 + [IntakeState.RETURNED])
        if revision not in rows.intakes:
            continue
        with suppress(ConflictError):
            world.hub.do(lambda revision=revision, verdict=verdict: rep.decided(world.members["QM"], revision, verdict))


def _ask(world: World, _chance: random.Random, _number: int) -> None:
    with suppress(ConflictError):
        at_node(world, rep.asked)


def _answer(world: World, chance: random.Random, _number: int) -> None:
    for request in view(world, world.hub).rows.requests:
        verdict = chance.choice([GrantVerdict.GRANTED] * 3 + [GrantVerdict.REFUSED])
        with suppress(ConflictError):
            world.hub.do(
                lambda request=request, verdict=verdict: rep.answered(world.members["QM"], request.id, verdict)
            )
