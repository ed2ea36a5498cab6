"""When a meeting takes place: its dates follow from its schedules and from the days it was active.

A date is the date where the meeting is: a month has the dates of its own calendar, whatever hour it is elsewhere.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sri_admin.meetings.rules.meeting import MeetingState


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A weekday (1 is Monday) and local hour, every week or every second one, from a first day on."""

    weekday: int
    starts_at: time
    minutes: int
    time_zone: str
    first_on: date
    every_weeks: int = 1


@dataclass(frozen=True, order=True)
class Turn:
    """The day from which a meeting stood in a state."""

    on: date
    state: MeetingState


def month_of(day: date) -> date:
    """Return the first day of a date's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def last_day(month: date) -> date:
    """Return the last day of a month."""
    return next_month(month) - timedelta(days=1)


def dates(schedule: Schedule, since: date, until: date) -> Iterator[date]:
    """Yield the dates of a schedule from one day to another, both included."""
    first = schedule.first_on + timedelta(days=(schedule.weekday - schedule.first_on.isoweekday()) % 7)
    stride = 7 * schedule.every_weeks
    skipped = max(0, -((first - since).days // stride)) if since > first else 0
    day = first + timedelta(days=stride * skipped)
    while day <= until:
        yield day
        day += timedelta(days=stride)


def is_active(turns: Sequence[Turn], day: date) -> bool:
    """Say whether a meeting was active on a day; `turns` in the order in which they were taken."""
    place = bisect_right(turns, day, key=lambda turn: turn.on)
    return place > 0 and turns[place - 1].state is MeetingState.ACTIVE


def expected(schedules: Sequence[Schedule], turns: Sequence[Turn], since: date, until: date) -> list[date]:
    """Return the dates a meeting was to take place from one day to another.

    Each schedule, in the order of their first days, counts until the day before the next one begins.
    """
    ends = [*(each.first_on - timedelta(days=1) for each in schedules[1:]), until]
    found = (day for each, end in zip(schedules, ends, strict=True) for day in dates(each, since, min(end, until)))
    return [day for day in found if is_active(turns, day)]


def how_many(schedules: Sequence[Schedule], turns: Sequence[Turn], since: date, until: date) -> int:
    """Return how many dates `expected` would return, without naming them: a country has thousands of meetings."""
    ends = [*(each.first_on - timedelta(days=1) for each in schedules[1:]), until]
    return sum(
        _between(each, max(since, begun), min(until, end, stopped))
        for each, end in zip(schedules, ends, strict=True)
        for begun, stopped in _active(turns, until)
    )


def _active(turns: Sequence[Turn], until: date) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each time a meeting was active."""
    for place, turn in enumerate(turns):
        if turn.state is MeetingState.ACTIVE:
            after = turns[place + 1].on - timedelta(days=1) if place + 1 < len(turns) else until
            yield turn.on, after


def _between(schedule: Schedule, since: date, until: date) -> int:
    first = schedule.first_on.toordinal() + (schedule.weekday - schedule.first_on.isoweekday()) % 7
    stride = 7 * schedule.every_weeks
    before = max(0, -((first - since.toordinal()) // stride))
    return max(0, (until.toordinal() - first) // stride - before + 1)


def begins(schedule: Schedule, day: date) -> datetime:
    """Return the moment a meeting begins on a day, in UTC; an hour the clocks leave out begins when they have moved."""
    return datetime.combine(day, schedule.starts_at, ZoneInfo(schedule.time_zone)).astimezone(UTC)


def ends(schedule: Schedule, day: date) -> datetime:
    """Return the moment a meeting is over."""
    return begins(schedule, day) + timedelta(minutes=schedule.minutes)
