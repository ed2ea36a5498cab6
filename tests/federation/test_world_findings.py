"""Findings between the hub and a node that is away: whatever comes first, both see the same; what was forged waits."""

import contextlib
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sri_admin.federation import aside
from sri_admin.integrity.events import FindingReplied
from sri_admin.integrity.models.finding import ActionReport, CorrectiveAction, FindingReply, FindingStep
from sri_admin.integrity.queries.findings import finding_by_id
from sri_admin.integrity.rules.finding import Cause, FindingState, Move, Reply, Severity, Standing
from sri_admin.kernel import clock, ids
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError
from sri_admin.kernel.work import record
from sri_admin.members.queries.blocks import open_blocks
from sri_admin.members.rules.office import Office
from tests.federation.world import Site, World
from tests.make import findings as fi
from tests.make import integrity as it
from tests.make import members as make


@pytest.fixture
def member(world: World) -> UUID:
    """The country whose node is away now and then."""
    return world.members["QM"]


@pytest.fixture
def snapshot(world: World, member: UUID) -> UUID:
    """A self-assessment of that country, answered and signed at its node, reviewed at the hub."""
    cycle = world.hub.do(lambda: it.called(member))
    world.settle()
    made = world.nodes["QM"].do(lambda: it.handed_in(member, cycle))
    world.settle()
    world.hub.do(lambda: it.received(member, made))
    world.hub.do(lambda: it.reviewed(member, made))
    return made


def standing(site: Site, member: UUID, finding: UUID) -> Standing:
    """Return how a finding stands at an installation."""
    return site.read(lambda: finding_by_id(member, finding).standing)


def held(site: Site, member: UUID) -> int:
    """Count what holds renewals back at an installation."""
    return site.read(lambda: len(open_blocks(member)))


def test_a_finding_is_answered_at_the_node_and_verified_at_the_hub(world: World, member: UUID, snapshot: UUID) -> None:
    node = world.nodes["QM"]
    made = world.hub.do(lambda: fi.issued(member, snapshot, severity=Severity.CRITICAL))
    world.settle()
    assert [held(site, member) for site in (world.hub, node)] == [1, 1]
    node.do(lambda: fi.done(member, made))
    world.settle()
    assert standing(world.hub, member, made).state is FindingState.REPORTED
    world.hub.do(lambda: fi.verified(member, made))
    world.settle()
    assert {standing(site, member, made) for site in (world.hub, node)} == {standing(node, member, made)}
    assert standing(node, member, made).state is FindingState.CLOSED
    assert [held(site, member) for site in (world.hub, node)] == [0, 0]


Play = Callable[[World, UUID, UUID], Any]
AT_NODE: tuple[Play, ...] = (
    lambda world, member, made: world.nodes["QM"].do(lambda: fi.planned(member, made, what="A first plan.")),
    lambda world, member, made: world.nodes["QM"].do(lambda: fi.planned(member, made, what="A better plan.")),
    lambda world, member, made: world.nodes["QM"].do(lambda: _reported(member, made)),
)
AT_HUB: tuple[Play, ...] = (
    lambda world, member, made: world.hub.do(lambda: _extended(member, made, 10)),
    lambda world, member, made: world.hub.do(lambda: _extended(member, made, 20)),
)


def _extended(member: UUID, made: UUID, days: int) -> None:
    # Once the report is here it is SRI's turn, and nobody needs more time.
    with contextlib.suppress(ConflictError):
        fi.extended(member, made, days=days)


def _reported(member: UUID, made: UUID) -> None:
    fi.reported(member, made)


