"""Rows of the program's own tables brought in by COPY: as many as years would have made, every constraint checked."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB

from sri_admin.kernel import database
from sri_admin.kernel.db import Base
from sri_admin.kernel.text import Text, TextColumn

Row = dict[str, Any]
_NEW = sql.SQL("create temporary table copied (like {target} including defaults)")
_COPY = sql.SQL("copy copied ({names}) from stdin")
_MOVE = sql.SQL("insert into {target} ({names}) select {names} from copied")


@contextmanager
def connected() -> Iterator[psycopg.Connection]:
    """Give a connection of the owner of the database, which no row-level policy holds back."""
    address = sa.make_url(database.owner_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        yield connection


def copy(connection: psycopg.Connection, table: type[Base], rows: Iterable[Row]) -> None:
    """Write rows, each with a value for the same columns."""
    target = sa.inspect(table).local_table
    assert isinstance(target, sa.Table)
    first, *others = rows
    documents = {column.name for column in target.columns if isinstance(column.type, JSONB | TextColumn)}
    parts = {
        "target": sql.Identifier(target.name),
        "names": sql.SQL(", ").join(map(sql.Identifier, first)),
    }
    # COPY itself does not go into a table with row-level security, whoever writes.
    connection.execute(_NEW.format(**parts))
    with connection.cursor() as cursor, cursor.copy(_COPY.format(**parts)) as into:
        for row in (first, *others):
            into.write_row([_stored(row[name], is_document=name in documents) for name in first])
    connection.execute(_MOVE.format(**parts))
    connection.execute("drop table copied")


def settle(connection: psycopg.Connection) -> None:
    """Commit, and let the planner know what is there now."""
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze")
    connection.autocommit = False


def _stored(value: Any, *, is_document: bool) -> Any:
    if is_document and value is not None:
        return Jsonb(value.to_wire() if isinstance(value, Text) else value)
    return value.value if isinstance(value, Enum) else value
