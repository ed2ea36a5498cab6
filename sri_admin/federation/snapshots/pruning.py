"""Pruning: up to a horizon only the newest line of each record is kept; after it no line is missing (§15.1).

How old a line is, is never asked: a mark says when everything up to a place was in safe hands, and a line goes when
such a mark has grown old.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from sri_admin.federation import contact, enrolment, limits, streams
from sri_admin.federation.enrolment_models import NodeState
from sri_admin.federation.key_life import Place
from sri_admin.federation.models import AsideState, SyncAside, SyncLine, SyncStream
from sri_admin.federation.recovery import cutting
from sri_admin.federation.snapshot_models import SyncMark
from sri_admin.federation.snapshots import manifest
from sri_admin.kernel import clock, ids, runtime
from sri_admin.kernel.db import db

_KEPT = timedelta(days=limits.JOURNAL_KEPT_AFTER_RECEIPT_DAYS)
_KEPT_FOR_READERS = timedelta(days=limits.HORIZON_DAYS)
_GONE = frozenset({NodeState.REVOKED, NodeState.RECLAIMED})
_PIECE = 500


class Pruned(NamedTuple):
    """What became of a stream: its horizon, how many lines went, how many stay up to the horizon."""

    stream: str
    horizon: Place
    removed: int
    kept: int

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines."""
        return {**self._asdict(), "horizon": list(self.horizon)}


def prune(row: SyncStream, *, dry_run: bool = False) -> Pruned | None:
    """Move the horizon of a stream as far as its marks allow; None if it stays. The row is locked by the caller."""
    if row.trouble:
        return None
    if not dry_run:
        _set_mark(row)
    horizon = _allowed(row)
    now = streams.horizon(row)
    if horizon is None or (now is not None and horizon <= now):
        return None
    going = _superseded(row, horizon)
    removed = db.session.scalar(sa.select(sa.func.count()).select_from(SyncLine).where(*going)) or 0
    if not removed:
        return None  # where nothing goes, readers may as well have every line
    found = Pruned(row.name, horizon, removed, _count(row, horizon) - removed)
    if not dry_run:
        _move(row, horizon, going)
    return found


def _move(row: SyncStream, horizon: Place, going: tuple[sa.ColumnElement[bool], ...]) -> None:
    chain = streams.chain_at(row, horizon.n, epoch=horizon.epoch)
    assert chain is not None
    with cutting.taking_back():
        db.session.execute(sa.delete(SyncLine).where(*going).execution_options(synchronize_session=False))
    row.horizon_epoch, row.horizon_n, row.horizon_chain = *horizon, chain
    row.horizon_records, row.horizon_digest = digest_of(row, horizon)
    past = sa.tuple_(SyncMark.epoch, SyncMark.n) <= horizon
    db.session.execute(sa.delete(SyncMark).where(*_marks_of(row), past))


def digest_of(row: SyncStream, horizon: Place, *which: sa.ColumnElement[bool]) -> tuple[int, bytes]:
    """Return how many lines are kept up to a place, perhaps only some of them, and their digest (§15.2)."""
    count, total = 0, manifest.seed(row.name, horizon)
    for lines in kept_lines(row, horizon, *which):
        count += len(lines)
        total = manifest.add(total, ((each.place, each.h) for each in lines))
    return count, total


def kept_lines(row: SyncStream, horizon: Place, *which: sa.ColumnElement[bool]) -> Iterator[list[manifest.Line]]:
    """Return the lines kept up to a place, in order and in pieces."""
    wanted = (
        sa.select(SyncLine.epoch, SyncLine.n, SyncLine.line)
        .where(*_up_to(row, horizon), *which)
        .order_by(SyncLine.epoch, SyncLine.n)
        .execution_options(yield_per=_PIECE)
    )
    for piece in db.session.execute(wanted).partitions():
        yield [manifest.read_line(Place(epoch, n), line) for epoch, n, line in piece]


