"""What SRI may add up: the accepted values of all countries, and who was expected to report them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.members.rules.member import SEATED
from sri_admin.reporting.models.returns import ReturnIntake, ReturnRevision
from sri_admin.reporting.queries.expected import expected_of
from sri_admin.reporting.queries.returns import MonthView, months_of
from sri_admin.reporting.rules.standing import IntakeState
from sri_admin.reporting.rules.totals import Reported, Total, total
from sri_admin.reporting.rules.values import Cell, cells_of


@dataclass(frozen=True)
class Statistics:
    """The accepted values of members over months."""

    members: Sequence[Member]
    months: Sequence[date]
    reported: Mapping[date, Reported]
    expected: Mapping[date, Collection[UUID]]

    def totals(self, indicator: str) -> list[Total]:
        """Return the total of an indicator for each month."""
        return [self.total(indicator, month) for month in self.months]

    def total(self, indicator: str, month: date) -> Total:
        """Return the total of an indicator in a month."""
        return total(indicator, reported=self.reported.get(month, {}), expected=self.expected.get(month, ()))

    def cell(self, member: Member, month: date, indicator: str) -> Cell | None:
        """Return what a member reported of an indicator in a month."""
        return self.reported.get(month, {}).get(member.member_id, {}).get(indicator)

    def is_asked(self, member: Member, month: date) -> bool:
        """Say whether a member was to report on a month."""
        return member.member_id in self.expected.get(month, ())


def seated() -> list[Member]:
    """Return the countries with a seat today, by code; who had one in an earlier month is another question."""
    return list(db.session.scalars(sa.select(Member).where(Member.state.in_(SEATED)).order_by(Member.code)))


def statistics(months: Sequence[date]) -> Statistics:
    """Return what SRI has accepted of these months, and who was to report; four statements however many countries.

    Both follow from each month itself: a country that left later stays in the months in which it was licensed.
    """
    every = db.session.scalars(sa.select(Member).order_by(Member.code)).all()
    expected: dict[date, set[UUID]] = defaultdict(set)
    for member_id, asked in expected_of(every, months).items():
        for month in asked:
            expected[month].add(member_id)
    reported = _accepted(months)
    counted = set[UUID]().union(*expected.values(), *reported.values())
    return Statistics([each for each in every if each.member_id in counted], months, reported, expected)


def _accepted(months: Collection[date]) -> dict[date, dict[UUID, Mapping[str, Cell]]]:
    """Return by month and member the values of the official revision, the one `standing_of` would name."""
    is_accepted = sa.and_(
        ReturnIntake.member_id == ReturnRevision.member_id,
        ReturnIntake.revision_id == ReturnRevision.id,
        ReturnIntake.state == IntakeState.ACCEPTED,
    )
    place = ReturnRevision.member_id, ReturnRevision.month
    wanted = (
        sa.select(*place, ReturnRevision.cells)
        .join(ReturnIntake, is_accepted)
        .where(ReturnRevision.month.in_(months))
        .ext(distinct_on(*place))
        .order_by(*place, ReturnRevision.revision.desc(), ReturnRevision.id.desc())
    )
    found: dict[date, dict[UUID, Mapping[str, Cell]]] = defaultdict(dict)
    for member_id, month, cells in db.session.execute(wanted):
        found[month][member_id] = cells_of(cells)
    return found


class OwnMonth(NamedTuple):
    """A month of a country, the revision whose values are its own numbers, and whether a return was expected of it."""

    view: MonthView
    row: ReturnRevision | None
    is_expected: bool

    def total(self, indicator: str) -> Total:
        """Return the number of an indicator with its coverage: one of one, none of one, or nothing was asked."""
        member_id = self.view.member.member_id
        reported = {member_id: cells_of(self.row.cells)} if self.row is not None else {}
        return total(indicator, reported=reported, expected={member_id} if self.is_expected else ())


def own_numbers(member: Member, months: Sequence[date]) -> list[OwnMonth]:
    """Return the months of a country with what counts: the accepted values, else the newest SRI did not stop."""
    views = months_of([member], months, at_home=False)
    expected = set(expected_of([member], months)[member.member_id])
    ordered = [views[member.member_id, month] for month in months]
    return [OwnMonth(each, each.official or _going_on(each), each.month in expected) for each in ordered]


def _going_on(view: MonthView) -> ReturnRevision | None:
    newest = view.standing.newest
    is_stopped = newest is not None and newest.intake in {IntakeState.RETURNED, IntakeState.QUARANTINED}
    return None if is_stopped else view.newest
