"""Whether a member's returns come in time, by the day they were signed where they were made."""

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sri_admin.members.queries.members import find_member, today_of
from sri_admin.reporting.queries.expected import expected_of
from sri_admin.reporting.queries.returns import MonthView, months_of
from sri_admin.reporting.rules.months import Punctual, before, due_on, first_of, months, punctual
from sri_admin.reporting.rules.standing import IntakeState

__all__ = ["Punctual", "on_time"]


def on_time(member_id: UUID, since: date, until: date) -> Punctual:
    """Count the expected returns whose due day lies from `since` to `until`: approved in time, late, or missing.

    A month whose due day is not over yet counts only if it was approved; what SRI set aside was never sent.
    """
    member = find_member(member_id)
    if member is None:
        return Punctual(0, 0, 0, 0)
    asked = [month for month in months(before(first_of(since)), first_of(until)) if since <= due_on(month) <= until]
    views = months_of([member], asked, at_home=False)
    days = {month: approved_on(views[member_id, month]) for month in asked}
    approved = {month: day for month, day in days.items() if day is not None}
    yesterday = today_of(member) - timedelta(days=1)
    return punctual(expected_of([member], asked)[member_id], approved, until=min(until, yesterday))


def approved_on(view: MonthView) -> date | None:
    """Return the day, where the member is, on which the first revision was approved that SRI did not set aside."""
    zone = ZoneInfo(view.member.time_zone)
    for each in sorted(view.rows.revisions, key=lambda row: row.revision):
        intake = view.rows.intakes.get(each.id)
        if intake is None or intake.state is not IntakeState.QUARANTINED:
            return each.approved_at.astimezone(zone).date()
    return None