def test_both_sides_agree_after_any_interleaving(world: World, member: UUID, snapshot: UUID) -> None:
    orders = list(itertools.combinations(range(5), 2))
    made = [world.hub.do(lambda: fi.issued(member, snapshot)) for _order in orders]
    world.settle()
    for each in made:
        world.nodes["QM"].do(lambda each=each: fi.replied(member, each))
    hands = [(iter(AT_NODE), iter(AT_HUB)) for _order in orders]
    for turn in range(5):
        for order, finding, (at_node, at_hub) in zip(orders, made, hands, strict=True):
            play = next(at_hub) if turn in order else next(at_node)
            play(world, member, finding)
        if turn % 2:
            world.settle()
    world.settle()
    here, there = ([standing(site, member, each) for each in made] for site in (world.hub, world.nodes["QM"]))
    assert here == there
    assert {each.state for each in here} == {FindingState.REPORTED}
    assert {each.extensions for each in here} >= {1, 2}


def test_f46_a_dispute_and_more_time_given_apart_end_alike(world: World, member: UUID, snapshot: UUID) -> None:
    made = world.hub.do(lambda: fi.issued(member, snapshot, severity=Severity.CRITICAL))
    world.settle()
    world.nodes["QM"].do(lambda: fi.replied(member, made, Reply.DISPUTE))
    world.hub.do(lambda: fi.extended(member, made, days=10))
    world.settle()
    assert standing(world.hub, member, made).state is FindingState.DISPUTED
    world.hub.do(lambda: fi.decided(member, made, Move.DOWNGRADE, severity=Severity.MINOR))
    world.nodes["QM"].do(lambda: fi.replied(member, made))
    world.settle()
    here, there = (standing(site, member, made) for site in (world.hub, world.nodes["QM"]))
    assert here == there
    assert (here.state, here.severity, held(world.nodes["QM"], member)) == (
        FindingState.ACKNOWLEDGED,
        Severity.MINOR,
        0,
    )


def test_a_plan_made_before_a_milder_finding_with_an_earlier_day_was_known_is_taken(
    world: World, member: UUID, snapshot: UUID
) -> None:
    made = world.hub.do(lambda: fi.issued(member, snapshot, severity=Severity.MAJOR))
    world.hub.do(lambda: fi.extended(member, made, days=300))
    world.settle()
    world.nodes["QM"].do(lambda: fi.replied(member, made, Reply.DISPUTE))
    world.settle()
    world.hub.do(lambda: fi.decided(member, made, Move.DOWNGRADE, severity=Severity.MINOR))
    world.nodes["QM"].do(lambda: fi.replied(member, made))
    world.nodes["QM"].do(lambda: fi.planned(member, made, due_on=clock.today() + timedelta(days=380)))
    world.settle()
    assert _aside(world, member) == []
    assert standing(world.hub, member, made).state is FindingState.PLANNED


def test_a_plan_made_late_is_taken_though_more_time_was_given_meanwhile(
    world: World, member: UUID, snapshot: UUID
) -> None:
    made = world.hub.do(lambda: fi.issued(member, snapshot, severity=Severity.CRITICAL))
    world.settle()
    world.time.sleep(40 * 86_400)
    world.hub.do(lambda: fi.extended(member, made, days=15))
    world.nodes["QM"].do(lambda: fi.replied(member, made))
    world.nodes["QM"].do(lambda: fi.planned(member, made, due_on=clock.today() + timedelta(days=60)))
    world.settle()
    assert _aside(world, member) == []
    assert standing(world.hub, member, made).state is FindingState.PLANNED


def _said(member: UUID, finding: UUID, **values: Any) -> dict[str, Any]:
    done = {"at": clock.now(), "actor": "usr-forger", "role": "coordinator"}
    return {"member_id": member, "id": ids.new(), "finding_id": finding, **done, **values}


def _forged_reply(member: UUID, finding: UUID, _action: UUID) -> Any:
    return FindingReply(**_said(member, finding, reply=Reply.ACKNOWLEDGE, reason="", role="facilitator"))


def _late_dispute(member: UUID, finding: UUID, _action: UUID) -> Any:
    return FindingReply(**_said(member, finding, reply=Reply.DISPUTE, reason="It is not so.", role="chair"))


