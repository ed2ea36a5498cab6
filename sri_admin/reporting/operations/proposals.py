"""From the preparer to the approver: a numbered revision, whole and under its hash; approved by somebody else."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.federation.seals import seal
from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, FieldError, InvalidError, NotAllowedError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.members.models.member import Member
from sri_admin.reporting.events import ReturnApproved, ReturnGivenBack, ReturnProposed
from sri_admin.reporting.models.returns import OfRevision, ProposalAnswer, ReturnProposal, ReturnRevision
from sri_admin.reporting.operations.drafts import authors_of, preparing
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.drafts import Working, working_on
from sri_admin.reporting.queries.returns import MonthView, approval_of, content_of, is_written_here, month_of
from sri_admin.reporting.rules.months import last_of
from sri_admin.reporting.rules.standing import (
    APPROVERS,
    Answer,
    next_kind,
    next_revision,
    next_sending,
    open_grant,
)
from sri_admin.reporting.rules.validation import hard, unexplained
from sri_admin.reporting.rules.values import (
    APPROVAL_DOMAIN,
    ReturnKind,
    cells_hash,
    cells_to_wire,
    explanations_to_wire,
    values_hash,
)
from sri_admin.reporting.rules.words import say

Values = Mapping[str, Any]


def propose(actor: Actor, member: Member, month: date, *, values: Values) -> ReturnProposal:
    """Send the values of a month to the approver, all of them, under one hash; the same id again changes nothing.

    `shown` is the hash of the cells the preparer looked at: others are refused.
    """
    POLICY.require(actor, "reporting.return.prepare", member)
    proposal_id: UUID = values.get("record_id") or values.get("id") or ids.new()
    known = db.session.get(ReturnProposal, (member.member_id, proposal_id))
    if known is not None:
        return known
    view = preparing(member, month)
    if view.today <= last_of(month):
        raise ConflictError(_l("This month is not over yet. You can send it from the first day of the next."))
    work = working_on(view)
    if values.get("shown") not in {None, cells_hash(work.cells)}:
        raise _other_values()
    faults = list(_faults(work))
    if faults:
        raise InvalidError(faults)
    row = _proposal(actor, view, work, proposal_id)
    row.values_hash = values_hash(content_of(row, member.member_id))
    db.session.add(row)
    event = ReturnProposed(
        member_id=member.member_id,
        subject=row.id,
        month=month,
        revision=row.revision,
        values_hash=row.values_hash,
    )
    record(actor, event, row)
    return row


def _faults(work: Working) -> Iterator[FieldError]:
    for each in work.unanswered:
        yield FieldError(f"{each.code}_number", _l("Write a number, or say why there is none."))
    for each in hard(work.found):
        yield FieldError(f"{each.indicator}_number", say(each))
    for each in unexplained(work.found, work.explanations):
        yield FieldError(f"{each.rule}_{each.indicator}_why", say(each))


def _proposal(actor: Actor, view: MonthView, work: Working, proposal_id: UUID) -> ReturnProposal:
    revision, kind = next_revision(view.sides), next_kind(view.standing)
    grant = open_grant(view.standing, today=view.today) if kind is ReturnKind.CORRECTION else None
    keys = {each.key for each in work.found}
    needed = [each for each in work.explanations if (each.rule, each.indicator) in keys]
    return ReturnProposal(
        member_id=view.member.member_id,
        id=proposal_id,
        month=view.month,
        revision=revision,
        sending=next_sending(view.sides, revision),
        kind=kind,
        data_set_id=work.data_set.id,
        cells=cells_to_wire(work.cells),
        explanations=explanations_to_wire(needed),
        expected=work.figures.expected,
        logged=work.figures.logged,
        correction_id=UUID(grant.id) if grant else None,
        authors=sorted(set(authors_of(view, work).values())),
        prepared_by=actor.label,
        prepared_at=clock.now(),
    )


def approve(actor: Actor, member: Member, proposal: ReturnProposal, *, values: Values) -> ReturnRevision:
    """Approve exactly the values that were shown, and sign them; from now on they are on their way to SRI."""
    POLICY.require(actor, "reporting.return.approve", member)
    known = db.session.get(ReturnRevision, (member.member_id, proposal.id))
    if known is not None and known.approved_by == actor.label:
        return known
    if had_part_in(actor, proposal):
        raise NotAllowedError(_l("You prepared this yourself. Somebody else has to approve it."), action="approve")
    view = _answering(member, proposal, values)
    if (proposal.revision, proposal.kind) != (next_revision(view.sides), next_kind(view.standing)):
        message = _l("SRI has answered meanwhile. Give this back, so that it is prepared anew.")
        raise ConflictError(message, code="overtaken")
    grant = open_grant(view.standing, today=view.today)
    if proposal.kind is ReturnKind.CORRECTION and (grant is None or grant.id != str(proposal.correction_id)):
        raise ConflictError(_l("The time for this correction is over. Ask SRI again."), code="no_grant")
    answer, row = _answer(actor, proposal, Answer.APPROVE, ""), _revision(actor, proposal)
    db.session.add_all([answer, row])
    event = ReturnApproved(
        member_id=member.member_id,
        subject=row.id,
        month=row.month,
        revision=row.revision,
        kind=row.kind.value,
        values_hash=row.values_hash,
    )
    record(actor, event, answer, row)
    return row


def give_back(actor: Actor, member: Member, proposal: ReturnProposal, *, values: Values) -> ProposalAnswer:
    """Give a proposal back to the preparer with a reason, or take back one's own; it is kept as it was."""
    POLICY.require(actor, "reporting.return.give_back", member)
    if not had_part_in(actor, proposal):
        POLICY.require(actor, "reporting.return.approve", member)
    _answering(member, proposal, values)
    reason = (values.get("reason") or "").strip()
    if not reason:
        raise InvalidError([FieldError("reason", _l("Say what should be different, so that it can be put right."))])
    row = _answer(actor, proposal, Answer.GIVE_BACK, reason)
    db.session.add(row)
    event = ReturnGivenBack(
        member_id=member.member_id,
        subject=proposal.id,
        month=proposal.month,
        revision=proposal.revision,
        reason=reason,
    )
    record(actor, event, row)
    return row


