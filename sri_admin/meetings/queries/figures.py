"""The figures of a month, as far as they are known here: what was expected, what was logged, who came."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.queries.lives import in_order, past_schedules, schedule_of, turns_of
from sri_admin.meetings.queries.logs import latest_logs
from sri_admin.meetings.rules.log import CANCELLED, HELD, Outcome
from sri_admin.meetings.rules.meeting import Settlement
from sri_admin.meetings.rules.schedule import how_many, is_active, last_day, month_of

_SCHEDULE = (
    Meeting.weekday,
    Meeting.starts_at,
    Meeting.minutes,
    Meeting.time_zone,
    Meeting.first_on,
    Meeting.every_weeks,
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Counts of a month.

    `logged` is `held`, `cancelled`, and the evenings on which nobody came. `attendances` are visits without
    facilitators. `uncounted` are held meetings whose visitors were not counted, `uncounted_first_time` those whose
    first visits were not: a sum with either of them says less than it seems to.
    """

    expected: int = 0
    logged: int = 0
    held: int = 0
    cancelled: int = 0
    attendances: int = 0
    first_time: int = 0
    uncounted: int = 0
    uncounted_first_time: int = 0
    active: int = 0
    new_meetings: int = 0


@dataclass(frozen=True, kw_only=True)
class MonthFigures(Figures):
    """The figures of a member in a month, also by the kind of place; kinds without any meeting are left out."""

    by_settlement: Mapping[Settlement, Figures]


def month_figures(member_id: UUID, month: date) -> MonthFigures:
    """Return what the meetings and logs that are here say of a month, given by any of its days.

    `expected` are the dates of the whole month; `active` counts at its last day, or today while it runs; a meeting is
    new in the month of its first active day. Four statements however many meetings there are; logs are summed there.
    """
    first, last = month_of(month), last_day(month)
    planned, logged = _planned(member_id, first, last), _logged(member_id, first, last)
    every = {each: Figures(**planned.get(each, {}), **logged.get(each, {})) for each in Settlement}
    told = {settlement: figures for settlement, figures in every.items() if figures != Figures()}
    return MonthFigures(**vars(_sum(told.values())), by_settlement=told)


def _planned(member_id: UUID, first: date, last: date) -> dict[Settlement, Counter[str]]:
    """Return what follows from schedules and turns: thousands of meetings, so only their columns are read."""
    opened = sa.select(Meeting.id, Meeting.settlement, Meeting.opened_on, *_SCHEDULE).where(
        Meeting.member_id == member_id, Meeting.opened_on.is_not(None)
    )
    turns, past = turns_of(member_id), past_schedules(member_id)
    until = cache(lambda zone: min(last, max(first, clock.today(zone))))
    found = defaultdict[Settlement, Counter[str]](Counter)
    for row in db.session.execute(opened):
        taken, counted = turns[row.id], found[row.settlement]
        counted["expected"] += how_many(in_order(schedule_of(row), past[row.id]), taken, first, last)
        counted["active"] += is_active(taken, until(row.time_zone))
        counted["new_meetings"] += first <= row.opened_on <= last
    return found


def _logged(member_id: UUID, first: date, last: date) -> dict[Settlement, dict[str, int]]:
    """Return what was logged, as sums of the logs that count."""
    log = latest_logs(member_id, first, last)
    held, cancelled = log.c.outcome.in_(HELD), log.c.outcome.in_(CANCELLED)
    sums = {
        "logged": sa.func.count(),
        "held": sa.func.count().filter(held),
        "cancelled": sa.func.count().filter(cancelled),
        "attendances": sa.func.coalesce(sa.func.sum(log.c.people).filter(held), 0),
        "first_time": sa.func.coalesce(sa.func.sum(log.c.first_time).filter(held), 0),
        "uncounted": sa.func.count().filter(held, log.c.people.is_(None)),
        "uncounted_first_time": sa.func.count().filter(held, log.c.first_time.is_(None)),
    }
    rows = (
        sa.select(Meeting.settlement, *(each.label(name) for name, each in sums.items()))
        .join_from(Meeting, log, Meeting.id == log.c.meeting_id)
        .where(Meeting.member_id == member_id, Meeting.opened_on.is_not(None), log.c.outcome != Outcome.TAKEN_BACK)
        .group_by(Meeting.settlement)
    )
    return {row.settlement: {name: getattr(row, name) for name in sums} for row in db.session.execute(rows)}


def _sum(figures: Iterable[Figures]) -> Figures:
    found = list(figures)
    return Figures(**{name: sum(getattr(each, name) for each in found) for name in Figures.__dataclass_fields__})
