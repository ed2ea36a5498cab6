"""What SRI may add up: the accepted values of all countries, and who was expected to report them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.members.rules.member import SEATED
from sri_admin.reporting.models.returns import ReturnRevision
from sri_admin.reporting.queries.expected import expected_of
from sri_admin.reporting.queries.returns import MonthView, months_of
from sri_admin.reporting.rules.totals import Reported, Total, total
from sri_admin.reporting.rules.values import Cell, cells_of


@dataclass(frozen=True)
class Statistics:
    """The accepted values of members over months."""

    members: Sequence[Member]
    months: Sequence[date]
    reported: Reported
    expected: dict[UUID, list[date]]

    def totals(self, indicator: str) -> list[Total]:
        """Return the total of an indicator for each month."""
        return [self.total(indicator, month) for month in self.months]

    def total(self, indicator: str, month: date) -> Total:
        """Return the total of an indicator in a month."""
        return total(indicator, month, reported=self.reported, expected=self.expected)

    def cell(self, member: Member, month: date, indicator: str) -> Cell | None:
        """Return what a member reported of an indicator in a month."""
        return self.reported.get((member.member_id, month), {}).get(indicator)


def seated() -> list[Member]:
    """Return the countries with a seat, by code."""
    return list(db.session.scalars(sa.select(Member).where(Member.state.in_(SEATED)).order_by(Member.code)))


def statistics(months: Sequence[date]) -> Statistics:
    """Return what SRI has accepted of all countries with a seat."""
    members = seated()
    return Statistics(members, months, _accepted(members, months), expected_of(members, months))


def _accepted(members: Sequence[Member], months: Collection[date]) -> Reported:
    views = months_of(members, months, at_home=False)
    return {place: cells_of(row.cells) for place, view in views.items() if (row := view.official) is not None}


def own_numbers(member: Member, months: Sequence[date]) -> list[tuple[MonthView, ReturnRevision | None]]:
    """Return the values a country has approved month by month: the accepted ones, else the newest not set aside."""
    views = months_of([member], months, at_home=False)
    ordered = [views[member.member_id, month] for month in months]
    return [(view, view.official or (view.newest if view.standing.is_in else None)) for view in ordered]
