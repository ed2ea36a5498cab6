"""What SRI does about findings: it issues them, gives more time, decides disputes and verifies what was done."""

from collections.abc import Mapping
from typing import Any

from sri_admin.integrity.events import FindingIssued, FindingStepped
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.finding import Finding, FindingStep
from sri_admin.integrity.models.standard import Criterion
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.findings import FindingRow, find_finding, finding_by_id, next_ref_no, reviewers_of
from sri_admin.integrity.queries.reviews import reviews_of
from sri_admin.integrity.queries.standards import criteria_of
from sri_admin.integrity.rules.finding import Act, Move, Severity, due_on, milder
from sri_admin.kernel import clock, i18n, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError, NotAllowedError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.members.operations.blocks import lift_block, set_block
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.rules.block import BlockKind

Values = Mapping[str, Any]
SOURCE = "integrity.finding"


def issue_finding(actor: Actor, snapshot: AssessmentSnapshot, criterion: str, *, values: Values) -> Finding:
    """Tell a country what SRI found in one of its answers; a critical finding holds renewals back."""
    POLICY.require(actor, "integrity.finding.issue", snapshot)
    finding_id = values.get("record_id") or values.get("id") or ids.new()
    known = find_finding(snapshot.member_id, finding_id)
    if known is not None:
        return known
    asked = require_reviewed(snapshot, criterion)
    member, severity = member_by_id(snapshot.member_id), values["severity"]
    today = today_of(member)
    finding = Finding(
        member_id=snapshot.member_id,
        id=finding_id,
        ref_no=next_ref_no(snapshot.member_id, f"F-{member.code}-{today.year}-"),
        snapshot_id=snapshot.id,
        criterion=criterion,
        severity=severity,
        title=asked.title,
        requirement=asked.prompt,
        observed=Text.of(values["observed"].strip(), i18n.locale()),
        due_on=due_on(severity, today),
        reviewers=reviewers_of(snapshot.id),
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(finding)
    record(actor, FindingIssued(**_about(finding), severity=severity.value, due_on=finding.due_on), finding)
    if severity is Severity.CRITICAL:
        set_block(actor, member, values={**_source(finding), "reason": _reason(finding)})
    return finding


def require_reviewed(snapshot: AssessmentSnapshot, criterion: str) -> Criterion:
    """Return the criterion of an answer SRI has reviewed; ConflictError before that, NotFoundError if there is none."""
    asked = next((each for each in criteria_of(snapshot.edition_id) if each.uid == criterion), None)
    if asked is None:
        raise NotFoundError
    if criterion not in reviews_of(snapshot.id):
        raise ConflictError(_l("This answer is not reviewed yet. Review it first; then say what you found."))
    return asked


def extend_finding(actor: Actor, row: FindingRow, *, values: Values) -> FindingStep:
    """Give a country more time, with the reason; twice at most."""
    POLICY.require(actor, "integrity.finding.extend", row.finding)
    _require(row, Act.EXTEND)
    until, before = values["due_on"], row.standing.due_on
    today = today_of(member_by_id(row.member_id))
    if (before and until <= before) or until <= today:
        raise InvalidError([FieldError("due_on", _l("This is not more time. Choose a later day."))])
    return _step(actor, row, Move.EXTEND, reason=values["reason"], due_on=until)


def decide_dispute(actor: Actor, row: FindingRow, *, values: Values) -> FindingStep:
    """Decide on what a country disputes: it stays, it weighs less, or it is withdrawn. Never by who issued it."""
    POLICY.require(actor, "integrity.finding.decide", row.finding)
    if actor.label == row.finding.actor:
        message = _l("You issued this finding. Somebody else has to decide whether the country is right.")
        raise NotAllowedError(message, action="integrity.finding.decide")
    _require(row, Act.DECIDE)
    move: Move = values["move"]
    lighter = _lighter(row, values) if move is Move.DOWNGRADE else None
    today = today_of(member_by_id(row.member_id))
    return _step(
        actor,
        row,
        move,
        reason=values["reason"],
        about=row.standing.reply_id,
        severity=lighter,
        due_on=due_on(lighter, today) if lighter else None,
    )


def verify_action(actor: Actor, row: FindingRow, *, values: Values) -> FindingStep:
    """Say whether what the country did is effective; then the finding is closed. Never by who found or did it."""
    POLICY.require(actor, "integrity.finding.verify", row.finding)
    # Whoever reviewed the answers anew after the finding was issued had a part in it as well.
    reviewers = {*row.finding.reviewers, *reviewers_of(row.finding.snapshot_id)}
    if actor.label in {row.finding.actor, *reviewers, *_doers(row)}:
        message = _l("You had a part in this finding. Somebody else has to verify what was done.")
        raise NotAllowedError(message, action="integrity.finding.verify")
    _require(row, Act.VERIFY)
    if values["report_id"] != row.standing.report_id:
        raise ConflictError(_l("The country reported anew meanwhile. Look at its report again."), code="stale")
    reason = (values.get("reason") or "").strip()
    if values["move"] is Move.NOT_EFFECTIVE and not reason:
        raise InvalidError([FieldError("reason", _l("Say what is still missing, so that the country can do it."))])
    return _step(actor, row, values["move"], reason=reason, about=values["report_id"], doers=_doers(row))


def _lighter(row: FindingRow, values: Values) -> Severity:
    severity: Severity | None = values.get("severity")
    if severity is None or severity not in milder(row.standing.severity):
        raise InvalidError([FieldError("severity", _l("Choose how much it weighs now; less than before."))])
    return severity


def _doers(row: FindingRow) -> list[str]:
    done = [each for each in (row.action, row.report) if each is not None]
    return sorted({each.actor for each in done})


def _require(row: FindingRow, act: Act) -> None:
    if not row.standing.is_possible(act):
        message = _l("This cannot be done with the finding as it stands now. Look at it again.")
        raise ConflictError(message, code="wrong_state", state=row.standing.state.value)


def _step(actor: Actor, row: FindingRow, move: Move, **said: Any) -> FindingStep:
    finding = row.finding
    step = FindingStep(
        member_id=finding.member_id,
        id=ids.new(),
        finding_id=finding.id,
        place=len(row.steps) + 1,
        move=move,
        reason=said["reason"].strip(),
        severity=said.get("severity"),
        due_on=said.get("due_on"),
        about=said.get("about"),
        issuer=finding.actor,
        reviewers=finding.reviewers,
        doers=said.get("doers", []),
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(step)
    severity = step.severity.value if step.severity else None
    event = FindingStepped(
        **_about(finding), move=move.value, reason=step.reason, due_on=step.due_on, severity=severity
    )
    record(actor, event, step)
    db.session.flush()
    if row.standing.holds_renewals and not finding_by_id(finding.member_id, finding.id).standing.holds_renewals:
        lift_block(actor, member_by_id(finding.member_id), values=_source(finding))
    return step


def _source(finding: Finding) -> dict[str, Any]:
    return {"kind": BlockKind.RENEWAL, "source_kind": SOURCE, "source_id": finding.id}


def _reason(finding: Finding) -> Text:
    return Text.told(
        _l(
            "Finding %(ref_no)s is critical and still open. Put it right and show it to SRI; then a renewal can be"
            " signed.",
            ref_no=finding.ref_no,
        )
    )


def _about(finding: Finding) -> dict[str, Any]:
    return {"member_id": finding.member_id, "subject": finding.id, "ref_no": finding.ref_no}
