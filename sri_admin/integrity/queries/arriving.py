"""What the hub has against a snapshot a country sent, judged by what it called the country to."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation.seals import Seal, is_sealed
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.evidence import Evidence
from sri_admin.integrity.models.standard import AssessmentCycle
from sri_admin.integrity.policy import SIGNING_ROLES
from sri_admin.integrity.queries.reviews import hub_states
from sri_admin.integrity.queries.standards import criteria_of, cycle_by_id, find_call
from sri_admin.integrity.rules import snapshot as rules
from sri_admin.integrity.rules.answers import MOST_EVIDENCE
from sri_admin.integrity.rules.evidence import overlaps
from sri_admin.integrity.rules.standing import HubState
from sri_admin.kernel.db import db


def objection_to(member_id: UUID, snapshot_id: UUID, payload: Mapping[str, Any]) -> UUID | str | None:
    """Return what stands against a snapshot: the id of evidence that has not come yet, or the name of a broken rule."""
    facts = rules.Facts(
        id=snapshot_id,
        member_id=member_id,
        cycle_id=UUID(payload["cycle_id"]),
        edition_id=UUID(payload["edition_id"]),
        revision=payload["revision"],
    )
    call = find_call(member_id, facts.cycle_id)
    if call is None:
        return "not_called"
    if call.edition_id != facts.edition_id:
        return "other_edition"
    criteria = {each.uid: each.metric is not None for each in criteria_of(call.edition_id)}
    fault = rules.fault_of(
        payload["content"],
        facts,
        criteria=criteria,
        answered_by=payload["answered_by"],
        signed_by=payload["actor"],
    )
    if fault is not None:
        return fault.value
    if payload["actor"] == payload["proposed_by"]:
        return rules.Fault.OWN_SIGN_OFF.value
    if payload["role"] not in SIGNING_ROLES:
        return "role"
    if rules.digest(payload["content"]) != payload["content_sha256"]:
        return "digest"
    cycle, items = cycle_by_id(facts.cycle_id), rules.items_of(payload["content"])
    wrong = _too_late(cycle, payload) or _out_of_turn(facts) or _seal(facts, payload)
    return wrong or _evidence(member_id, items, cycle)


def _too_late(cycle: AssessmentCycle, payload: Mapping[str, Any]) -> str | None:
    # A country without contact hands in later what it signed in time; whoever signs after the round has ended does not.
    signed_on = datetime.fromisoformat(payload["at"]).astimezone(UTC).date()
    return "round_closed" if cycle.closed_on is not None and signed_on > cycle.closed_on else None


def _out_of_turn(facts: rules.Facts) -> str | None:
    wanted = sa.select(AssessmentSnapshot).where(
        AssessmentSnapshot.member_id == facts.member_id,
        AssessmentSnapshot.cycle_id == facts.cycle_id,
        AssessmentSnapshot.id != facts.id,
    )
    before = max(db.session.scalars(wanted), key=lambda each: each.revision, default=None)
    if facts.revision != (before.revision + 1 if before else 1):
        return "revision"
    is_returned = before is None or hub_states([before.id]).get(before.id) is HubState.RETURNED
    return None if is_returned else "not_returned"


def _seal(facts: rules.Facts, payload: Mapping[str, Any]) -> str | None:
    said = rules.SignOff(
        signed_by=payload["actor"],
        signed_role=payload["role"],
        signed_at=payload["at"],
        proposed_by=payload["proposed_by"],
        proposed_at=payload["proposed_at"],
    )
    statement = rules.statement_of(facts, content_sha256=payload["content_sha256"], said=said)
    seal = Seal(payload["kid"], payload["signature"])
    return None if is_sealed(facts.member_id, rules.DOMAIN, statement, seal=seal) else "signature"


def _evidence(member_id: UUID, items: Sequence[rules.Item], cycle: AssessmentCycle) -> UUID | str | None:
    if any(len(item.evidence) > MOST_EVIDENCE for item in items):
        return "too_much_evidence"
    named = {each.id: each.sha256 for item in items for each in item.evidence}
    wanted = sa.select(Evidence).where(Evidence.member_id == member_id, Evidence.id.in_(named))
    here = {row.id: row for row in db.session.scalars(wanted)}
    missing = next((each for each in named if each not in here), None)
    if missing is not None:
        return missing
    if any(here[each].sha256 != digest for each, digest in named.items()):
        return "evidence"
    period = {"since": cycle.covers_from, "until": cycle.covers_to}
    is_covered = all(overlaps(each.covers_from, each.covers_to, **period) for each in here.values())
    return None if is_covered else "evidence_period"
