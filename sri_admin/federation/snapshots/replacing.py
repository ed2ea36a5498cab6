"""A snapshot takes the place of what is here: its lines for ours, its records for ours, in one transaction (§15.4)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from sri_admin.federation import apply, erasure, grants, kinds, limits, streams, taking
from sri_admin.federation.apply import Applied, Record
from sri_admin.federation.key_life import Place
from sri_admin.federation.kinds import Kind
from sri_admin.federation.merge import StreamError
from sri_admin.federation.models import AsideState, SyncAside, SyncEpoch, SyncLine, SyncStream
from sri_admin.federation.recovery import cutting, salvage
from sri_admin.federation.salvage_models import SalvageCause, SalvageState
from sri_admin.federation.snapshot_models import SyncMark, SyncSnapshot, SyncSnapshotLine
from sri_admin.federation.snapshots.manifest import Line, Manifest, read_line
from sri_admin.federation.stream_names import StreamClass, parse_name
from sri_admin.kernel import installation, runtime
from sri_admin.kernel.db import db

_PIECE = 2_000
Write = Callable[..., Applied]


class Weight(NamedTuple):
    """How many records of a stream stand here, and how many of them a snapshot would remove."""

    standing: int
    removes: int


def weigh(snapshot: SyncSnapshot) -> Weight:
    """Count what a snapshot that is here whole would remove."""
    standing = removes = 0
    for kind in _kinds_of(parse_name(snapshot.stream)[0]):
        table = kind.table
        mine = table.c.member_id == snapshot.member_id
        standing += db.session.scalar(sa.select(sa.func.count()).select_from(table).where(mine)) or 0
        removes += db.session.scalar(sa.select(sa.func.count()).select_from(table).where(_goes(snapshot, kind))) or 0
    return Weight(standing, removes)


def _kinds_of(cls: StreamClass) -> Sequence[Kind]:
    return [kind for kind in kinds.all_kinds() if kind.stream is cls]


def _goes(snapshot: SyncSnapshot, kind: Kind) -> sa.ColumnElement[bool]:
    table = kind.table
    stays = sa.select(SyncSnapshotLine.n).where(
        *_lines_of(snapshot), SyncSnapshotLine.kind == kind.name, SyncSnapshotLine.rec == table.c.id
    )
    return (table.c.member_id == snapshot.member_id) & ~stays.where(~SyncSnapshotLine.removal).exists()


def replace(row: SyncStream | None, snapshot: SyncSnapshot, made: Manifest, *, anew: bool) -> None:
    """Put a snapshot in the place of a replica; one that begins `anew` is of another history than the records here."""
    if row is None:
        cls, member_id = parse_name(made.stream)
        row = streams.begin(cls, member_id or snapshot.member_id, own=False, log_id=UUID(made.log_id))
        db.session.flush()
    with cutting.taking_back():
        _clear(row)
        _stand_at(row, made)
        _insert_lines(row, snapshot)
        _apply(row, snapshot, whatever_stands=anew)
    streams.advance(row, made.n, made.chain)


def sure_end(row: SyncStream) -> Place:
    """Return up to where the other side surely has what is here: what was written here and not receipted may differ."""
    # Only what was written here has no statement of the hub's; lines read back from it have one.
    if runtime.current().is_hub or not row.cls.by_member or row.proof is not None:
        return Place(row.epoch, row.n)
    return Place(row.epoch, min(row.n, max(row.peer_n, streams.floor(row))))


def keep_unsent(row: SyncStream) -> None:
    """Take out of a stream what was written here and may never have been sent, for a person to decide about."""
    cutting.back_to(row, sure_end(row).n, cause=SalvageCause.SET_BACK, state=SalvageState.OPEN)


def keep_alone(row: SyncStream, snapshot: SyncSnapshot) -> None:
    """Keep for people what this replica alone knew: the newest line of each record where the snapshot has another."""
    newer = aliased(SyncLine)
    mine = (SyncLine.member_id == row.member_id, SyncLine.stream_id == row.id, SyncLine.kind.is_not(None))
    of_record = (newer.stream_id == SyncLine.stream_id, newer.kind == SyncLine.kind, newer.rec == SyncLine.rec)
    taken_over = sa.select(newer.n).where(newer.member_id == row.member_id, *of_record, newer.rev > SyncLine.rev)
    same = (SyncSnapshotLine.kind == SyncLine.kind, SyncSnapshotLine.rec == SyncLine.rec)
    shared = sa.select(SyncSnapshotLine.n).where(*_lines_of(snapshot), *same, SyncSnapshotLine.line == SyncLine.line)
    alone = sa.select(SyncLine.epoch, SyncLine.line).where(*mine, ~taken_over.exists(), ~shared.exists())
    found = db.session.execute(alone.order_by(SyncLine.epoch, SyncLine.n)).all()
    cause = SalvageCause.SET_BACK if _is_to_go_on(row) else SalvageCause.HUB_RESTORED
    for epoch, of_epoch in groupby(found, key=lambda each: each.epoch):
        after, lines = Place(epoch, limits.INTEGER_MAX), [each.line for each in of_epoch]
        source = installation.identity().id
        salvage.keep(row, after, lines, source=source, cause=cause, state=SalvageState.OPEN)


def _is_to_go_on(row: SyncStream) -> bool:
    newest = grants.newest(row.name)
    return newest is not None and newest.node_id == installation.identity().id


def _clear(row: SyncStream) -> None:
    for model in (SyncAside, SyncLine, SyncEpoch, SyncMark):
        mine = (model.member_id == row.member_id, model.stream_id == row.id)
        db.session.execute(sa.delete(model).where(*mine).execution_options(synchronize_session=False))
    db.session.expire_all()


def _stand_at(row: SyncStream, made: Manifest) -> None:
    if row.epoch != made.epoch or row.peer_n < made.n:
        row.peer_n, row.peer_chain, row.statement = made.n, made.chain, None
    row.proof, row.receipt = None, None
    row.epoch, row.log_id, row.base_chain = made.epoch, UUID(made.log_id), None
    row.n, row.chain = made.n, made.chain
    row.horizon_epoch, row.horizon_n, row.horizon_chain = made.epoch, made.n, made.chain
    row.horizon_records, row.horizon_digest = made.records, made.digest
    db.session.flush()


def _insert_lines(row: SyncStream, snapshot: SyncSnapshot) -> None:
    names = ["epoch", "n", "kind", "rec", "rev", "ends", "line"]
    columns = [getattr(SyncSnapshotLine, name) for name in names]
    no_chain = sa.literal(b"", sa.LargeBinary())
    rows = sa.select(sa.literal(row.member_id), sa.literal(row.id), *columns, no_chain).where(*_lines_of(snapshot))
    db.session.execute(sa.insert(SyncLine).from_select(["member_id", "stream_id", *names, "chain"], rows))


def _apply(row: SyncStream, snapshot: SyncSnapshot, *, whatever_stands: bool) -> None:
    gone = _gone(row, snapshot)
    together, apart = (partial(each, whatever_stands=whatever_stands) for each in (apply.write, apply.apply))
    try:
        with apply.at_once():
            told = _write(row, snapshot, gone, together)
    except apply.GUILTY:
        # Some record cannot stand here: one by one, so that only the guilty ones are set aside.
        told = _write(row, snapshot, gone, apart)
        _try_again(row)
    stands = [rec for ids in told.values() for rec in ids]
    taking.retry_waiting(row.member_id, stands)
    taking.tell(row.member_id, told)


def _gone(row: SyncStream, snapshot: SyncSnapshot) -> list[Record]:
    """Return the removals of records the snapshot says nothing of."""
    removals = list[Record]()
    for kind in reversed(_kinds_of(row.cls)):
        known = sa.select(SyncSnapshotLine.rec).where(*_lines_of(snapshot), SyncSnapshotLine.kind == kind.name)
        of_kind = sa.select(kind.table.c.id).where(kind.table.c.member_id == row.member_id)
        lost = db.session.scalars(of_kind.where(kind.table.c.id.not_in(known)))
        removals += [Record(0, kind, rec, 0, None) for rec in lost]
    return removals


def _write(row: SyncStream, snapshot: SyncSnapshot, gone: list[Record], write: Write) -> dict[str, list[UUID]]:
    told = dict[str, list[UUID]]()
    for epoch, lines in _pieces(snapshot):
        entries = [each.entry for each in lines]
        judged = taking.judge_all(row, entries, [each.h for each in lines], held={})
        result = write(row.member_id, judged.records, order=kinds.all_kinds())
        by_n = {each.n: each for each in judged.records}
        asides = [*judged.asides, *(taking.faulty(row, by_n[fault.n], fault) for fault in result.faults)]
        for each in asides:
            each.epoch = epoch
        db.session.add_all(asides)
        db.session.flush()
        erasure.forget(row.member_id, erasure.ordered(entries))
        _add(told, result)
    result = write(row.member_id, gone, order=kinds.all_kinds())
    if result.faults:
        raise StreamError("clash", "a record that is gone is still needed here")
    _add(told, result)
    return told


def _add(told: dict[str, list[UUID]], result: Applied) -> None:
    for kind, ids in result.arrived.items():
        told.setdefault(kind, []).extend(ids)


def _pieces(snapshot: SyncSnapshot) -> Iterator[tuple[int, list[Line]]]:
    """Return the lines kind by kind in the order they can stand, then what is of no kind known here; epochs apart."""
    names = [kind.name for kind in kinds.all_kinds()]
    others = sa.or_(SyncSnapshotLine.kind.is_(None), SyncSnapshotLine.kind.not_in(names))
    epochs = sa.select(SyncSnapshotLine.epoch).where(*_lines_of(snapshot)).distinct().order_by(SyncSnapshotLine.epoch)
    found = list(db.session.scalars(epochs))
    for which in (*(SyncSnapshotLine.kind == name for name in names), others):
        for epoch in found:
            yield from ((epoch, piece) for piece in _cut(snapshot, epoch, which))


def _cut(snapshot: SyncSnapshot, epoch: int, which: sa.ColumnElement[bool]) -> Iterator[list[Line]]:
    after = 0
    while True:
        wanted = sa.select(SyncSnapshotLine.n, SyncSnapshotLine.line).where(
            *_lines_of(snapshot), SyncSnapshotLine.epoch == epoch, SyncSnapshotLine.n > after, which
        )
        rows = db.session.execute(wanted.order_by(SyncSnapshotLine.n).limit(_PIECE)).all()
        if not rows:
            return
        yield [read_line(Place(epoch, n), line) for n, line in rows]
        after = rows[-1].n


def _try_again(row: SyncStream) -> None:
    clashes = sa.select(SyncAside).where(
        SyncAside.member_id == row.member_id, SyncAside.stream_id == row.id, SyncAside.state == AsideState.OPEN
    )
    while taking.replay(db.session.scalars(clashes).all()):
        continue


def _lines_of(snapshot: SyncSnapshot) -> tuple[sa.ColumnElement[bool], ...]:
    return SyncSnapshotLine.member_id == snapshot.member_id, SyncSnapshotLine.snapshot_id == snapshot.id
