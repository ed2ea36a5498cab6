"""Which accounts lead which meetings, and what that lets them do."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.meetings.models.meeting import Meeting, MeetingLeader
from sri_admin.meetings.rules.log import Desk
from sri_admin.people.models import Account
from sri_admin.people.queries.access import access_at
from sri_admin.people.rules import Role


@dataclass(frozen=True)
class LeaderRow:
    """Somebody who leads a meeting, with the account."""

    leader: MeetingLeader
    account: Account


def leading_now() -> sa.ColumnElement[bool]:
    """Return the condition that somebody leads a meeting today."""
    today = clock.today()
    return sa.and_(
        MeetingLeader.since <= today, sa.or_(MeetingLeader.ended_on.is_(None), MeetingLeader.ended_on > today)
    )


def leaders_of(meeting: Meeting) -> list[LeaderRow]:
    """Return who leads a meeting today, in the order in which they began."""
    found = (
        sa.select(MeetingLeader, Account)
        .join(Account, Account.id == MeetingLeader.account_id)
        .where(MeetingLeader.member_id == meeting.member_id, MeetingLeader.meeting_id == meeting.id, leading_now())
        .order_by(MeetingLeader.since, MeetingLeader.id)
    )
    return [LeaderRow(*row) for row in db.session.execute(found)]


def leader_by_id(meeting: Meeting, leader_id: UUID) -> MeetingLeader:
    """Return somebody's lead of a meeting; NotFoundError if it is another meeting's."""
    found = db.session.get(MeetingLeader, (meeting.member_id, leader_id))
    if found is None or found.meeting_id != meeting.id:
        raise NotFoundError
    return found


def desk_of(meeting: Meeting) -> Desk:
    """Return a meeting as the policy of logs sees it."""
    found = sa.select(MeetingLeader.account_id).where(
        MeetingLeader.member_id == meeting.member_id, MeetingLeader.meeting_id == meeting.id, leading_now()
    )
    return Desk(meeting.member_id, frozenset(db.session.scalars(found)))


def led_by(actor: Actor, member_id: UUID) -> list[UUID]:
    """Return the meetings of a member somebody leads today."""
    found = sa.select(MeetingLeader.meeting_id).where(
        MeetingLeader.member_id == member_id, MeetingLeader.account_id == actor.account_id, leading_now()
    )
    return list(db.session.scalars(found))


def leaders_by_meeting(member_id: UUID) -> dict[UUID, frozenset[UUID]]:
    """Return by meeting the accounts that lead it today; meetings nobody leads are left out."""
    found: dict[UUID, frozenset[UUID]] = {}
    rows = sa.select(MeetingLeader.meeting_id, MeetingLeader.account_id)
    for row in db.session.execute(rows.where(MeetingLeader.member_id == member_id, leading_now())):
        found[row.meeting_id] = found.get(row.meeting_id, frozenset()) | {row.account_id}
    return found


def possible_leaders(member_id: UUID) -> list[Account]:
    """Return the facilitators and coordinators of a member, each once."""
    roles = {Role.FACILITATOR, Role.COORDINATOR, Role.MEMBER_ADMINISTRATOR}
    found = [each.account for each in access_at(member_id) if each.mandate.role in roles]
    return list({each.id: each for each in found}.values())
