"""Totals of what was reported, each with its coverage: a sum says little without how many it is a sum of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sri_admin.reporting.rules.catalogue import TimeAggregation
from sri_admin.reporting.rules.values import Cell, Status

Reported = Mapping[UUID, Mapping[str, Cell]]


@dataclass(frozen=True)
class Total:
    """A number, how many reported it, how many of those by estimate, and how many were to report; None: nobody did."""

    value: int | None
    reported: int
    estimated: int
    expected: int

    @property
    def share(self) -> float:
        """How much of what was expected is in it."""
        return self.reported / self.expected if self.expected else 0.0

    @property
    def is_complete(self) -> bool:
        """Say whether everybody who was expected reported."""
        return self.expected > 0 and self.reported >= self.expected


def total(indicator: str, *, reported: Reported, expected: Collection[UUID]) -> Total:
    """Add up what members reported of an indicator in a month; whoever reported unasked is counted as expected."""
    cells = [each.get(indicator) for each in reported.values()]
    numbers = [each for each in cells if each is not None and each.value is not None]
    members = {*expected, *reported}
    value = sum(each.value or 0 for each in numbers) if numbers else None
    return Total(value, len(numbers), sum(each.status is Status.ESTIMATED for each in numbers), len(members))


def over_time(totals: Sequence[Total], how: TimeAggregation) -> Total:
    """Bring the totals of months together: they add up, or the last one that is known counts."""
    known = [each for each in totals if each.value is not None]
    if not known:
        return Total(None, 0, 0, sum(each.expected for each in totals))
    if how is TimeAggregation.LAST:
        return known[-1]
    return Total(
        value=sum(each.value or 0 for each in known),
        reported=sum(each.reported for each in totals),
        estimated=sum(each.estimated for each in totals),
        expected=sum(each.expected for each in totals),
    )
