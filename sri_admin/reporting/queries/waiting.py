"""The months that wait for somebody, asked of the rows themselves: neither their age nor a seat hides them."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.reporting.models.returns import (
    CorrectionGrant,
    CorrectionRequest,
    ProposalAnswer,
    ReturnIntake,
    ReturnProposal,
)
from sri_admin.reporting.queries.returns import MonthView, months_of
from sri_admin.reporting.rules.standing import Answer, GrantVerdict, IntakeState


def waiting_at_sri() -> list[MonthView]:
    """Return the months of every member in reach about which SRI has something to decide."""
    came = sa.select(ReturnIntake.member_id, ReturnIntake.month).where(ReturnIntake.state == IntakeState.RECEIVED)
    answered = sa.select(CorrectionGrant.id).where(
        CorrectionGrant.member_id == CorrectionRequest.member_id, CorrectionGrant.request_id == CorrectionRequest.id
    )
    asked = sa.select(CorrectionRequest.member_id, CorrectionRequest.month).where(~answered.exists())
    places = {(member_id, month) for member_id, month in db.session.execute(came.union(asked))}
    if not places:
        return []
    wanted = sa.select(Member).where(Member.member_id.in_({member_id for member_id, _month in places}))
    members = db.session.scalars(wanted.order_by(Member.code)).all()
    views = months_of(members, sorted({month for _member_id, month in places}), at_home=False)
    return [each for place, each in views.items() if place in places and (each.waits_for_sri or each.waits_for_grant)]


def unfinished_months(member_id: UUID) -> list[date]:
    """Return the months of a member that may wait for its board however long they are over, the oldest first."""
    approved = sa.select(ProposalAnswer.id).where(
        ProposalAnswer.member_id == member_id,
        ProposalAnswer.proposal_id == ReturnProposal.id,
        ProposalAnswer.verdict == Answer.APPROVE,
    )
    proposed = sa.select(ReturnProposal.month).where(ReturnProposal.member_id == member_id, ~approved.exists())
    stopped = sa.select(ReturnIntake.month).where(
        ReturnIntake.member_id == member_id,
        ReturnIntake.state.in_((IntakeState.RETURNED, IntakeState.QUARANTINED)),
    )
    granted = sa.select(CorrectionGrant.month).where(
        CorrectionGrant.member_id == member_id, CorrectionGrant.verdict == GrantVerdict.GRANTED
    )
    return sorted(db.session.scalars(proposed.union(stopped, granted)))
