"""Builders of findings, replies, actions, reports and what SRI says of them; they act through the operations."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sri_admin.integrity.operations import actions, findings
from sri_admin.integrity.queries.findings import FindingRow, finding_by_id
from sri_admin.integrity.rules.finding import Cause, FindingState, Move, Reply, Severity
from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.members.rules.office import Office
from tests.make import integrity as it
from tests.make import members as make

T = TypeVar("T")
CRITERION = "access"


def reviewed(member_id: UUID, *, by: Actor | None = None) -> UUID:
    """Bring a country's self-assessment through its review and return the snapshot."""
    cycle = it.called(member_id)
    snapshot_id = it.handed_in(member_id, cycle)
    it.received(member_id, snapshot_id)
    it.reviewed(member_id, snapshot_id, by=by)
    return snapshot_id


def issued(member_id: UUID, snapshot_id: UUID | None = None, *, by: Actor | None = None, **values: Any) -> UUID:
    """Issue a finding, a major one unless told otherwise, and return its id."""
    found_in, lead = snapshot_id or reviewed(member_id), by or make.actor("integrity_lead")
    said = {"severity": Severity.MAJOR, "observed": "One person prepares and approves the accounts.", **values}

    def issue() -> UUID:
        return findings.issue_finding(lead, it.snapshot(member_id, found_in), CRITERION, values=said).id

    return make.writing(member_id, issue)


def replied(member_id: UUID, finding_id: UUID, reply: Reply = Reply.ACKNOWLEDGE, *, by: Actor | None = None) -> UUID:
    """Let a chair acknowledge a finding or dispute it."""
    chair, said = by or make.actor("chair", member_id), {"reply": reply, "reason": "Two people sign since May."}
    return _act(member_id, finding_id, lambda row: actions.reply_to_finding(chair, row, values=said).id)


def planned(member_id: UUID, finding_id: UUID, *, by: Actor | None = None, **values: Any) -> UUID:
    """Plan an action."""
    coordinator = by or make.actor("coordinator", member_id)
    said = {
        "cause": Cause.UNCLEAR,
        "cause_text": "Nobody had written down who approves.",
        "what": "The treasurer prepares, the chair approves.",
        "office": Office.TREASURER,
        "due_on": clock.today() + timedelta(days=20),
        **values,
    }
    return _act(member_id, finding_id, lambda row: actions.plan_action(coordinator, row, values=said).id)


def reported(member_id: UUID, finding_id: UUID, *, by: Actor | None = None, **values: Any) -> UUID:
    """Report that the action is done, with a piece of evidence."""
    coordinator = by or make.actor("coordinator", member_id)
    said = {"done_on": clock.today(), "statement": "The minutes of June say so.", **values}
    if "evidence_ids" not in said:
        said["evidence_ids"] = [it.proof(member_id, seed=ids.new().int % 10_000)]
    return _act(member_id, finding_id, lambda row: actions.report_action(coordinator, row, values=said).id)


def extended(member_id: UUID, finding_id: UUID, *, days: int, by: Actor | None = None) -> None:
    """Give a country more time."""
    lead = by or make.actor("integrity_lead")

    def extend(row: FindingRow) -> None:
        assert row.standing.due_on is not None
        said = {"due_on": row.standing.due_on + timedelta(days=days), "reason": "The board meets in autumn."}
        findings.extend_finding(lead, row, values=said)

    _act(member_id, finding_id, extend)


def decided(member_id: UUID, finding_id: UUID, move: Move, *, by: Actor | None = None, **values: Any) -> None:
    """Decide on a dispute."""
    director, said = by or make.actor("sri_director"), {"move": move, "reason": "We saw the minutes.", **values}
    _act(member_id, finding_id, lambda row: findings.decide_dispute(director, row, values=said))


def verified(
    member_id: UUID, finding_id: UUID, move: Move = Move.EFFECTIVE, *, by: Actor | None = None, **values: Any
) -> None:
    """Say whether what was done is effective."""
    director = by or make.actor("sri_director")

    def verify(row: FindingRow) -> None:
        said = {"move": move, "report_id": row.standing.report_id, "reason": "June shows it, July does not.", **values}
        findings.verify_action(director, row, values=said)

    _act(member_id, finding_id, verify)


def done(member_id: UUID, finding_id: UUID) -> None:
    """Let a country reply, plan and report."""
    replied(member_id, finding_id)
    planned(member_id, finding_id)
    reported(member_id, finding_id)


def several(member_id: UUID, snapshot_id: UUID, *, by: Actor | None = None, **values: Any) -> dict[str, UUID]:
    """Issue one finding for every state in which something can be done, by the name addresses give it."""
    names = ("finding_id", "acknowledged_id", "planned_id", "disputed_id", "reported_id")
    return {name: issued(member_id, snapshot_id, by=by, **values) for name in names}


def spread(member_id: UUID, made: Mapping[str, UUID]) -> None:
    """Bring each of several findings into the state it is named after."""
    for name in ("acknowledged_id", "planned_id", "reported_id"):
        replied(member_id, made[name])
    planned(member_id, made["planned_id"])
    planned(member_id, made["reported_id"])
    reported(member_id, made["reported_id"])
    replied(member_id, made["disputed_id"], Reply.DISPUTE)


def furnished(member_id: UUID, cycle_id: UUID) -> dict[str, UUID]:
    """Let SRI have found something in every state in a country's assessment, and return the findings by their state."""
    found = several(member_id, it.newest_snapshot(member_id, cycle_id))
    spread(member_id, found)
    return found


def look(member_id: UUID, finding_id: UUID, body: Callable[[FindingRow], T]) -> T:
    """Return something about a finding."""
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return body(finding_by_id(member_id, finding_id))


def state(member_id: UUID, finding_id: UUID) -> FindingState:
    """Return how a finding stands."""
    return look(member_id, finding_id, lambda row: row.standing.state)


def _act(member_id: UUID, finding_id: UUID, body: Callable[[FindingRow], T]) -> T:
    return make.writing(member_id, lambda: body(finding_by_id(member_id, finding_id)))
