"""What a country does about a finding: it replies, says what it will do, and reports what is done."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.events import ActionPlanned, ActionReported, FindingReplied
from sri_admin.integrity.models.finding import ActionReport, CorrectiveAction, FindingReply
from sri_admin.integrity.policy import POLICY, SIGNING_ROLES
from sri_admin.integrity.queries.assessments import is_written_here
from sri_admin.integrity.queries.evidence import evidence_by_ids
from sri_admin.integrity.queries.findings import FindingRow
from sri_admin.integrity.rules.finding import ROOT_CAUSE_NEEDED, Act, Reply, latest_day
from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, FieldError, InvalidError
from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.people.rules import OFFICE_ROLES

Values = Mapping[str, Any]


def reply_to_finding(actor: Actor, row: FindingRow, *, values: Values) -> FindingReply:
    """Acknowledge a finding, or dispute it with a reason; the same id again answers with the first."""
    POLICY.require(actor, "integrity.finding.reply", row.finding)
    known = db.session.get(FindingReply, (row.member_id, _id(values)))
    if known is not None:
        return known
    disputes = values["reply"] is Reply.DISPUTE
    _require(row, Act.DISPUTE if disputes else Act.ACKNOWLEDGE)
    reason = (values.get("reason") or "").strip()
    if disputes and not reason:
        raise InvalidError([FieldError("reason", _l("Say why it is not so, so that SRI can look at it again."))])
    reply = FindingReply(**_made(actor, row, values, SIGNING_ROLES), reply=values["reply"], reason=reason)
    db.session.add(reply)
    record(actor, FindingReplied(**_about(row), reply=reply.reply.value, reason=reason), reply)
    return reply


def plan_action(actor: Actor, row: FindingRow, *, values: Values) -> CorrectiveAction:
    """Say what will be done about a finding, by which office and until when; a new plan takes the place of the old."""
    POLICY.require(actor, "integrity.action.plan", row.finding)
    known = db.session.get(CorrectiveAction, (row.member_id, _id(values)))
    if known is not None:
        return known
    _require(row, Act.PLAN)
    _check_plan(row, values)
    cause = values.get("cause")
    action = CorrectiveAction(
        **_made(actor, row, values, OFFICE_ROLES),
        cause=cause,
        cause_text=(values.get("cause_text") or "").strip() if cause else "",
        what=values["what"].strip(),
        office=values["office"],
        due_on=values["due_on"],
    )
    db.session.add(action)
    record(actor, ActionPlanned(**_about(row), office=action.office.value, due_on=action.due_on), action)
    return action


def report_action(actor: Actor, row: FindingRow, *, values: Values) -> ActionReport:
    """Report that the planned action is done, and how one can see it; a grave finding needs evidence."""
    POLICY.require(actor, "integrity.action.report", row.finding)
    known = db.session.get(ActionReport, (row.member_id, _id(values)))
    if known is not None:
        return known
    _require(row, Act.REPORT)
    evidence_ids: list[UUID] = list(dict.fromkeys(values.get("evidence_ids") or []))
    faults = []
    if values["done_on"] > today_of(member_by_id(row.member_id)):
        faults.append(FieldError("done_on", _l("This day lies in the future. Come back on that day.")))
    if not evidence_ids and row.standing.severity in ROOT_CAUSE_NEEDED:
        faults.append(FieldError("evidence_ids", _l("Choose at least one piece of evidence that shows it.")))
    if faults:
        raise InvalidError(faults)
    report = ActionReport(
        **_made(actor, row, values, OFFICE_ROLES),
        action_id=row.standing.action_id,
        done_on=values["done_on"],
        statement=values["statement"].strip(),
        evidence_ids=[str(each.id) for each in evidence_by_ids(row.member_id, evidence_ids)],
    )
    db.session.add(report)
    record(actor, ActionReported(**_about(row), done_on=report.done_on), report)
    return report


def _check_plan(row: FindingRow, values: Values) -> None:
    faults, today = [], today_of(member_by_id(row.member_id))
    until = latest_day(row.standing.due_on, today)
    if row.standing.severity in ROOT_CAUSE_NEEDED and values.get("cause") is None:
        faults.append(FieldError("cause", _l("Choose where the cause lies, so that it does not come back.")))
    if values.get("cause") is not None and not (values.get("cause_text") or "").strip():
        faults.append(FieldError("cause_text", _l("Describe the cause in a sentence or two.")))
    if values["due_on"] < today:
        faults.append(FieldError("due_on", _l("This day is over. Choose a later one.")))
    if until is not None and values["due_on"] > until:
        message = _(
            "SRI expects it by %(day)s. Choose that day or an earlier one, or ask SRI for more time.",
            day=date_long(until),
        )
        faults.append(FieldError("due_on", message))
    if faults:
        raise InvalidError(faults)


def _require(row: FindingRow, act: Act) -> None:
    if not is_written_here(row.member_id):
        raise ElsewhereError
    if not row.standing.is_possible(act):
        message = _l("This cannot be done with the finding as it stands now. Look at it again.")
        raise ConflictError(message, code="wrong_state", state=row.standing.state.value)


def _id(values: Values) -> UUID:
    return values.get("record_id") or values.get("id") or ids.new()


def _made(actor: Actor, row: FindingRow, values: Values, roles: Collection[str]) -> dict[str, Any]:
    held = (each.role for each in actor.mandates if each.member_id == row.member_id)
    return {
        "member_id": row.member_id,
        "id": _id(values),
        "finding_id": row.finding.id,
        "at": clock.now(),
        "actor": actor.label,
        "role": next((role for role in held if role in roles), actor.role),
    }


def _about(row: FindingRow) -> dict[str, Any]:
    return {"member_id": row.member_id, "subject": row.finding.id, "ref_no": row.finding.ref_no}
