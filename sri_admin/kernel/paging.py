"""Long lists in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from sri_admin.kernel.db import db

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


def page_of(select: sa.Select[Any], *, number: int = 1, size: int = SIZE) -> Page[Any]:
    """Run a select for one page, counting the whole in a second statement."""
    total = db.session.scalar(sa.select(sa.func.count()).select_from(select.order_by(None).subquery())) or 0
    rows = db.session.scalars(select.limit(size).offset((number - 1) * size)).all()
    return Page(rows, total, number, size)


def slice_of(rows: Sequence[T], *, number: int = 1, size: int = SIZE) -> Page[T]:
    """Return one page of a list that was sorted in Python."""
    return Page(rows[(number - 1) * size : number * size], len(rows), number, size)
