"""Months and their due days: which returns are expected of a member, and which came in time."""

import calendar
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sri_admin.members.rules.member import MemberState

DUE_DAY: Final = 15


@dataclass(frozen=True)
class Change:
    """From a day on a member stood in another state."""

    on: date
    before: MemberState
    after: MemberState


@dataclass(frozen=True)
class Punctual:
    """How many returns were expected, and how many of them were approved in time, late, or not at all."""

    expected: int
    on_time: int
    late: int
    missing: int


def first_of(day: date) -> date:
    """Return the first day of a day's month: the name of the month."""
    return day.replace(day=1)


def last_of(month: date) -> date:
    """Return the last day of a month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def after(month: date) -> date:
    """Return the month after a month."""
    return last_of(month) + timedelta(days=1)


def before(month: date) -> date:
    """Return the month before a month."""
    return first_of(month - timedelta(days=1))


def due_on(month: date) -> date:
    """Return the day until whose end the return of a month is due."""
    return after(month).replace(day=DUE_DAY)


def months(since: date, until: date) -> Iterator[date]:
    """Yield the months from one to another, both included."""
    month = first_of(since)
    while month <= until:
        yield month
        month = after(month)


def last_months(today: date, count: int) -> list[date]:
    """Return the last months that are over, the oldest first."""
    found: list[date] = []
    month = first_of(today)
    for _each in range(count):
        month = before(month)
        found.append(month)
    return found[::-1]


def state_on(day: date, changes: Sequence[Change], *, now: MemberState) -> MemberState:
    """Return the state a member was in at the end of a day; `changes` stand in their order."""
    past = [each for each in changes if each.on <= day]
    if past:
        return past[-1].after
    return changes[0].before if changes else now


def expected_months(within: Iterable[date], changes: Sequence[Change], *, now: MemberState) -> list[date]:
    """Return the months at whose end the member was licensed."""
    return [each for each in within if state_on(last_of(each), changes, now=now) is MemberState.LICENSED]


def punctual(expected: Collection[date], approved: Mapping[date, date], *, until: date) -> Punctual:
    """Count returns by the day they were approved; one that is due after `until` counts only if it is in."""
    days = {month: approved.get(month) for month in expected}
    counted = {month: day for month, day in days.items() if day is not None or due_on(month) <= until}
    on_time = sum(day is not None and day <= due_on(month) for month, day in counted.items())
    missing = sum(day is None for day in counted.values())
    return Punctual(len(counted), on_time, len(counted) - on_time - missing, missing)
