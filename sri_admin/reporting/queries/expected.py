"""Which returns are expected of a member: derived from how it stood at the end of each month, never stored."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member, MemberEvent
from sri_admin.reporting.queries.catalogue import first_month
from sri_admin.reporting.rules.months import Change, expected_months


def expected_of(members: Sequence[Member], months: Collection[date]) -> dict[UUID, list[date]]:
    """Return, by member, the months in which it was licensed, from the first one a data set asks for."""
    begin, changes = first_month(), _changes([each.member_id for each in members])
    asked = [month for month in months if begin is not None and month >= begin]
    return {each.member_id: expected_months(asked, changes.get(each.member_id, []), now=each.state) for each in members}


def _changes(members: Collection[UUID]) -> dict[UUID, list[Change]]:
    wanted = sa.select(MemberEvent).where(MemberEvent.member_id.in_(members))
    found: dict[UUID, list[Change]] = {}
    for each in db.session.scalars(wanted.order_by(MemberEvent.on, MemberEvent.at, MemberEvent.id)):
        found.setdefault(each.member_id, []).append(Change(each.on, each.from_state, each.to_state))
    return found
