"""The figures of a month, as far as they are known here: what was expected, what was logged, who came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sri_admin.kernel import clock
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.queries.lives import Life, lives_of
from sri_admin.meetings.queries.logs import current_logs
from sri_admin.meetings.rules.meeting import Settlement
from sri_admin.meetings.rules.schedule import last_day, month_of, next_month


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
    new in the month of its first active day.
    """
    first, last = month_of(month), last_day(month)
    lives = lives_of(member_id)
    logs: dict[UUID, list[MeetingLog]] = {}
    for (meeting_id, _on), log in current_logs(member_id, first, last).items():
        logs.setdefault(meeting_id, []).append(log)
    by_settlement: dict[Settlement, list[Figures]] = {}
    for life in lives:
        counted = _of_meeting(life, logs.get(life.meeting.id, ()), first)
        by_settlement.setdefault(life.meeting.settlement, []).append(counted)
    sums = {settlement: _sum(found) for settlement, found in by_settlement.items()}
    told = {settlement: sums[settlement] for settlement in Settlement if sums.get(settlement, Figures()) != Figures()}
    return MonthFigures(**vars(_sum(told.values())), by_settlement=told)


def _of_meeting(life: Life, logs: Iterable[MeetingLog], month: date) -> Figures:
    found, last = list(logs), last_day(month)
    held = [each for each in found if each.outcome.is_held]
    return Figures(
        expected=len(life.evenings(month, last)),
        logged=len(found),
        held=len(held),
        cancelled=sum(each.outcome.is_cancelled for each in found),
        attendances=sum(each.people or 0 for each in held),
        first_time=sum(each.first_time or 0 for each in held),
        uncounted=sum(each.people is None for each in held),
        uncounted_first_time=sum(each.first_time is None for each in held),
        active=life.was_active(min(last, max(month, clock.today(life.meeting.time_zone)))),
        new_meetings=_is_new(life.meeting, month),
    )


def _is_new(meeting: Meeting, month: date) -> bool:
    return meeting.opened_on is not None and month <= meeting.opened_on < next_month(month)


def _sum(figures: Iterable[Figures]) -> Figures:
    found = list(figures)
    return Figures(**{name: sum(getattr(each, name) for each in found) for name in Figures.__dataclass_fields__})
