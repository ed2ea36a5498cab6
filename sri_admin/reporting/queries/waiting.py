"""The months that wait for somebody, asked of the rows themselves: neither their age nor a seat hides them."""

from collections.abc import Collection, Mapping
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
from sri_admin.reporting.queries.returns import MonthView, Place, months_of
from sri_admin.reporting.rules.standing import Answer, GrantVerdict, IntakeState


def waiting_at_sri(known: Mapping[Place, MonthView] | None = None) -> list[MonthView]:
    """Return the months of every member in reach about which SRI has something to decide, some read already."""
    came = sa.select(ReturnIntake.member_id, ReturnIntake.month).where(ReturnIntake.state == IntakeState.RECEIVED)
    answered = sa.select(CorrectionGrant.id).where(
        CorrectionGrant.member_id == CorrectionRequest.member_id, CorrectionGrant.request_id == CorrectionRequest.id
    )
    asked = sa.select(CorrectionRequest.member_id, CorrectionRequest.month).where(~answered.exists())
    places = {(member_id, month) for member_id, month in db.session.execute(came.union(asked))}
    found = {place: view for place, view in (known or {}).items() if place in places}
    found |= _read(places - found.keys())
    waiting = (each for each in found.values() if each.waits_for_sri or each.waits_for_grant)
    return sorted(waiting, key=lambda each: (each.member.code, each.month))


def _read(places: Collection[Place]) -> dict[Place, MonthView]:
    if not places:
        return {}
    wanted = sa.select(Member).where(Member.member_id.in_({member_id for member_id, _month in places}))
    members = db.session.scalars(wanted).all()
    views = months_of(members, sorted({month for _member_id, month in places}), at_home=False)
    return {place: view for place, view in views.items() if place in places}


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
