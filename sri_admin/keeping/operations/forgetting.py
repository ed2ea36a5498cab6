"""Forgetting what has outlived its term; nothing here is a record, so history is not told of it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sri_admin.keeping.rules.terms import Term
from sri_admin.kernel.db import Base


def forget(session: Session, term: Term, now: datetime, *, member_id: UUID | None = None) -> int:
    """Remove the rows of a table that are past their term, of one member where they are members', and count them."""
    gone = sa.delete(_table(term)).where(*_past(term, now, member_id))
    result = session.execute(gone.execution_options(synchronize_session=False))
    return getattr(result, "rowcount", 0)


def count(session: Session, term: Term, now: datetime, *, member_id: UUID | None = None) -> int:
    """Count the rows that would go now."""
    past = sa.select(sa.func.count()).select_from(_table(term)).where(*_past(term, now, member_id))
    return session.scalar(past) or 0


def is_apart(term: Term) -> bool:
    """Say whether the table is one of those written apart from the work of people."""
    return bool(_table(term).info.get("apart"))


def is_of_members(term: Term) -> bool:
    """Say whether each row of the table belongs to one member."""
    return not is_apart(term) and "member_id" in _table(term).c and _table(term).info["tenancy"] == "tenant"


def _table(term: Term) -> sa.Table:
    return Base.metadata.tables[term.table]


def _past(term: Term, now: datetime, member_id: UUID | None) -> list[sa.ColumnElement[bool]]:
    table, last = _table(term), now - term.kept
    column = table.c[term.column]
    past = column < (last.date() if isinstance(column.type, sa.Date) else last)
    return [past] if member_id is None else [past, table.c.member_id == member_id]
