"""How meetings ran: their schedules and turns together, from which their evenings follow."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
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
    if meetings is not None:
        opened = opened.where(Meeting.id.in_(meetings))
    turns, past = _turns_of(member_id, meetings), past_schedules(member_id, meetings)
    rows = db.session.scalars(opened.order_by(Meeting.weekday, Meeting.starts_at, Meeting.id))
    return [Life(each, in_order(schedule_of(each), past[each.id]), tuple(turns[each.id])) for each in rows]


def _turns_of(member_id: UUID, meetings: Collection[UUID] | None) -> Mapping[UUID, list[Turn]]:
    wanted = sa.select(MeetingEvent.meeting_id, MeetingEvent.on, MeetingEvent.to_state)
    wanted = wanted.where(MeetingEvent.member_id == member_id)
    if meetings is not None:
        wanted = wanted.where(MeetingEvent.meeting_id.in_(meetings))
    found = defaultdict[UUID, list[Turn]](list)
    # Days never run backwards in steps taken one after another; records from elsewhere may say otherwise.
    for meeting_id, on, state in db.session.execute(wanted.order_by(MeetingEvent.on, MeetingEvent.number)):
        found[meeting_id].append(Turn(on, state))
    return found


def past_schedules(member_id: UUID, meetings: Collection[UUID] | None = None) -> Mapping[UUID, list[Schedule]]:
    """Return by meeting the schedules it had before its present one."""
    wanted = sa.select(PastSchedule).where(PastSchedule.member_id == member_id)
    if meetings is not None:
        wanted = wanted.where(PastSchedule.meeting_id.in_(meetings))
    found = defaultdict[UUID, list[Schedule]](list)
    for row in db.session.scalars(wanted.order_by(PastSchedule.first_on)):
        found[row.meeting_id].append(schedule_of(row))
    return found


def in_order(present: Schedule, past: Sequence[Schedule]) -> tuple[Schedule, ...]:
    """Return the schedules of a meeting in the order of their first days."""
    return tuple(sorted((*past, present), key=lambda each: each.first_on)) if past else (present,)


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