def _answering(member: Member, proposal: ReturnProposal, values: Values) -> MonthView:
    if not is_written_here(member.member_id):
        raise ElsewhereError
    view = month_of(member, proposal.month, at_home=True)
    waits = view.standing.proposal
    if waits is None or waits.id != str(proposal.id) or waits.answer is not None:
        raise ConflictError(_l("This was answered meanwhile, or sent anew. Look at the month again."), code="answered")
    if values.get("values_hash") != proposal.values_hash:
        raise _other_values()
    return view


def _other_values() -> ConflictError:
    return ConflictError(_l("These are not the values you were shown. Look at the month again."), code="other_values")


def had_part_in(actor: Actor, proposal: ReturnProposal) -> bool:
    """Say whether somebody entered values of a proposal, explained them or sent them: then another has to approve."""
    return actor.label in {proposal.prepared_by, *proposal.authors}


def _answer(actor: Actor, proposal: ReturnProposal, verdict: Answer, reason: str) -> ProposalAnswer:
    return ProposalAnswer(
        member_id=proposal.member_id,
        id=ids.new(),
        proposal_id=proposal.id,
        values_hash=proposal.values_hash,
        prepared_by=proposal.prepared_by,
        authors=proposal.authors,
        verdict=verdict,
        reason=reason,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )


def _revision(actor: Actor, proposal: ReturnProposal) -> ReturnRevision:
    copied = {name: getattr(proposal, name) for name in OfRevision.__annotations__}
    row = ReturnRevision(
        **copied,
        member_id=proposal.member_id,
        id=proposal.id,
        month=proposal.month,
        approved_by=actor.label,
        approved_role=_approving_role(actor, proposal),
        approved_at=clock.now(),
    )
    row.kid, row.signature = seal(APPROVAL_DOMAIN, approval_of(row))
    return row


def _approving_role(actor: Actor, proposal: ReturnProposal) -> str:
    # Somebody may hold several roles: SRI judges an approval by the one that lets them approve.
    held = (each.role for each in actor.mandates if each.member_id == proposal.member_id)
    return next(role for role in held if role in APPROVERS)
