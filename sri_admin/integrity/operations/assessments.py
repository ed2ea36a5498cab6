"""What a country does: it answers, hands its answers to a second person, and that person signs them off."""

from collections.abc import Mapping, Sequence
from typing import Any

from sri_admin.federation.kinds import to_wire
from sri_admin.federation.seals import seal
from sri_admin.integrity.events import AnswerKept, AssessmentGivenBack, AssessmentProposed, AssessmentSignedOff
from sri_admin.integrity.models.assessment import (
    AssessmentDraft,
    AssessmentProposal,
    AssessmentSnapshot,
    ProposalReturn,
)
from sri_admin.integrity.models.standard import Criterion
from sri_admin.integrity.policy import POLICY, SIGNING_ROLES
from sri_admin.integrity.queries.assessments import Assessment
from sri_admin.integrity.queries.evidence import evidence_by_ids
from sri_admin.integrity.queries.metrics import returns_on_time
from sri_admin.integrity.rules import snapshot as rules
from sri_admin.integrity.rules.answers import MOST_EVIDENCE
from sri_admin.integrity.rules.authors import given_by, parts_of
from sri_admin.integrity.rules.evidence import overlaps
from sri_admin.integrity.rules.metrics import level_of
from sri_admin.integrity.rules.standing import CycleState
from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import (
    ConflictError,
    ElsewhereError,
    FieldError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.work import record

Values = Mapping[str, Any]


def keep_answer(actor: Actor, assessment: Assessment, criterion: Criterion, *, values: Values) -> AssessmentDraft:
    """Keep what is answered to a criterion so far; whether it is complete is asked only when it is handed on."""
    POLICY.require(actor, "integrity.assessment.answer", assessment.member_id)
    _require_open(assessment)
    _check_evidence(assessment, values.get("evidence_ids", []))
    row, given = assessment.drafts.get(criterion.uid), _given(criterion, values)
    if row is None:
        row = AssessmentDraft(
            member_id=assessment.member_id,
            id=values.get("record_id") or ids.new(),
            cycle_id=assessment.cycle.id,
            criterion=criterion.uid,
            evidence_ids=[],
            authors={},
        )
        db.session.add(row)
    else:
        check_version(row, values.get("version"))
        if all(getattr(row, name) == value for name, value in given.items()):
            # Whoever sends an answer as it is has not given it: its authors stay.
            return row
    before = _parts(row)
    for name, value in given.items():
        setattr(row, name, value)
    row.authors = given_by(before, _parts(row), known=row.authors, by=actor.label)
    row.at = clock.now()
    event = AnswerKept(member_id=row.member_id, subject=assessment.cycle.id, criterion=criterion.uid)
    record(actor, event)
    return row


def _given(criterion: Criterion, values: Values) -> dict[str, Any]:
    given = {
        "answer": None if criterion.metric else values.get("answer"),
        "reason": values.get("reason") or "",
        "statement": values.get("statement") or "",
    }
    return {**given, "evidence_ids": list(values["evidence_ids"])} if "evidence_ids" in values else given


def _parts(row: AssessmentDraft) -> dict[str, Any]:
    return parts_of(answer=row.answer, reason=row.reason, statement=row.statement, evidence=row.evidence_ids)


def _require_open(assessment: Assessment) -> None:
    if not assessment.is_ours:
        raise ElsewhereError
    if not assessment.may_be_answered:
        raise ConflictError(_l("These answers cannot be changed just now. Look at how the assessment stands."))


def _check_evidence(assessment: Assessment, evidence_ids: Sequence[Any]) -> None:
    cycle = assessment.cycle
    if len(evidence_ids) > MOST_EVIDENCE:
        raise ConflictError(_l("An answer names at most 20 pieces of evidence. Take one out first."))
    for each in evidence_by_ids(assessment.member_id, evidence_ids):
        if not overlaps(each.covers_from, each.covers_to, since=cycle.covers_from, until=cycle.covers_to):
            message = _l("This evidence is about another time than the assessment. Choose one that covers it.")
            raise InvalidError([FieldError("evidence_ids", message)])


def propose(actor: Actor, assessment: Assessment, *, values: Values) -> AssessmentProposal:
    """Hand all answers to a second person as the text they will sign; ConflictError while something is missing."""
    POLICY.require(actor, "integrity.assessment.answer", assessment.member_id)
    known = db.session.get(AssessmentProposal, (assessment.member_id, values.get("record_id") or ids.new()))
    if known is not None:
        return known
    _require_open(assessment)
    if assessment.lacks:
        raise ConflictError(_l("Some answers are still missing. Complete them first."), code="incomplete")
    facts = _facts(assessment, values)
    items = [_item(assessment, each) for each in assessment.criteria]
    content = rules.content_of(facts, items)
    row = AssessmentProposal(
        member_id=facts.member_id,
        id=facts.id,
        cycle_id=facts.cycle_id,
        edition_id=facts.edition_id,
        revision=facts.revision,
        content=content,
        content_sha256=rules.digest(content),
        answered_by=rules.authors_of(items),
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    event = AssessmentProposed(
        member_id=row.member_id, subject=row.cycle_id, revision=row.revision, sha256=row.content_sha256
    )
    record(actor, event)
    return row


def _facts(assessment: Assessment, values: Values) -> rules.Facts:
    return rules.Facts(
        id=values.get("record_id") or ids.new(),
        member_id=assessment.member_id,
        cycle_id=assessment.cycle.id,
        edition_id=assessment.call.edition_id,
        revision=assessment.next_revision,
    )


def _item(assessment: Assessment, criterion: Criterion) -> rules.Item:
    row, given = assessment.drafts.get(criterion.uid), assessment.given(criterion.uid)
    numbers = returns_on_time(assessment.member_id, assessment.cycle) if criterion.metric else None
    answer = given.answer if numbers is None else level_of(numbers)
    assert answer is not None
    named = evidence_by_ids(assessment.member_id, list(given.evidence))
    return rules.Item(
        uid=criterion.uid,
        answer=answer,
        reason=given.reason,
        statement=given.statement,
        by=tuple(sorted(set(row.authors.values()))) if row else (),
        evidence=tuple(rules.Proof(id=each.id, sha256=each.sha256) for each in named),
        computed=numbers,
    )


def give_back(actor: Actor, assessment: Assessment, *, values: Values) -> ProposalReturn:
    """Give a proposal back to those who answered, with a reason; whoever handed it on may take it back the same way."""
    POLICY.require(actor, "integrity.assessment.answer", assessment.member_id)
    proposal = _waiting(assessment)
    may_sign = POLICY.allows(actor, "integrity.assessment.sign_off", assessment.member_id)
    if not may_sign and actor.label != proposal.actor:
        raise NotAllowedError(action="integrity.assessment.sign_off")
    reason = (values.get("reason") or "").strip()
    if not reason:
        raise InvalidError([FieldError("reason", _l("Say what should be different, so that they can change it."))])
    row = ProposalReturn(
        member_id=proposal.member_id,
        id=proposal.id,
        reason=reason,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    event = AssessmentGivenBack(
        member_id=row.member_id, subject=proposal.cycle_id, revision=proposal.revision, reason=row.reason
    )
    record(actor, event)
    return row


def sign_off(actor: Actor, assessment: Assessment, *, values: Values) -> AssessmentSnapshot:
    """Sign exactly the proposed answers; they are fixed now and go to SRI. Never by somebody who gave one of them."""
    POLICY.require(actor, "integrity.assessment.sign_off", assessment.member_id)
    signed = next((each for each in assessment.snapshots if each.content_sha256 == values["content_sha256"]), None)
    if signed is not None:
        return signed
    proposal = _waiting(assessment)
    if proposal.content_sha256 != values["content_sha256"]:
        raise ConflictError(_l("The answers were handed on anew meanwhile. Look at them again."), code="stale")
    if actor.label in {*proposal.answered_by, proposal.actor}:
        message = _l("You gave or handed on some of these answers. Somebody else has to sign them off.")
        raise NotAllowedError(message, action="integrity.assessment.sign_off")
    row = _snapshot(actor, proposal)
    db.session.add(row)
    event = AssessmentSignedOff(
        member_id=row.member_id,
        subject=row.cycle_id,
        revision=row.revision,
        sha256=row.content_sha256,
        snapshot_id=str(row.id),
    )
    record(actor, event, row)
    return row


def _waiting(assessment: Assessment) -> AssessmentProposal:
    if not assessment.is_ours:
        raise ElsewhereError
    if assessment.proposal is None:
        raise NotFoundError
    if assessment.cycle.state is CycleState.CLOSED or not assessment.is_proposed:
        raise ConflictError(_l("Nothing waits for a signature here any more."), code="not_waiting")
    return assessment.proposal


def _snapshot(actor: Actor, proposal: AssessmentProposal) -> AssessmentSnapshot:
    facts = rules.Facts(
        id=proposal.id,
        member_id=proposal.member_id,
        cycle_id=proposal.cycle_id,
        edition_id=proposal.edition_id,
        revision=proposal.revision,
    )
    at, role = clock.now(), _signing_role(actor, proposal)
    said = rules.SignOff(
        signed_by=actor.label,
        signed_role=role,
        signed_at=to_wire(at),
        proposed_by=proposal.actor,
        proposed_at=to_wire(proposal.at),
    )
    sealed = seal(rules.DOMAIN, rules.statement_of(facts, content_sha256=proposal.content_sha256, said=said))
    return AssessmentSnapshot(
        member_id=proposal.member_id,
        id=proposal.id,
        cycle_id=proposal.cycle_id,
        edition_id=proposal.edition_id,
        revision=proposal.revision,
        content=proposal.content,
        content_sha256=proposal.content_sha256,
        answered_by=proposal.answered_by,
        proposed_by=proposal.actor,
        proposed_at=proposal.at,
        at=at,
        actor=actor.label,
        role=role,
        kid=sealed.kid,
        signature=sealed.signature,
    )


def _signing_role(actor: Actor, proposal: AssessmentProposal) -> str:
    held = (each.role for each in actor.mandates if each.member_id == proposal.member_id)
    return next(role for role in held if role in SIGNING_ROLES)
