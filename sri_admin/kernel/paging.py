"""Long lists in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

SIZE = 50
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a longer list: page `number` (from 1) of `size` rows, `total` in all."""

    rows: Sequence[T]
    total: int
    number: int
    size: int

    @property
    def first(self) -> int:
        """The place of the first row in the whole list; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The place of the last row."""
        return (self.number - 1) * self.size + len(self.rows)


def slice_of(rows: Sequence[T], *, number: int = 1, size: int = SIZE) -> Page[T]:
    """Return one page of a list that was sorted in Python."""
    return Page(rows[(number - 1) * size : number * size], len(rows), number, size)
