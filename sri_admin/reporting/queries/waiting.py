"""What waits for SRI among many countries and months, found without reading them all."""

from collections.abc import Collection, Sequence
from datetime import date

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.reporting.models.returns import CorrectionGrant, CorrectionRequest, ReturnIntake
from sri_admin.reporting.queries.returns import MonthView, months_of
from sri_admin.reporting.rules.standing import IntakeState


def waiting_months(members: Sequence[Member], months: Collection[date]) -> list[MonthView]:
    """Return the months in which SRI may have something to decide: a return that came in, a request to correct.

    Whether it has is for the standing of the month to say: a newer revision may have overtaken what is found here.
    """
    came = sa.select(ReturnIntake.member_id, ReturnIntake.month).where(ReturnIntake.state == IntakeState.RECEIVED)
    answered = sa.exists().where(
        CorrectionGrant.member_id == CorrectionRequest.member_id, CorrectionGrant.request_id == CorrectionRequest.id
    )
    asked = sa.select(CorrectionRequest.member_id, CorrectionRequest.month).where(~answered)
    either = came.union(asked).subquery()
    wanted = sa.select(either).where(
        either.c.member_id.in_([each.member_id for each in members]), either.c.month.in_(months)
    )
    places = {(row.member_id, row.month) for row in db.session.execute(wanted)}
    if not places:
        return []
    those = {member_id for member_id, _month in places}
    some = [each for each in members if each.member_id in those]
    views = months_of(some, sorted({month for _member, month in places}), at_home=False)
    return [view for place, view in views.items() if place in places]