def _set_mark(row: SyncStream) -> None:
    # An own line is in safe hands once the other side has it; what nobody receipts, once it is written.
    n = row.peer_n if row.own and not _is_public(row) else row.n
    chain = streams.chain_at(row, n) if n else None
    if chain is None:
        return
    known = sa.select(SyncMark).where(*_marks_of(row), SyncMark.epoch == row.epoch, SyncMark.n >= n)
    for mark in db.session.scalars(known):
        if (mark.n, mark.chain) == (n, chain):
            return
        db.session.delete(mark)  # of lines that were taken back since
    db.session.flush()
    db.session.add(SyncMark(member_id=row.member_id, id=ids.new(), stream_id=row.id, epoch=row.epoch, n=n, chain=chain))
    db.session.flush()


def _is_public(row: SyncStream) -> bool:
    # What the hub writes is read by whoever comes; nobody gives a receipt for it.
    return row.own and runtime.current().is_hub


def _allowed(row: SyncStream) -> Place | None:
    old = clock.now() - (_KEPT_FOR_READERS if _is_public(row) else _KEPT)
    marks = sa.select(SyncMark).where(*_marks_of(row), SyncMark.at <= old)
    pins = list(_pins(row)) if _is_public(row) else []
    for mark in db.session.scalars(marks.order_by(SyncMark.epoch.desc(), SyncMark.n.desc())):
        place = Place(mark.epoch, mark.n)
        is_ours = streams.chain_at(row, mark.n, epoch=mark.epoch) == mark.chain
        if is_ours and all(place <= each for each in pins):
            return place
    return None


def _pins(row: SyncStream) -> Iterable[Place]:
    # Who was silent for longer, or was withdrawn, holds nothing up.
    told, old = contact.of_nodes(), clock.now() - _KEPT_FOR_READERS
    for node in enrolment.nodes():
        last = told.get(node.id)
        if node.state in _GONE or last is None or last.at < old:
            continue
        stands = (last.positions or {}).get(row.name)
        if stands is not None:
            yield Place(stands["epoch"], stands["n"])


def _superseded(row: SyncStream, horizon: Place) -> tuple[sa.ColumnElement[bool], ...]:
    """Which lines go: those a newer line up to the horizon has taken the place of, and what was erased."""
    return *_up_to(row, horizon), is_over(horizon)


def is_over(horizon: Place) -> sa.ColumnElement[bool]:
    """Say whether a line says nothing any more of how things stood at a place."""
    newer = aliased(SyncLine)
    settled = (AsideState.RESOLVED, AsideState.SUPERSEDED)
    taken_over = sa.select(newer.n).where(
        newer.member_id == SyncLine.member_id,
        newer.stream_id == SyncLine.stream_id,
        newer.kind == SyncLine.kind,
        newer.rec == SyncLine.rec,
        newer.rev > SyncLine.rev,
        sa.tuple_(newer.epoch, newer.n) > sa.tuple_(SyncLine.epoch, SyncLine.n),
        sa.tuple_(newer.epoch, newer.n) <= horizon,
        ~_aside(newer, (AsideState.RESOLVED,)),
    )
    return ~_aside(SyncLine, settled) & sa.or_(SyncLine.kind.is_(None), taken_over.exists())


def _aside(line: type[SyncLine], harmless: Iterable[AsideState]) -> sa.ColumnElement[bool]:
    return (
        sa.select(SyncAside.id)
        .where(
            SyncAside.member_id == line.member_id,
            SyncAside.stream_id == line.stream_id,
            SyncAside.epoch == line.epoch,
            SyncAside.n == line.n,
            SyncAside.state.not_in(list(harmless)),
        )
        .exists()
    )


def _up_to(row: SyncStream, horizon: Place) -> tuple[sa.ColumnElement[bool], ...]:
    of_stream = (SyncLine.member_id == row.member_id, SyncLine.stream_id == row.id)
    return *of_stream, sa.tuple_(SyncLine.epoch, SyncLine.n) <= horizon


def _count(row: SyncStream, horizon: Place) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(SyncLine).where(*_up_to(row, horizon))) or 0


def _marks_of(row: SyncStream) -> tuple[sa.ColumnElement[bool], ...]:
    return SyncMark.member_id == row.member_id, SyncMark.stream_id == row.id
