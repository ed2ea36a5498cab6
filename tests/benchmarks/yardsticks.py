"""What the machine can do at best with the same rows: COPY alone, and verified apply without HTTP or schema."""

import gzip
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import sql

from sri_admin.federation import export, keys, limits, streams
from sri_admin.federation.chain import extend, line_hash
from sri_admin.federation.checkpoint import Checkpoint, open_sealed
from sri_admin.federation.cursor import decode_cursor
from sri_admin.federation.lines import Change, decode_change
from sri_admin.federation.stream_names import HUB_MEMBER, stream_name
from sri_admin.kernel import database, tenancy, transaction
from sri_admin.kernel.signing import VerifyKey
from tests.benchmarks import reports

_KIND = "bench.report"
_REPEATS = 3
_COPY = sql.SQL("copy {} ({}) from stdin")
_NEW_PAGE = sql.SQL("create temporary table page (like {} including defaults) on commit drop")
_UPSERT = sql.SQL(
    "insert into {table} ({names}) select {names} from page on conflict (member_id, id) do update set {changed}"
    " where {table}.version < excluded.version"
)
Row = tuple[Any, ...]


class Yardsticks(NamedTuple):
    """Rows a second."""

    copy_per_s: float
    verified_apply_per_s: float


class _Pages(NamedTuple):
    """A stream as it travels: its packed pages, the chain value before the first, and who signs them."""

    packed: list[bytes]
    start: bytes
    key: VerifyKey


def measure(member_id: UUID) -> Yardsticks:
    """Measure with the reports in the hub's stream of a member, the best of a few tries; runs at the hub."""
    with transaction.reading(tenancy.only(member_id)):
        pages = _packed_pages(stream_name(HUB_MEMBER, member_id))
    rows = [row for packed in pages.packed for row in _rows(member_id, _decoded(_lines(packed)[:-1]))]
    address = sa.make_url(database.owner_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        copied = min(_timed(connection, reports.OPEN_TWIN, lambda: _copy_alone(connection, rows)) for _ in _tries())
        applied = min(_timed(connection, reports.TWIN, lambda: _apply(connection, member_id, pages)) for _ in _tries())
    return Yardsticks(len(rows) / copied, len(rows) / applied)


def _tries() -> range:
    return range(_REPEATS)


def _timed(connection: psycopg.Connection, table: str, work: Callable[[], None]) -> float:
    connection.execute(sql.SQL("truncate {}").format(sql.Identifier(table)))
    connection.commit()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _packed_pages(stream: str) -> _Pages:
    packed: list[bytes] = []
    start, cursor = streams.chain_at(streams.by_name(stream), 0), None
    assert start is not None
    while page := export.page(stream, cursor, max_changes=limits.PAGE_CHANGES, max_bytes=limits.PAGE_BYTES):
        packed.append(gzip.compress(page.body, 6, mtime=0))
        cursor = decode_cursor(page.cursor)
    return _Pages(packed, start, keys.own_key().verify_key)


def _copy_alone(connection: psycopg.Connection, rows: Iterable[Row]) -> None:
    with connection.transaction():
        _copy(connection, reports.OPEN_TWIN, rows)


def _apply(connection: psycopg.Connection, member_id: UUID, pages: _Pages) -> None:
    chain, twin = pages.start, sql.Identifier(reports.TWIN)
    changed = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in _names()[2:])
    upsert = _UPSERT.format(table=twin, names=_listed(), changed=changed)
    for packed in pages.packed:
        *lines, sealed = _lines(packed)
        checkpoint = open_sealed(sealed, Checkpoint, lambda *_place: pages.key)
        changes = _decoded(lines)
        for line in lines:
            chain = extend(chain, line_hash(line))
        assert chain == checkpoint.chain
        with connection.transaction():
            connection.execute(_NEW_PAGE.format(twin))
            _copy(connection, "page", _rows(member_id, changes))
            connection.execute(upsert)


def _copy(connection: psycopg.Connection, table: str, rows: Iterable[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY.format(sql.Identifier(table), _listed())) as copy:
        for row in rows:
            copy.write_row(row)


def _lines(packed: bytes) -> list[bytes]:
    return gzip.decompress(packed)[:-1].split(b"\n")


def _decoded(lines: Iterable[bytes]) -> list[Change]:
    return [decode_change(line) for line in lines]


def _rows(member_id: UUID, changes: Iterable[Change]) -> list[Row]:
    names, member = _names()[3:], str(member_id)
    return [(member, c.id, c.rev, *(c.d[name] for name in names)) for c in changes if c.kind == _KIND]


def _names() -> list[str]:
    return ["member_id", "id", "version", *(column.name for column in reports.kind(HUB_MEMBER).columns)]


def _listed() -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, _names()))
