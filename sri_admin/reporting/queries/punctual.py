"""Whether a member's returns come in time, by the day they were signed where they were made."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import find_member, today_of
from sri_admin.reporting.queries.expected import expected_of
from sri_admin.reporting.queries.returns import MonthView, months_of
from sri_admin.reporting.rules.months import Punctual, before, due_on, first_of, last_months, months, punctual
from sri_admin.reporting.rules.standing import IntakeState

__all__ = ["Punctual", "on_time"]
_YEAR: Final = timedelta(days=365)


def on_time(member_id: UUID, since: date, until: date) -> Punctual:
    """Count the expected returns whose due day lies from `since` to `until`: approved in time, late, or missing.

    A month whose due day is not over yet counts only if it was approved; what SRI set aside was never sent.
    """
    member = find_member(member_id)
    if member is None:
        return Punctual(0, 0, 0, 0)
    asked = due_between(since, until)
    views = months_of([member], asked, at_home=False).values()
    return _counted(views, expected_of([member], asked)[member_id], until=min(until, _yesterday(member)))


def due_between(since: date, until: date) -> list[date]:
    """Return the months whose due day lies from one day to another."""
    every = months(before(first_of(since)), first_of(until))
    return [month for month in every if since <= due_on(month) <= until]


@dataclass(frozen=True)
class Year:
    """How a member reported over a year: whether a return was expected at all, which came in time, the last month."""

    is_expected: bool
    found: Punctual
    last: MonthView


def year_until(member: Member, on: date) -> Year:
    """Return how a member reported in the year until a day; six statements."""
    over, asked = last_months(on, 12), due_between(on - _YEAR, on)
    every = sorted({*over, *asked})
    expected = expected_of([member], every)[member.member_id]
    views = months_of([member], every, at_home=False)
    due = [views[member.member_id, month] for month in asked]
    found = _counted(due, [each for each in expected if each in asked], until=min(on, _yesterday(member)))
    return Year(any(month in over for month in expected), found, views[member.member_id, over[-1]])


def _counted(due: Iterable[MonthView], expected: Collection[date], *, until: date) -> Punctual:
    approved = {view.month: day for view in due if (day := approved_on(view)) is not None}
    return punctual(expected, approved, until=until)


def _yesterday(member: Member) -> date:
    return today_of(member) - timedelta(days=1)


def approved_on(view: MonthView) -> date | None:
    """Return the day, where the member is, on which the first revision was approved that SRI did not set aside."""
    zone = ZoneInfo(view.member.time_zone)
    for each in sorted(view.rows.revisions, key=lambda row: row.revision):
        intake = view.rows.intakes.get(each.id)
        if intake is None or intake.state is not IntakeState.QUARANTINED:
            return each.approved_at.astimezone(zone).date()
    return None
