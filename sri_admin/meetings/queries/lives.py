"""How meetings ran: their schedules and turns together, from which their evenings follow."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, PastSchedule
from sri_admin.meetings.rules.schedule import Schedule, Turn, expected, is_active


@dataclass(frozen=True)
class Life:
    """A meeting that was active at least once, with its schedules and its turns in their order."""

    meeting: Meeting
    schedules: tuple[Schedule, ...]
    turns: tuple[Turn, ...]

    def evenings(self, since: date, until: date) -> list[date]:
        """Return the dates it was to take place."""
        return expected(self.schedules, self.turns, since, until)

    def was_active(self, day: date) -> bool:
        """Say whether it ran on a day."""
        return is_active(self.turns, day)

    def schedule_on(self, day: date) -> Schedule:
        """Return the schedule that counts on a day."""
        begun = [each for each in self.schedules if each.first_on <= day]
        return begun[-1] if begun else self.schedules[0]


def lives_of(member_id: UUID, *, meetings: Collection[UUID] | None = None) -> list[Life]:
    """Return the lives of a member's meetings, or of some of them; three statements however many there are."""
    opened = sa.select(Meeting).where(Meeting.member_id == member_id, Meeting.opened_on.is_not(None))
    turned = sa.select(MeetingEvent.meeting_id, MeetingEvent.on, MeetingEvent.to_state).where(
        MeetingEvent.member_id == member_id
    )
    past = sa.select(PastSchedule).where(PastSchedule.member_id == member_id)
    if meetings is not None:
        opened = opened.where(Meeting.id.in_(meetings))
        turned = turned.where(MeetingEvent.meeting_id.in_(meetings))
        past = past.where(PastSchedule.meeting_id.in_(meetings))
    turns, schedules = defaultdict[UUID, list[Turn]](list), defaultdict[UUID, list[Schedule]](list)
    for meeting_id, on, state in db.session.execute(turned.order_by(MeetingEvent.number)):
        turns[meeting_id].append(Turn(on, state))
    for row in db.session.scalars(past.order_by(PastSchedule.first_on)):
        schedules[row.meeting_id].append(schedule_of(row))
    rows = db.session.scalars(opened.order_by(Meeting.weekday, Meeting.starts_at, Meeting.id))
    # Days never run backwards in steps taken one after another; records from elsewhere may say otherwise.
    return [
        Life(
            each,
            tuple(sorted((*schedules[each.id], schedule_of(each)), key=lambda one: one.first_on)),
            tuple(sorted(turns[each.id], key=lambda turn: turn.on)),
        )
        for each in rows
    ]


def life_of(meeting: Meeting) -> Life | None:
    """Return the life of one meeting; None while it was never active."""
    return next(iter(lives_of(meeting.member_id, meetings=[meeting.id])), None)


def schedule_of(row: Meeting | PastSchedule) -> Schedule:
    """Return the schedule a row holds."""
    return Schedule(
        weekday=row.weekday,
        starts_at=row.starts_at,
        minutes=row.minutes,
        time_zone=row.time_zone,
        first_on=row.first_on,
        every_weeks=row.every_weeks,
    )
