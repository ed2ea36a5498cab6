"""Where the points and lines of a chart stand: numbers in, places out; drawing is the template's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 72, 16, 32
_MOST_LINES = 4
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Mark:
    """A number of the series where it stands; `place` is its place in the series."""

    place: int
    x: float
    y: float
    value: int


@dataclass(frozen=True)
class Tick:
    """A line of the grid and its number."""

    y: float
    value: int


@dataclass(frozen=True)
class Plot:
    """A line chart: runs of points without a gap, the grid with zero at its foot, where the months stand."""

    runs: Sequence[Sequence[Mark]]
    ticks: Sequence[Tick]
    columns: Sequence[float]

    @property
    def last(self) -> Mark | None:
        """The last number there is."""
        return self.runs[-1][-1] if self.runs else None


def line(values: Sequence[int | None]) -> Plot:
    """Place a series; a month without a number leaves a gap, never a zero."""
    step = _step(max((each for each in values if each is not None), default=0))
    ticks = [number * step for number in range(_MOST_LINES + 1)]
    columns = [_x(place, len(values)) for place in range(len(values))]
    runs: list[list[Mark]] = []
    before: int | None = None
    for place, value in enumerate(values):
        if value is None:
            continue
        if before is None or before != place - 1:
            runs.append([])
        runs[-1].append(Mark(place, columns[place], _y(value, ticks[-1]), value))
        before = place
    return Plot(runs, [Tick(_y(each, ticks[-1]), each) for each in ticks], columns)


def _step(highest: int) -> int:
    size = 1
    while True:
        for each in _STEPS:
            if each * size * _MOST_LINES >= highest:
                return each * size
        size *= 10


def _x(place: int, count: int) -> float:
    room = WIDTH - _LEFT - _RIGHT
    return round(_LEFT + (room * place / (count - 1) if count > 1 else room / 2), 1)


def _y(value: int, top: int) -> float:
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)
