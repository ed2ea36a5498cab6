"""What meetings and logs propose for a month, and how sure that is. No log is not a zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sri_admin.reporting.rules.values import Cell, Indicator, Status


class Counted(Protocol):
    """The figures of a month, as the meetings tell them."""

    @property
    def active(self) -> int:
        """Meetings that were going on at its end."""
        ...

    @property
    def logged(self) -> int:
        """Dates with a log."""
        ...

    @property
    def held(self) -> int:
        """Dates on which people met."""
        ...

    @property
    def cancelled(self) -> int:
        """Dates that were called off."""
        ...

    @property
    def attendances(self) -> int:
        """Visits."""
        ...

    @property
    def first_time(self) -> int:
        """First visits."""
        ...

    @property
    def uncounted(self) -> int:
        """Meetings held at which visits were not counted."""
        ...

    @property
    def uncounted_first_time(self) -> int:
        """Meetings held at which first visits were not counted."""
        ...

    @property
    def new_meetings(self) -> int:
        """Meetings that began in the month."""
        ...


@dataclass(frozen=True)
class Proposed:
    """A value that follows from what is kept here, and at how many meetings it was not counted."""

    cell: Cell
    uncounted: int = 0


def proposed(figures: Counted) -> Mapping[str, Proposed]:
    """Return the values that follow from the figures of a month; nothing where no log or no meeting is known."""
    found: dict[str, Proposed] = {}
    if figures.active or figures.new_meetings:
        found[Indicator.NEW_MEETINGS.value] = Proposed(Cell.counted(figures.new_meetings))
    if figures.logged:
        # It took place also if nobody came.
        found[Indicator.MEETINGS_HELD.value] = Proposed(Cell.counted(figures.logged - figures.cancelled))
        found[Indicator.ATTENDANCES.value] = _visits(figures.attendances, figures.uncounted, figures.held)
        found[Indicator.FIRST_TIME.value] = _visits(figures.first_time, figures.uncounted_first_time, figures.held)
    return found


def _visits(number: int, uncounted: int, held: int) -> Proposed:
    if not uncounted:
        return Proposed(Cell.counted(number))
    # Where visits were not counted at every meeting the sum is no count of all, and a zero would say that nobody came.
    if uncounted >= held or not number:
        return Proposed(Cell(Status.NOT_COLLECTED, None), uncounted)
    return Proposed(Cell(Status.ESTIMATED, number), uncounted)
