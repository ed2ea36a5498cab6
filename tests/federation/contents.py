"""Everything that stands in a database, taken out and put back in place: much quicker than copying the database."""

from dataclasses import dataclass
from typing import LiteralString

import psycopg

from sri_admin.kernel.postgres import Cluster

_SHAPE: LiteralString = """
    select (select sum(hashtextextended(row(attrelid, attname, atttypid, attisdropped)::text, 0)) from pg_attribute),
        (select sum(hashtextextended(row(tgrelid, tgname, tgenabled)::text, 0)) from pg_trigger)
"""
_SIZE: LiteralString = "select pg_database_size(current_database())"
# For every table a question that gives the statement by which its rows are put back, none where there are no rows.
_QUESTIONS: LiteralString = """
    select format('select format(%L, string_agg(format(%L, %s), %L)) from %I having count(*) > 0',
        format('insert into %I (%s) overriding system value values ', relname, names) || '%s',
        '(' || marks || ')', texts, ',', relname)
    from (
        select relname, string_agg(quote_ident(attname), ',' order by attnum) as names,
            string_agg('%s', ',' order by attnum) as marks,
            string_agg(format('quote_nullable(%I::text)', attname), ',' order by attnum) as texts
        from pg_class join pg_attribute on attrelid = pg_class.oid
        where relkind = 'r' and relnamespace = 'public'::regnamespace
            and attnum > 0 and not attisdropped and attgenerated = ''
        group by relname
    ) as each
"""
_DELETIONS: LiteralString = """
    select string_agg(format('delete from %I', tablename), ';') from pg_tables where schemaname = 'public'
"""
_SEQUENCES: LiteralString = """
    select format('select setval(%L, %s, %L)',
        quote_ident(sequencename), coalesce(last_value, 1), last_value is not null)
    from pg_sequences where schemaname = 'public'
"""
_THROW_OUT: LiteralString = """
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""
_MOST_GROWTH = 8 * 1024 * 1024


@dataclass(frozen=True)
class Contents:
    """What stands in a database, as the statements that put it back, and what the database was like."""

    shape: tuple[object, ...]
    size: int
    script: bytes

    @classmethod
    def of(cls, cluster: Cluster, database: str) -> "Contents":
        """Take out what stands in a database."""
        with psycopg.connect(cluster.dsn, dbname=database) as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            questions = " union all ".join(_column(connection, _QUESTIONS))
            # No trigger, and no order among tables.
            script = ["set local session_replication_role = replica", *_column(connection, _DELETIONS)]
            script += [*_column(connection, questions), *_column(connection, _SEQUENCES)]
            return cls(_shape(connection), _size(connection), ";\n".join(script).encode())

    def put_back(self, cluster: Cluster, database: str) -> bool:
        """Put it back into the database it was taken from.

        Returns False, with nothing changed, where tables have another shape by now or have grown so much that a new
        copy is better.
        """
        with psycopg.connect(cluster.dsn, dbname=database) as connection:
            connection.execute(_THROW_OUT)
            if _shape(connection) != self.shape or _size(connection) > self.size + _MOST_GROWTH:
                return False
            connection.execute(self.script)
        return True


def _column(connection: psycopg.Connection, query: str) -> list[str]:
    return [text for (text,) in connection.execute(query.encode()).fetchall()]


def _shape(connection: psycopg.Connection) -> tuple[object, ...]:
    return connection.execute(_SHAPE).fetchone() or ()


def _size(connection: psycopg.Connection) -> int:
    row = connection.execute(_SIZE).fetchone()
    assert row is not None
    return row[0]
