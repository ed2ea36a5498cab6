"""What SRI does with a snapshot: it receives it, reviews it answer by answer, returns it or finishes the review."""

from collections.abc import Mapping, Sequence
from typing import Any

from sri_admin.integrity.events import AssessmentStepped, ItemReviewed
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.review import AssessmentStep, ItemNote, ItemReview
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.reviews import reviews_of, steps_of
from sri_admin.integrity.rules.review import Verdict
from sri_admin.integrity.rules.snapshot import items_of
from sri_admin.integrity.rules.standing import HubState, Step, after, state_after
from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError, NotAllowedError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record

Values = Mapping[str, Any]
RECEIVE = "integrity.receive"


def receive_snapshot(actor: Actor, snapshot: AssessmentSnapshot) -> AssessmentStep:
    """Note that a snapshot arrived, so that its country sees it; noted twice, it counts once."""
    POLICY.require(actor, "integrity.assessment.receive", snapshot)
    taken = steps_of(snapshot.id)
    return taken[0] if taken else _step(actor, snapshot, Step.RECEIVE, taken)


def review_item(actor: Actor, snapshot: AssessmentSnapshot, criterion: str, *, values: Values) -> ItemReview:
    """Say whether SRI sees one answer as the country does; with the first review the snapshot is under review."""
    POLICY.require(actor, "integrity.assessment.review", snapshot)
    known = db.session.get(ItemReview, (snapshot.member_id, values.get("record_id") or ids.new()))
    if known is not None:
        return known
    authors = sorted({*snapshot.answered_by, snapshot.proposed_by, snapshot.actor})
    if actor.label in authors:
        raise NotAllowedError(_l("You took part in these answers. Somebody else has to review them."), action="review")
    _require_item(snapshot, criterion)
    _check_review(values)
    _begin(actor, snapshot)
    differs = values["verdict"] is Verdict.DIFFERS
    row = ItemReview(
        member_id=snapshot.member_id,
        id=values.get("record_id") or ids.new(),
        snapshot_id=snapshot.id,
        criterion=criterion,
        verdict=values["verdict"],
        score=values["score"] if differs else None,
        comment=(values.get("comment") or "").strip(),
        authors=authors,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    event = ItemReviewed(
        member_id=row.member_id, subject=snapshot.cycle_id, criterion=criterion, verdict=row.verdict.value
    )
    record(actor, event, row)
    if (values.get("note") or "").strip():
        _note(actor, row, values["note"].strip())
    return row


def _check_review(values: Values) -> None:
    if values["verdict"] is Verdict.AGREES:
        return
    faults = []
    if values.get("score") is None:
        faults.append(FieldError("score", _l("Say how you see it.")))
    if not (values.get("comment") or "").strip():
        faults.append(FieldError("comment", _l("Say why, so that the country can follow you.")))
    if faults:
        raise InvalidError(faults)


def _require_item(snapshot: AssessmentSnapshot, criterion: str) -> None:
    if criterion not in {each.uid for each in items_of(snapshot.content)}:
        raise NotFoundError


def _note(actor: Actor, review: ItemReview, note: str) -> None:
    db.session.add(
        ItemNote(
            member_id=review.member_id,
            id=ids.new(),
            snapshot_id=review.snapshot_id,
            criterion=review.criterion,
            note=note,
            at=review.at,
            actor=actor.label,
            role=actor.role,
        )
    )


def _begin(actor: Actor, snapshot: AssessmentSnapshot) -> None:
    taken = steps_of(snapshot.id)
    state = state_after(each.step for each in taken)
    if state is HubState.RECEIVED:
        _step(actor, snapshot, Step.BEGIN, taken)
    elif state is not HubState.UNDER_REVIEW:
        raise ConflictError(_l("This assessment cannot be reviewed just now. Look at how it stands."))


def return_snapshot(actor: Actor, snapshot: AssessmentSnapshot, *, values: Values) -> AssessmentStep:
    """Send an assessment back with what should be answered anew; the country then hands in its next revision."""
    POLICY.require(actor, "integrity.assessment.review", snapshot)
    reason, criteria = (values.get("reason") or "").strip(), list(values.get("criteria") or [])
    faults = []
    if not criteria:
        faults.append(FieldError("criteria", _l("Choose the answers this is about.")))
    if not reason:
        faults.append(FieldError("reason", _l("Say what is missing, so that the country can add it.")))
    if faults:
        raise InvalidError(faults)
    for each in criteria:
        _require_item(snapshot, each)
    return _step(actor, snapshot, Step.RETURN, steps_of(snapshot.id), reason=reason, criteria=criteria)


def finish_review(actor: Actor, snapshot: AssessmentSnapshot) -> AssessmentStep:
    """Finish the review, once something is said of every answer; the country sees the result."""
    POLICY.require(actor, "integrity.assessment.review", snapshot)
    reviewed = reviews_of(snapshot.id)
    if any(each.uid not in reviewed for each in items_of(snapshot.content)):
        raise ConflictError(_l("Some answers are not reviewed yet. Review them first."), code="incomplete")
    return _step(actor, snapshot, Step.FINISH, steps_of(snapshot.id))


def _step(
    actor: Actor,
    snapshot: AssessmentSnapshot,
    step: Step,
    taken: Sequence[AssessmentStep],
    *,
    reason: str = "",
    criteria: Sequence[str] = (),
) -> AssessmentStep:
    if after(state_after(each.step for each in taken), step) is None:
        raise ConflictError(_l("Somebody was faster, or it is too late for this. Look at how the assessment stands."))
    row = AssessmentStep(
        member_id=snapshot.member_id,
        id=ids.new(),
        snapshot_id=snapshot.id,
        place=len(taken) + 1,
        step=step,
        reason=reason,
        criteria=list(criteria),
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    event = AssessmentStepped(
        member_id=row.member_id,
        subject=snapshot.cycle_id,
        step=row.step.value,
        revision=snapshot.revision,
        reason=row.reason,
    )
    record(actor, event, row)
    return row
