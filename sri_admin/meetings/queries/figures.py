"""The figures of a month, as far as they are known here: what was expected, what was logged, who came."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, PastSchedule
from sri_admin.meetings.queries.lives import in_order, past_schedules
from sri_admin.meetings.queries.logs import latest_logs
from sri_admin.meetings.rules.log import CANCELLED, HELD, Outcome
from sri_admin.meetings.rules.meeting import MeetingState, Settlement
from sri_admin.meetings.rules.schedule import Schedule, Turn, how_many, is_active, last_day, month_of


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
    """Return what follows from schedules and turns, from as many rows as there are ways in which meetings run alike."""
    past, found = past_schedules(member_id), defaultdict[Settlement, Counter[str]](Counter)
    until = cache(lambda zone: min(last, max(first, clock.today(zone))))
    for row in db.session.execute(_runs(member_id, first, last)):
        # The hour does not matter for a date.
        present = Schedule(
            weekday=row.weekday,
            starts_at=time.min,
            minutes=0,
            time_zone=row.time_zone,
            first_on=row.first_on,
            every_weeks=row.every_weeks,
        )
        turns = [Turn(row.begun, MeetingState.ACTIVE), Turn(row.stopped + timedelta(days=1), MeetingState.ON_HOLD)]
        counted, schedules = found[row.settlement], in_order(present, past.get(row.moved, ()))
        counted["expected"] += row.many * how_many(schedules, turns, first, last)
        counted["active"] += row.many * is_active(turns, until(row.time_zone))
    for settlement, many in db.session.execute(_begun(member_id, first, last)):
        found[settlement]["new_meetings"] += many
    return found


def _runs(member_id: UUID, first: date, last: date) -> sa.Select[Any]:
    """Select the ways in which meetings ran in a month, each with how many ran like that.

    A weekly meeting that began before the month has its dates whenever it began. One that was moved stands alone.
    """
    times, is_mine = _active_times(member_id, first, last), PastSchedule.member_id == member_id
    is_moved = sa.exists().where(is_mine, PastSchedule.meeting_id == Meeting.id)
    is_usual = sa.and_(Meeting.every_weeks == 1, Meeting.first_on <= first, ~is_moved)
    way = (
        Meeting.settlement,
        Meeting.weekday,
        Meeting.every_weeks,
        Meeting.time_zone,
        sa.case((is_usual, sa.cast(first, sa.Date)), else_=Meeting.first_on).label("first_on"),
        sa.case((is_moved, Meeting.id)).label("moved"),
        times.c.begun,
        times.c.stopped,
    )
    runs = sa.select(*way).join_from(Meeting, times, times.c.meeting_id == Meeting.id)
    runs = runs.where(Meeting.member_id == member_id, Meeting.opened_on.is_not(None))
    alike = runs.subquery()
    return sa.select(alike, sa.func.count().label("many")).group_by(*alike.c)


def _active_times(member_id: UUID, first: date, last: date) -> sa.Subquery:
    """Select the times within a month in which meetings were active: each until the day before its next turn."""
    after = sa.func.lead(MeetingEvent.on).over(
        partition_by=MeetingEvent.meeting_id, order_by=[MeetingEvent.on, MeetingEvent.number]
    )
    turn = (
        sa.select(MeetingEvent.meeting_id, MeetingEvent.on, MeetingEvent.to_state, after.label("after"))
        .where(MeetingEvent.member_id == member_id)
        .subquery()
    )
    return (
        sa.select(
            turn.c.meeting_id,
            sa.func.greatest(turn.c.on, first).label("begun"),
            sa.func.least(turn.c.after - 1, last).label("stopped"),
        )
        .where(turn.c.to_state == MeetingState.ACTIVE, turn.c.on <= last)
        .where(sa.or_(turn.c.after.is_(None), turn.c.after > first))
        .subquery()
    )


def _begun(member_id: UUID, first: date, last: date) -> sa.Select[Settlement, int]:
    return (
        sa.select(Meeting.settlement, sa.func.count())
        .where(Meeting.member_id == member_id, Meeting.opened_on.between(first, last))
        .group_by(Meeting.settlement)
    )


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
