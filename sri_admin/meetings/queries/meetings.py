"""What is read about meetings: lists, one meeting, the steps it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.paging import SIZE, Page
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, PastSchedule
from sri_admin.meetings.policy import visible
from sri_admin.meetings.rules.meeting import CONFIRMED_FOR, MeetingState
from sri_admin.members.models.member import Member
from sri_admin.members.rules.naming import fold

MOST_COMPARED = 200
_SEPARATE = ("state", "community_id", "weekday", "settlement")


@dataclass(frozen=True)
class MeetingRow:
    """A meeting and where it belongs, as a list shows them."""

    meeting: Meeting
    community: Community


class Waiting(NamedTuple):
    """How many meetings of a member wait for somebody, and for what."""

    proposed: int
    overdue: int
    unconfirmed: int


def meeting_by_id(member_id: UUID, meeting_id: UUID) -> Meeting:
    """Return a meeting of a member; NotFoundError if there is none."""
    found = db.session.get(Meeting, (member_id, meeting_id))
    if found is None:
        raise NotFoundError
    return found


def meetings_page(member_id: UUID, query: Mapping[str, Any]) -> Page[MeetingRow]:
    """Return one page of the meetings of a member, filtered and sorted as asked."""
    number, size = query.get("page") or 1, query.get("size") or SIZE
    found = _asked(member_id, query)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
    order = query.get("sort") or "when"
    placed = [each.desc() if order.startswith("-") else each.asc() for each in _ORDERS[order.lstrip("-")]]
    rows = db.session.execute(found.order_by(*placed, Meeting.id).limit(size).offset((number - 1) * size))
    return Page([MeetingRow(*row) for row in rows], total, number, size)


def _asked(member_id: UUID, query: Mapping[str, Any]) -> sa.Select[Meeting, Community]:
    belongs = sa.and_(Community.member_id == Meeting.member_id, Community.id == Meeting.community_id)
    found = sa.select(Meeting, Community).join(Community, belongs).where(Meeting.member_id == member_id)
    for name in _SEPARATE:
        if query.get(name):
            found = found.where(getattr(Meeting, name) == query[name])
    if query.get("q"):
        found = found.where(Meeting.search.contains(fold(query["q"]), autoescape=True))
    if query.get("unconfirmed"):
        found = found.where(is_unconfirmed())
    return found


def find_meetings(actor: Actor, text: str, *, most: int) -> list[tuple[Meeting, Member]]:
    """Return the meetings an actor may see whose name in any language has a folded text, each with its country.

    They are put in order among the first `MOST_COMPARED` that are found: a word half of all meetings have in their
    name tells nothing, and is not worth reading them all.
    """
    some = (
        sa.select(Meeting.member_id, Meeting.id)
        .where(visible(actor, Meeting.member_id), Meeting.search.contains(text, autoescape=True))
        .limit(MOST_COMPARED)
        .subquery()
    )
    found = (
        sa.select(Meeting, Member)
        .join(some, sa.and_(some.c.member_id == Meeting.member_id, some.c.id == Meeting.id))
        .join(Member, Member.member_id == Meeting.member_id)
        .order_by(Member.code, Meeting.search, Meeting.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(found.limit(most))]


def is_unconfirmed() -> sa.ColumnElement[bool]:
    """Return the condition that nobody said within 90 days that an active meeting runs."""
    latest = clock.today() - CONFIRMED_FOR
    return sa.and_(
        Meeting.state == MeetingState.ACTIVE, sa.or_(Meeting.confirmed_on.is_(None), Meeting.confirmed_on < latest)
    )


def unconfirmed(member_id: UUID) -> int:
    """Count the active meetings of a member that nobody confirmed within 90 days."""
    counted = sa.select(sa.func.count()).select_from(Meeting).where(Meeting.member_id == member_id, is_unconfirmed())
    return db.session.scalar(counted) or 0


def waiting_of(member_id: UUID, on: date) -> Waiting:
    """Count the meetings of a member that wait: to be approved, to go on by now, to be confirmed."""
    is_late = sa.and_(Meeting.state == MeetingState.ON_HOLD, Meeting.expected_return <= on)
    conditions = (Meeting.state == MeetingState.PROPOSED, is_late, is_unconfirmed())
    counted = sa.select(*(sa.func.count().filter(each) for each in conditions)).where(Meeting.member_id == member_id)
    return Waiting(*db.session.execute(counted).one())


def events_of(meeting: Meeting) -> list[MeetingEvent]:
    """Return the steps of a meeting in the order in which they were taken."""
    found = sa.select(MeetingEvent).where(
        MeetingEvent.member_id == meeting.member_id, MeetingEvent.meeting_id == meeting.id
    )
    return list(db.session.scalars(found.order_by(MeetingEvent.number)))


def past_schedules_of(meeting: Meeting) -> list[PastSchedule]:
    """Return the schedules a meeting had before its present one, the oldest first."""
    found = sa.select(PastSchedule).where(
        PastSchedule.member_id == meeting.member_id, PastSchedule.meeting_id == meeting.id
    )
    return list(db.session.scalars(found.order_by(PastSchedule.first_on)))


def languages_in_use(member_id: UUID) -> list[str]:
    """Return the languages of a member's meetings."""
    spoken = sa.select(sa.func.unnest(Meeting.languages)).where(Meeting.member_id == member_id)
    return sorted(set(db.session.scalars(spoken)))


def counts_by_state(member_id: UUID) -> dict[MeetingState, int]:
    """Count the meetings of a member by state."""
    counted = sa.select(Meeting.state, sa.func.count().label("many")).where(Meeting.member_id == member_id)
    return {row.state: row.many for row in db.session.execute(counted.group_by(Meeting.state))}


# A weekday begins on Monday; names are ordered by their folded form, which sorts marks and capitals together.
_ORDERS: Mapping[str, tuple[sa.SQLColumnExpression[Any], ...]] = {
    "when": (Meeting.weekday, Meeting.starts_at),
    "name": (Meeting.search,),
    "state": (Meeting.state, Meeting.state_since),
    "confirmed": (sa.func.coalesce(Meeting.confirmed_on, sa.cast("0001-01-01", sa.Date)),),
}
