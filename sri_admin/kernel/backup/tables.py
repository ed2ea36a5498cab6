"""The rows of a database, out of it and into it: the catalogue says what there is, COPY carries it as text."""

from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg import sql

from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.i18n import gettext_lazy as _l

_TABLES = """
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relpersistence = 'p'
      and relname <> 'alembic_version'
    order by relname
"""
_COLUMNS = """
    select attname from pg_attribute
    where attrelid = to_regclass(quote_ident(%s)) and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum
"""
# A table whose policies show this role less than everything would be copied in part, without a word.
_VEILED = """
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and row_security_active(oid)
      and not exists (
        select 1 from pg_policy
        where polrelid = pg_class.oid and polpermissive and polcmd in ('*', 'r')
          and pg_get_expr(polqual, polrelid) = 'true'
          and (polroles @> array[current_user::regrole::oid] or polroles = '{0}')
      )
"""
_REFERENCES = """
    select distinct conrelid::regclass::text, confrelid::regclass::text from pg_constraint
    where contype = 'f' and connamespace = 'public'::regnamespace and conrelid <> confrelid and not condeferrable
"""
_SEQUENCES = "select sequencename, coalesce(last_value, 0) from pg_sequences where schemaname = 'public'"


def names(connection: psycopg.Connection) -> list[str]:
    """Return the tables whose rows a backup holds."""
    return [row[0] for row in connection.execute(_TABLES)]


def columns(connection: psycopg.Connection, table: str) -> list[str]:
    """Return the columns of a table that hold values of their own."""
    return [row[0] for row in connection.execute(_COLUMNS, [table])]


def files_named(connection: psycopg.Connection, table: str) -> set[str]:
    """Return the digests of the files the rows of a table refer to."""
    wanted = sql.SQL("select distinct sha256 from {}").format(sql.Identifier("public", table))
    return {row[0] for row in connection.execute(wanted)}


def require_everything(connection: psycopg.Connection) -> None:
    """Refuse with BackupError when this role would be shown only a part of a table."""
    if connection.execute(_VEILED).fetchone() is not None:
        raise BackupError(
            _l("This database role may not read every row. Set database.backup_url to the backup role's address."),
            code="backup_role",
        )


def sizes(connection: psycopg.Connection) -> dict[str, int]:
    """Return how many bytes each table takes, to tell how far a copy has come."""
    measured = "select relname, pg_table_size(oid) from pg_class where relnamespace = 'public'::regnamespace"
    return dict(connection.execute(measured).fetchall())


def sequences(connection: psycopg.Connection) -> dict[str, int]:
    """Return the last number every sequence gave; 0 if it gave none."""
    return dict(connection.execute(_SEQUENCES).fetchall())


def revision(connection: psycopg.Connection) -> str | None:
    """Return which migration the tables are of, if there are any."""
    if connection.execute("select to_regclass('public.alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("select version_num from alembic_version").fetchone()
    return row[0] if row else None


def copied(connection: psycopg.Connection, table: str, of: list[str]) -> Iterator[bytes]:
    """Yield the rows of a table as COPY writes them, one a line."""
    with connection.cursor() as cursor, cursor.copy(_copy("copy {} ({}) to stdout", table, of)) as copy:
        for block in copy:
            yield bytes(block)


def fill(connection: psycopg.Connection, table: str, of: list[str], blocks: Iterator[bytes]) -> int:
    """Put rows into a table and return how many there were."""
    with connection.cursor() as cursor:
        with cursor.copy(_copy("copy {} ({}) from stdin", table, of)) as copy:
            for block in blocks:
                copy.write(block)
        return cursor.rowcount


def in_order(connection: psycopg.Connection, wanted: list[str]) -> list[str]:
    """Return tables so that each stands behind those it refers to."""
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(wanted, ()))
    for table, refers_to in connection.execute(_REFERENCES):
        sorter.add(table.strip('"'), refers_to.strip('"'))
    return [name for name in sorter.static_order() if name in set(wanted)]


def open_for_filling(connection: psycopg.Connection, wanted: list[str]) -> None:
    """Empty the tables and let their owner fill them: no policies, no triggers of their own, constraints at the end.

    All of it belongs to the open transaction, as does `close_after_filling`: nobody else ever sees the tables open.
    """
    connection.execute("set constraints all deferred")
    listed = sql.SQL(", ").join(sql.Identifier("public", each) for each in wanted)
    connection.execute(sql.SQL("truncate {}").format(listed))
    for each in wanted:
        _alter(connection, each, "disable trigger user")
        _alter(connection, each, "no force row level security")


def close_after_filling(connection: psycopg.Connection, forced: list[str], wanted: list[str]) -> None:
    """Give the tables back their triggers and, to those that had it, row security for their owner too."""
    connection.execute("set constraints all immediate")
    for each in wanted:
        _alter(connection, each, "enable trigger user")
    for each in forced:
        _alter(connection, each, "force row level security")


def forced(connection: psycopg.Connection) -> list[str]:
    """Return the tables whose owner obeys their policies too."""
    found = "select relname from pg_class where relnamespace = 'public'::regnamespace and relforcerowsecurity"
    return [row[0] for row in connection.execute(found)]


def set_sequences(connection: psycopg.Connection, last: dict[str, int]) -> None:
    """Let every sequence go on behind the last number it gave."""
    for name, number in last.items():
        connection.execute("select setval(to_regclass(quote_ident(%s)), %s, %s)", [name, max(number, 1), number > 0])


def heads(connection: psycopg.Connection, queries: dict[str, str]) -> dict[str, list[list[Any]]]:
    """Return what the declared queries say of the ends of chains and streams."""
    return {name: [list(row) for row in connection.execute(query.encode())] for name, query in queries.items()}


def _copy(statement: str, table: str, of: list[str]) -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, of))
    return sql.SQL(statement).format(sql.Identifier("public", table), listed)  # pyright: ignore[reportArgumentType] - only our own constants


def _alter(connection: psycopg.Connection, table: str, change: str) -> None:
    statement = sql.SQL("alter table {} " + change)  # pyright: ignore[reportArgumentType] - only our own constants
    connection.execute(statement.format(sql.Identifier("public", table)))