def _forged_plan(member: UUID, finding: UUID, _action: UUID) -> Any:
    plan = {"cause": None, "cause_text": "", "what": "Nothing much.", "office": Office.CHAIR}
    return CorrectiveAction(**_said(member, finding, due_on=clock.today(), **plan))


def _late_plan(member: UUID, finding: UUID, _action: UUID) -> Any:
    plan = {"cause": Cause.OTHER, "cause_text": "It is.", "what": "Later.", "office": Office.CHAIR}
    return CorrectiveAction(**_said(member, finding, due_on=clock.today() + timedelta(days=900), **plan))


def _bare_report(member: UUID, finding: UUID, action: UUID) -> Any:
    report = {"action_id": action, "done_on": clock.today(), "statement": "Believe us.", "evidence_ids": []}
    return ActionReport(**_said(member, finding, **report))


def _early_report(member: UUID, finding: UUID, action: UUID) -> Any:
    done_on = clock.today() + timedelta(days=9)
    report = {"action_id": action, "done_on": done_on, "statement": "It will be.", "evidence_ids": [str(ids.new())]}
    return ActionReport(**_said(member, finding, **report))


@pytest.mark.parametrize(
    ("forge", "rule"),
    [
        (_forged_reply, "integrity.role"),
        (_late_dispute, "integrity.answered"),
        (_forged_plan, "integrity.cause"),
        (_late_plan, "integrity.due_on"),
        (_bare_report, "integrity.evidence"),
        (_early_report, "integrity.done_on"),
    ],
)
def test_what_no_operation_would_write_is_set_aside_at_the_hub_with_its_rule(
    world: World, member: UUID, snapshot: UUID, forge: Callable[..., Any], rule: str
) -> None:
    node = world.nodes["QM"]
    made = world.hub.do(lambda: fi.issued(member, snapshot))
    world.settle()
    action = node.do(lambda: _planned(member, made))
    world.settle()
    before = standing(node, member, made)
    node.do(lambda: make.writing(member, lambda: _smuggled(forge(member, made, action))))
    world.settle()
    assert _aside(world, member) == [rule]
    assert standing(world.hub, member, made).state is before.state


def _planned(member: UUID, made: UUID) -> UUID:
    fi.replied(member, made)
    return fi.planned(member, made)


def _smuggled(row: Any) -> None:
    db.session.add(row)
    event = FindingReplied(
        member_id=row.member_id, subject=row.finding_id, ref_no="F-1", reply="acknowledge", reason=""
    )
    record(make.actor("coordinator", row.member_id), event, row)


def _aside(world: World, member: UUID) -> list[str]:
    return world.hub.read(lambda: [row.detail for row, _stream in aside.open_rows(member)])


def test_a_report_that_names_evidence_waits_until_the_evidence_is_here(
    world: World, member: UUID, snapshot: UUID
) -> None:
    made = world.hub.do(lambda: fi.issued(member, snapshot))
    world.settle()
    world.nodes["QM"].do(lambda: fi.done(member, made))
    world.settle()
    assert standing(world.hub, member, made).state is FindingState.REPORTED
    assert _aside(world, member) == []


def test_a_node_writes_no_step_of_sri(world: World, member: UUID, snapshot: UUID) -> None:
    made = world.hub.do(lambda: fi.issued(member, snapshot))
    world.settle()

    def verify() -> None:
        row = finding_by_id(member, made)
        step = FindingStep(
            **_said(member, made, role="sri_director"),
            place=1,
            move=Move.EFFECTIVE,
            reason="",
            about=ids.new(),
            issuer=row.finding.actor,
            reviewers=row.finding.reviewers,
            doers=["usr-x"],
        )
        _smuggled(step)

    with pytest.raises(ElsewhereError):
        world.nodes["QM"].do(lambda: make.writing(member, verify))
