"""What has a term goes after it and not before, and the document says the same as the table."""

import os
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sri_admin.keeping import jobs
from sri_admin.keeping.rules.terms import TERMS, WITHOUT_TERM, Term
from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.db import Base, db
from sri_admin.people.rules import Role
from tests.make import people

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
ALMOST = timedelta(hours=1)
PLAIN: dict[type, Any] = {int: 1, float: 1.0, str: "x", bool: False, dict: {}, list: [], bytes: b""}


def value_of(column: sa.Column[Any], moment: datetime) -> Any:
    """Return something the column takes."""
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    if isinstance(column.type, sa.JSON):
        return {}
    kind = column.type.python_type
    if kind in {datetime, date}:
        return moment if kind is datetime else moment.date()
    if kind is bytes:
        return os.urandom(8)
    if kind is str and column.unique is not True and column.name in {"key", "jti", "token_id"}:
        return ids.label("x")
    return PLAIN[kind] if kind in PLAIN else ids.new()


def put(term: Term, moment: datetime) -> None:
    """Write a row of the table whose term begins at a moment."""
    somebody = people.person(Role.SRI_DIRECTOR)
    hub, table = people.hub(), Base.metadata.tables[term.table]
    given = {"member_id": hub, "account_id": somebody.account_id, "mandate_id": somebody.mandate_id}
    row = {
        column.name: given.get(column.name, value_of(column, moment))
        for column in table.columns
        if not column.nullable or column.name == term.column
    }
    if table.info.get("apart"):
        with transaction.apart() as session:
            session.execute(sa.insert(table), row)
    else:
        transaction.write(tenancy.only(hub), lambda: db.session.execute(sa.insert(table), row))


def forgotten(term: Term, after: timedelta, *, dry_run: bool = False) -> int:
    with clock.running(clock.skewed(after)):
        return jobs.forget_all(dry_run=dry_run)[term.table]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.table)
def test_a_row_goes_after_its_term_and_not_before(term: Term) -> None:
    put(term, clock.now())
    day = timedelta(days=2) if term.column == "ends_on" else timedelta(0)  # a day counts to its end
    assert (forgotten(term, term.kept - ALMOST), forgotten(term, term.kept + ALMOST + day, dry_run=True)) == (0, 1)
    assert [forgotten(term, term.kept + ALMOST + day) for _again in range(2)] == [1, 0]


def test_whatever_is_kept_apart_has_a_term_or_a_reason() -> None:
    apart = {table.name for table in Base.metadata.sorted_tables if table.info.get("apart")}
    assert apart - {term.table for term in TERMS} == set(WITHOUT_TERM)
    assert len({term.table for term in TERMS}) == len(TERMS)


def test_the_document_names_every_term() -> None:
    told = re.findall(r"^\| .* \| `([a-z_]+)` \| (\d+) days?", OPERATIONS.read_text(), re.M)
    assert told == [(term.table, str(term.days)) for term in TERMS]
