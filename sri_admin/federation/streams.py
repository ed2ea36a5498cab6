"""Streams as rows: made with their tenant, looked up by name, fenced by epoch."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from sri_admin.federation.chain import genesis
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import REMOVALS, Erased, ProtocolError, decode_entry, entry_hash
from sri_admin.federation.merge import Position
from sri_admin.federation.models import SyncEpoch, SyncLine, SyncStream
from sri_admin.federation.stream_names import OF_MEMBER, StreamClass, parse_name, stream_name
from sri_admin.kernel import clock, ids, installation
from sri_admin.kernel.db import db
from sri_admin.kernel.remembered import once

RecordKey = tuple[str, UUID]


def tenant_of(name: str) -> UUID:
    """Return the tenant whose rows a stream carries; ProtocolError `unknown_stream`."""
    cls, member_id = parse_name(name)
    if member_id is None and cls.of_hub:
        return installation.hub_tenant_id()
    if member_id is None:
        raise ProtocolError("unknown_stream", f"there is no stream {name[:80]}")
    return member_id


def begin(
    cls: StreamClass,
    tenant_id: UUID,
    *,
    own: bool,
    topic: str = "",
    epoch: int = 1,
    log_id: UUID | None = None,
    base: bytes | None = None,
) -> SyncStream:
    """Begin a log: the row of a stream at position 0 of an epoch."""
    name, log = stream_name(cls, tenant_id, topic), log_id or uuid4()
    row = SyncStream(
        member_id=tenant_id,
        id=ids.new(),
        name=name,
        cls=cls,
        own=own,
        epoch=epoch,
        log_id=log,
        base_chain=base,
        n=0,
        chain=genesis(name, epoch, log_id=str(log), base=base),
        peer_n=0,
    )
    db.session.add(row)
    return row


def create_member_streams(tenant_id: UUID) -> None:
    """Begin the streams of a new member at the hub, which writes them until a node is granted its own."""
    for cls in OF_MEMBER:
        begin(cls, tenant_id, own=True)
    db.session.flush()  # the same transaction goes on to write lines into them


def ensure_topic(cls: StreamClass, topic: str) -> None:
    """Begin a stream of the hub about a topic, if it was not begun yet; the open transaction writes for the hub."""
    hub_id = installation.hub_tenant_id()
    if find(stream_name(cls, hub_id, topic)) is None:
        begin(cls, hub_id, own=True, topic=topic)
        db.session.flush()  # the same transaction goes on to write lines into it


def find(name: str, *, lock: bool = False) -> SyncStream | None:
    """Return a stream by name, if it is here."""
    wanted = sa.select(SyncStream).where(SyncStream.name == name).execution_options(populate_existing=True)
    return db.session.scalar(wanted.with_for_update() if lock else wanted)


def by_name(name: str, *, lock: bool = False) -> SyncStream:
    """Return a stream; ProtocolError `unknown_stream`."""
    row = find(name, lock=lock)
    if row is None:
        raise ProtocolError("unknown_stream", f"there is no stream {name[:80]} here")
    return row


def here() -> list[SyncStream]:
    """Return every stream in reach, by name."""
    return list(db.session.scalars(sa.select(SyncStream).order_by(SyncStream.name)))


def lock_number(name: str) -> sa.ColumnElement[int]:
    """Return the number of the advisory lock held by whoever takes lines of a stream or judges its end."""
    return sa.func.hashtextextended(name, 0)


def writes_here(cls: StreamClass, tenant_id: UUID) -> bool:
    """Say whether this installation writes a stream of a tenant."""
    name = stream_name(cls, tenant_id)
    owner = installation.identity().tenant_id if cls.of_hub else tenant_id
    return name in once(("streams.own", owner), lambda: _own_names(owner))


def _own_names(owner: UUID | None) -> frozenset[str]:
    wanted = sa.select(SyncStream.name).where(SyncStream.member_id == owner, SyncStream.own)
    return frozenset(db.session.scalars(wanted))


def position(row: SyncStream) -> Position:
    """Return where a stream ends here."""
    return Position(row.name, row.epoch, str(row.log_id), row.n, row.chain)


def ended(row: SyncStream, epoch: int) -> SyncEpoch | None:
    """Return an epoch of a stream that has ended here."""
    wanted = sa.select(SyncEpoch).where(
        SyncEpoch.member_id == row.member_id, SyncEpoch.stream_id == row.id, SyncEpoch.epoch == epoch
    )
    return db.session.scalar(wanted)


def first_epoch(row: SyncStream) -> int:
    """Return the oldest epoch of a stream that is here."""
    oldest = sa.select(sa.func.min(SyncEpoch.epoch)).where(
        SyncEpoch.member_id == row.member_id, SyncEpoch.stream_id == row.id
    )
    return db.session.scalar(oldest) or row.epoch


def end_of(row: SyncStream, epoch: int) -> Position | None:
    """Return where an epoch of a stream ends here, the present one or one before it; None if it is not here."""
    if epoch == row.epoch:
        return position(row)
    past = ended(row, epoch)
    return Position(row.name, epoch, str(past.log_id), past.n, past.chain) if past else None


def horizon(row: SyncStream) -> Place | None:
    """Return the place up to which only the newest line of each record is kept; None if every line is."""
    if row.horizon_epoch is None or row.horizon_n is None:
        return None
    return Place(row.horizon_epoch, row.horizon_n)


def is_kept_after(row: SyncStream, epoch: int, n: int) -> bool:
    """Say whether every line after a place is kept here."""
    kept_from = horizon(row)
    return kept_from is None or (epoch, n) >= kept_from


def floor(row: SyncStream) -> int:
    """Return the number after which every line of the present epoch is kept here."""
    return row.horizon_n or 0 if row.horizon_epoch == row.epoch else 0


def chain_at(row: SyncStream, n: int, *, epoch: int | None = None) -> bytes | None:
    """Return the chain value after line n of an epoch, by default the present one; None if that line is not here."""
    of = row if epoch in {None, row.epoch} else ended(row, epoch or 0)
    if of is None or n > of.n or not is_kept_after(row, of.epoch, n):
        return None
    if (of.epoch, n) == horizon(row):
        return row.horizon_chain
    if n == of.n:
        return of.chain
    if n == 0:
        return genesis(row.name, of.epoch, log_id=str(of.log_id), base=of.base_chain)
    return db.session.scalar(
        sa.select(SyncLine.chain).where(
            SyncLine.member_id == row.member_id,
            SyncLine.stream_id == row.id,
            SyncLine.epoch == of.epoch,
            SyncLine.n == n,
        )
    )


def transaction_end(row: SyncStream, n: int) -> int:
    """Return the last line, at or before n of the present epoch, that ends a transaction; 0 if none does.

    It never lies before the horizon.
    """
    ends = sa.select(sa.func.max(SyncLine.n)).where(
        SyncLine.member_id == row.member_id,
        SyncLine.stream_id == row.id,
        SyncLine.epoch == row.epoch,
        SyncLine.n <= n,
        SyncLine.ends,
    )
    return max(db.session.scalar(ends) or 0, floor(row))


class Newest(NamedTuple):
    """The newest line of a record that is here: its revision, its hash, and whether the record is gone by it."""

    rev: int
    h: bytes
    removed: bool


def newest_lines(member_id: UUID, records: Collection[UUID], *where: sa.ColumnElement[bool]) -> dict[RecordKey, Newest]:
    """Return, by kind and id, the newest lines of records; one in its erased form brings no record back."""
    if not records:
        return {}
    ids_given = sa.literal(list(records), sa.ARRAY(sa.Uuid()))
    newest = (
        sa.select(SyncLine.kind, SyncLine.rec, SyncLine.rev, SyncLine.line)
        .ext(distinct_on(SyncLine.kind, SyncLine.rec))
        .where(SyncLine.member_id == member_id, SyncLine.rec == sa.any_(ids_given), *where)
        .order_by(SyncLine.kind, SyncLine.rec, SyncLine.rev.desc())
    )
    found: dict[RecordKey, Newest] = {}
    for kind, rec, rev, line in db.session.execute(newest):
        if kind is not None and rec is not None:
            entry = decode_entry(line)
            removed = isinstance(entry, Erased) or entry.op in REMOVALS
            found[kind, rec] = Newest(rev or 0, entry_hash(line, entry), removed)
    return found


def is_any_closing() -> bool:
    """Say whether records of somebody in reach are being handed over."""
    return bool(db.session.scalar(sa.select(sa.exists(sa.select(SyncStream.id).where(SyncStream.closing)))))


def advance(row: SyncStream, n: int, chain: bytes) -> None:
    """Move the end of a stream, in the transaction that stored its lines."""
    row.n, row.chain, row.changed_at = n, chain, clock.now()


def regrant(row: SyncStream, *, own: bool, epoch: int, log_id: UUID, base: bytes | None) -> None:
    """End the present epoch of a stream where it stands and begin the next, which was granted on that very line.

    Raises ProtocolError `forked` when it was granted on another one.
    """
    if base is not None and base != row.chain:
        raise ProtocolError("forked", f"epoch {epoch} of {row.name} does not continue line {row.n} here")
    db.session.add(_as_ended(row))  # with its proof, in case the writer is set back behind its end
    row.own, row.epoch, row.log_id, row.base_chain = own, epoch, log_id, base
    row.closing, row.proof = False, None
    row.n, row.chain = 0, genesis(row.name, epoch, log_id=str(log_id), base=base)
    row.peer_n, row.peer_chain, row.statement, row.receipt, row.trouble = 0, None, None, None, None
    row.changed_at = clock.now()


def reopen(row: SyncStream) -> None:
    """Return a replica, of whose present epoch nothing is left, to the end of the epoch before it.

    Raises ProtocolError `expired` when the lines before it are no longer kept.
    """
    past = ended(row, row.epoch - 1)
    if past is None or row.n or row.own or not is_kept_after(row, past.epoch, past.n):
        raise ProtocolError("expired", f"epoch {row.epoch - 1} of {row.name} cannot be gone back to")
    row.epoch, row.log_id, row.base_chain = past.epoch, past.log_id, past.base_chain
    row.n, row.chain, row.proof = past.n, past.chain, past.proof
    row.peer_n, row.peer_chain, row.statement, row.receipt, row.trouble = past.n, past.chain, None, None, None
    row.changed_at = clock.now()
    db.session.delete(past)
    db.session.flush()


def knows_log(name: str, epoch: int, log_id: UUID) -> bool:
    """Say whether a log of a stream is here, as the present epoch or as one that has ended."""
    row = find(name)
    of = None if row is None else row if row.epoch == epoch else ended(row, epoch)
    return of is not None and of.log_id == log_id


def _as_ended(row: SyncStream) -> SyncEpoch:
    return SyncEpoch(
        member_id=row.member_id,
        id=ids.new(),
        stream_id=row.id,
        epoch=row.epoch,
        log_id=row.log_id,
        base_chain=row.base_chain,
        n=row.n,
        chain=row.chain,
        own=row.own,
        proof=row.proof,
    )
