"""What the hub has against a reply, an action or a report a country sent."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.integrity.models.evidence import Evidence
from sri_admin.integrity.policy import SIGNING_ROLES
from sri_admin.integrity.queries.findings import FindingRow, find_finding, finding_by_id
from sri_admin.integrity.rules.finding import (
    DUE_DAYS,
    MOST_EVIDENCE,
    ROOT_CAUSE_NEEDED,
    Move,
    Reply,
    Severity,
    latest_day,
)
from sri_admin.kernel.db import db
from sri_admin.people.rules import OFFICE_ROLES

Objection = UUID | str | None


def objection_to_reply(member_id: UUID, record_id: UUID, payload: Mapping[str, Any]) -> Objection:
    """Return what stands against a reply: the finding that has not come yet, or the name of a broken rule."""
    row = _finding(member_id, payload)
    if isinstance(row, UUID):
        return row
    if payload["role"] not in SIGNING_ROLES:
        return "role"
    return _dispute(row, record_id, payload) if payload["reply"] == Reply.DISPUTE else None


def _dispute(row: FindingRow, record_id: UUID, payload: Mapping[str, Any]) -> str | None:
    if row.finding.severity is Severity.GOOD_PRACTICE:
        return "good_practice"
    at = datetime.fromisoformat(payload["at"])
    seen = [each for each in row.replies if each.reply is Reply.ACKNOWLEDGE and each.id != record_id]
    if any(each.at <= at for each in (*seen, *row.actions)):
        return "answered"
    return None if payload["reason"].strip() else "reason"


def objection_to_action(member_id: UUID, _record_id: UUID, payload: Mapping[str, Any]) -> Objection:
    """Return what stands against a planned action."""
    row = _finding(member_id, payload)
    if isinstance(row, UUID):
        return row
    if payload["role"] not in OFFICE_ROLES:
        return "role"
    if row.finding.severity not in DUE_DAYS:
        return "nothing_to_do"
    if not payload["what"].strip():
        return "what"
    has_cause = payload.get("cause") is not None and bool(payload["cause_text"].strip())
    if row.standing.severity in ROOT_CAUSE_NEEDED and not has_cause:
        return "cause"
    return None if _is_in_time(row, payload) else "due_on"


def _is_in_time(row: FindingRow, payload: Mapping[str, Any]) -> bool:
    # The country may not have known yet that SRI gave more time or a milder finding, and a milder one may have the
    # earlier day: a plan is honest that keeps any day the finding ever had, or was made when that day had passed.
    moved = [each.due_on for each in row.steps if each.move in {Move.EXTEND, Move.DOWNGRADE}]
    planned, on = date.fromisoformat(payload["due_on"]), _latest_today(payload)
    latest = [latest_day(each, on) for each in (row.finding.due_on, *moved)]
    return any(each is None or planned <= each for each in latest)


def _latest_today(payload: Mapping[str, Any]) -> date:
    # The day is the country's own, which begins up to fourteen hours before that of UTC.
    return date.fromisoformat(payload["at"][:10]) + timedelta(days=1)


def objection_to_report(member_id: UUID, _record_id: UUID, payload: Mapping[str, Any]) -> Objection:
    """Return what stands against a report, or the id of evidence that has not come yet."""
    row = _finding(member_id, payload)
    if isinstance(row, UUID):
        return row
    if payload["role"] not in OFFICE_ROLES:
        return "role"
    named = [UUID(each) for each in payload["evidence_ids"]]
    if len(named) > MOST_EVIDENCE or (not named and row.standing.severity in ROOT_CAUSE_NEEDED):
        return "evidence"
    if date.fromisoformat(payload["done_on"]) > _latest_today(payload):
        return "done_on"
    wanted = sa.select(Evidence.id).where(Evidence.member_id == member_id, Evidence.id.in_(named))
    here = set(db.session.scalars(wanted))
    return next((each for each in named if each not in here), None)


def _finding(member_id: UUID, payload: Mapping[str, Any]) -> FindingRow | UUID:
    finding_id = UUID(payload["finding_id"])
    return finding_by_id(member_id, finding_id) if find_finding(member_id, finding_id) else finding_id
