"""Files of travelling records: who may have one, what a node still lacks, what nothing refers to any more.

A record names a file by digest and size; the bytes come after the records (docs/federation.md §11.7).
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Final, NamedTuple

import sqlalchemy as sa
import structlog

from sri_admin.federation import joining, limits
from sri_admin.federation.file_models import FileFetch
from sri_admin.federation.kinds import Kind, all_kinds
from sri_admin.federation.models import SyncLine
from sri_admin.federation.stream_names import stream_name
from sri_admin.federation.streams import by_name
from sri_admin.kernel import blobs, clock, runtime, spool, transaction
from sri_admin.kernel.blobs import HoldsFile
from sri_admin.kernel.db import db

log = structlog.get_logger(__name__)
_KEPT_UNREFERENCED: Final = timedelta(days=1)


class Wanted(NamedTuple):
    """A file a record names and the store lacks: how many of its bytes came already, and what went wrong last."""

    sha256: str
    size: int
    held: int
    trouble: FileFetch | None = None


class Named(NamedTuple):
    """A file as a record names it, and the stream of the record."""

    stream: str
    size: int


def named(sha256: str, streams: Collection[str]) -> Named | None:
    """Return a file a record in one of the streams names; None if none does."""
    for kind in _kinds():
        columns = kind.table.columns
        found = sa.select(columns["member_id"], columns["size"]).where(columns["sha256"] == sha256).distinct()
        for member_id, size in db.session.execute(found):
            name = stream_name(kind.stream, member_id)
            if name in streams:
                return Named(name, int(size))
    return None


def named_after(stream: str, epoch: int, n: int) -> set[str]:
    """Return the digests of the files that lines of a stream after a position name."""
    row, found = by_name(stream), set[str]()
    for kind in _kinds():
        columns = kind.table.columns
        of_line = sa.and_(SyncLine.member_id == columns["member_id"], SyncLine.rec == columns["id"])
        later = sa.tuple_(SyncLine.epoch, SyncLine.n) > (epoch, n)
        lines = sa.select(columns["sha256"]).join(SyncLine, of_line).where(SyncLine.stream_id == row.id, later)
        found.update(db.session.scalars(lines))
    return found


def wanted() -> list[Wanted]:
    """Return the files this node lacks, the smallest first; opens its own transactions."""
    with transaction.reading(joining.reach()):
        return lacking()


def lacking() -> list[Wanted]:
    """Return the same inside the caller's transaction."""
    lacks = [(size, sha256) for sha256, size in _travelling() if blobs.size_of(sha256) != size]
    troubles = _troubles() if lacks else {}
    return [Wanted(sha256, size, spool.part_size(sha256), troubles.get(sha256)) for size, sha256 in sorted(lacks)]


def digests_lacking() -> list[str]:
    """Return the digests of the first files this node lacks, inside the caller's transaction."""
    return [each.sha256 for each in lacking()[: limits.FILES_NAMED]]


def verify() -> list[str]:
    """Read every file that travels and return the damaged ones; a node removes them, so that they are fetched again."""
    with transaction.reading(joining.reach()):
        here = [sha256 for sha256, size in _travelling() if blobs.size_of(sha256) == size]
    damaged = [sha256 for sha256 in here if not blobs.is_sound(sha256)]
    for sha256 in damaged:
        log.error("file_damaged", sha256=sha256)
        if not runtime.current().is_hub:
            blobs.remove(sha256)
    return damaged


def sweep() -> int:
    """Remove files nothing refers to since a day, and what killed processes left; return how many files went."""
    with transaction.reading(joining.reach()):
        kept = {each for table in blobs.tables() for each in db.session.scalars(sa.select(table.c.sha256).distinct())}
    until = clock.now() - _KEPT_UNREFERENCED
    old = [each for each in blobs.manifest() if each.sha256 not in kept and each.stored_at and each.stored_at < until]
    for each in old:
        blobs.remove(each.sha256)
    return len(old) + spool.sweep()


def _kinds() -> Iterator[Kind]:
    return (kind for kind in all_kinds() if issubclass(kind.model, HoldsFile))


def _travelling() -> set[tuple[str, int]]:
    columns = [kind.table.columns for kind in _kinds()]
    selects = [sa.select(each["sha256"], each["size"]).distinct() for each in columns]
    return {(row.sha256, row.size) for found in selects for row in db.session.execute(found)}


def _troubles() -> dict[str, FileFetch]:
    with transaction.apart() as session:
        return {each.sha256: each for each in session.scalars(sa.select(FileFetch))}
