"""Evenings with their logs: those that are over, those of a month, and the next one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sri_admin.kernel import clock
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.queries.lives import Life, life_of, lives_of
from sri_admin.meetings.queries.logs import current_logs
from sri_admin.meetings.rules.log import MISSING_FOR
from sri_admin.meetings.rules.schedule import Schedule, begins, last_day

_AHEAD = timedelta(days=70)


@dataclass(frozen=True)
class Evening:
    """One date of a meeting, the schedule that counts on it, and its log if there is one."""

    meeting: Meeting
    on: date
    schedule: Schedule
    log: MeetingLog | None


def recent_evenings(member_id: UUID, *, meetings: Collection[UUID] | None = None) -> list[Evening]:
    """Return the evenings of the last 14 days that have begun, the latest first; of some meetings, or of all."""
    lives, now = lives_of(member_id, meetings=meetings), clock.now()
    # A day more on both sides: the date of a meeting is the date where it is.
    since, until = now.date() - MISSING_FOR - timedelta(days=1), now.date() + timedelta(days=1)
    logs = current_logs(member_id, since, until, meetings=meetings)
    found = [
        Evening(life.meeting, day, life.schedule_on(day), logs.get((life.meeting.id, day)))
        for life in lives
        for day in life.evenings(since, until)
        if now - MISSING_FOR <= begins(life.schedule_on(day), day) <= now
    ]
    return sorted(found, key=lambda each: begins(each.schedule, each.on), reverse=True)


def missing_of(evenings: Iterable[Evening]) -> list[Evening]:
    """Return the evenings that are not logged, the oldest first."""
    return [each for each in evenings if each.log is None][::-1]


def evenings_of_month(meeting: Meeting, month: date) -> list[Evening]:
    """Return the evenings of a meeting in a month in their order, also those that were logged beyond the schedule."""
    life = life_of(meeting)
    if life is None:
        return []
    until = last_day(month)
    logs = current_logs(meeting.member_id, month, until, meetings=[meeting.id])
    on = sorted({*life.evenings(month, until), *(day for _meeting, day in logs)})
    return [Evening(meeting, day, life.schedule_on(day), logs.get((meeting.id, day))) for day in on]


def evening_on(meeting: Meeting, on: date) -> Evening | None:
    """Return the evening of a meeting on a day, expected or not; None while the meeting was never active."""
    life = life_of(meeting)
    if life is None:
        return None
    log = current_logs(meeting.member_id, on, on, meetings=[meeting.id]).get((meeting.id, on))
    return Evening(meeting, on, life.schedule_on(on), log)


def next_evening(life: Life) -> Evening | None:
    """Return the next evening that has not begun, if the meeting runs."""
    now = clock.now()
    for day in life.evenings(now.date() - timedelta(days=1), now.date() + _AHEAD):
        if begins(life.schedule_on(day), day) > now:
            return Evening(life.meeting, day, life.schedule_on(day), None)
    return None
