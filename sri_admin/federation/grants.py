"""Who writes which epoch of a stream: the hub grants the next one on the last line it holds (docs/federation.md §16.1).

A grant and the end of the epoch before it stand together or not at all: between them two could write.
"""

from collections.abc import Iterable
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from sri_admin.federation import reissue, streams
from sri_admin.federation.events import WriterGranted
from sri_admin.federation.models import Grant, SyncStream
from sri_admin.federation.stream_names import MEMBER_CONTRIB, MEMBER_OPS, parse_name, stream_name
from sri_admin.kernel import ids, tenancy, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db

BY_MEMBER = (MEMBER_OPS, MEMBER_CONTRIB)


def names_of(member_id: UUID) -> list[str]:
    """Return the streams that whoever serves a member writes."""
    return [stream_name(cls, member_id) for cls in BY_MEMBER]


def grant_next(actor: Actor, names: Iterable[str], node_id: UUID | None) -> list[Grant]:
    """Grant the next epoch of streams to a node, or to the hub itself, each on the last line that is here.

    The open transaction writes for the hub, and reads whom the streams belong to.
    """
    hub_id = tenancy.hub_tenant().id
    granted: list[Grant] = []
    for name in sorted(names):
        tenancy.write_for(streams.tenant_of(name))
        row = streams.by_name(name, lock=True)
        tenancy.write_for(hub_id)
        grant = _next_of(row, hub_id, node_id)
        tenancy.write_for(row.member_id)
        go_over(row, grant, own=node_id is None)
        db.session.flush()
        tenancy.write_for(hub_id)
        granted.append(grant)
        told = WriterGranted(member_id=hub_id, subject=node_id or hub_id, stream=name, epoch=grant.epoch)
        work.record(actor, told, grant)
    return granted


def _next_of(row: SyncStream, hub_id: UUID, node_id: UUID | None) -> Grant:
    # One that continues a line which never stood here was taken back from another day of a hub set back several times.
    found = of_epoch(row.name, row.epoch + 1) if is_unfit(row) else None
    grant = found or Grant(member_id=hub_id, id=ids.new(), stream=row.name, epoch=row.epoch + 1)
    grant.log_id, grant.node_id, grant.base_n, grant.base_chain = uuid4(), node_id, row.n, row.chain.hex()
    db.session.add(grant)
    db.session.flush()
    return grant


def is_unfit(row: SyncStream) -> bool:
    """Say whether the next epoch of a stream is granted already, on another line than stands here."""
    grant = of_epoch(row.name, row.epoch + 1)
    base = base_of(grant) if grant is not None else None
    if grant is None or base is None or grant.base_n is None:
        return False
    here = streams.chain_at(row, grant.base_n)
    return here is not None and here != base


def newest(name: str) -> Grant | None:
    """Return the grant in force for a stream."""
    return db.session.scalar(sa.select(Grant).where(Grant.stream == name).order_by(Grant.epoch.desc()).limit(1))


def writers(names: Iterable[str]) -> dict[str, UUID | None]:
    """Return the node that writes each stream now, None for the hub; streams never granted are left out.

    A grant to itself that the hub had lost and took back tells nothing before the epoch that went before is here whole:
    who wrote that one still sends it.
    """
    is_told = sa.or_(Grant.node_id.is_not(None), SyncStream.epoch >= Grant.epoch)
    newest_of_each = (
        sa.select(Grant.stream, Grant.node_id)
        .ext(distinct_on(Grant.stream))
        .join(SyncStream, sa.and_(SyncStream.name == Grant.stream, is_told))
        .where(Grant.stream.in_(list(names)))
        .order_by(Grant.stream, Grant.epoch.desc())
    )
    return {row.stream: row.node_id for row in db.session.execute(newest_of_each)}


def of_epoch(name: str, epoch: int) -> Grant | None:
    """Return who was granted an epoch of a stream."""
    return db.session.scalar(sa.select(Grant).where(Grant.stream == name, Grant.epoch == epoch))


def is_at_base(row: SyncStream, grant: Grant) -> bool:
    """Say whether a stream ends here exactly where a grant begins the next epoch."""
    same_place = grant.base_n is None or grant.base_n == row.n
    return row.epoch == grant.epoch - 1 and same_place and base_of(grant) in {None, row.chain}


def go_over(row: SyncStream, grant: Grant, *, own: bool) -> None:
    """Begin the epoch of a grant; ProtocolError `forked` if what is here ends elsewhere."""
    streams.regrant(row, own=own, epoch=grant.epoch, log_id=grant.log_id, base=base_of(grant))
    reissue.give_waiting(row)


def follow(name: str) -> None:
    """Go over to an epoch whose grant was lost and taken back, if what is here ends at its base; writes for the hub."""
    tenancy.write_for(streams.tenant_of(name))
    row = streams.by_name(name, lock=True)
    grant = of_epoch(name, row.epoch + 1)
    if grant is not None and is_at_base(row, grant):
        go_over(row, grant, own=grant.node_id is None)
    db.session.flush()
    tenancy.write_for(tenancy.hub_tenant().id)


def granted_on(member_id: UUID) -> list[str]:
    """Return the streams of a member whose next epoch is granted already: their grant was lost here and taken back."""
    row = SyncStream
    wanted = sa.select(row.name).join(Grant, sa.and_(Grant.stream == row.name, Grant.epoch == row.epoch + 1))
    return sorted(db.session.scalars(wanted.where(row.member_id == member_id, row.name.in_(names_of(member_id)))))


def base_of(grant: Grant) -> bytes | None:
    """Return the chain value an epoch was granted on."""
    return bytes.fromhex(grant.base_chain) if grant.base_chain else None


def begin(grant: Grant) -> SyncStream:
    """Begin a stream that never had a line, at the node it was granted to."""
    cls, member_id = parse_name(grant.stream)
    assert member_id is not None
    return streams.begin(cls, member_id, own=True, epoch=grant.epoch, log_id=grant.log_id, base=base_of(grant))


def never_had_a_line(grant: Grant) -> bool:
    """Say whether the epochs before a grant were all empty, as far as the grants that are here tell."""
    if grant.epoch == 2:
        return not grant.base_n
    before = of_epoch(grant.stream, grant.epoch - 1)
    return not grant.base_n and before is not None and never_had_a_line(before)
