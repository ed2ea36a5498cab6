"""Lines that keep their place but were not applied: noted, retried when what they wait for comes, superseded."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation.bulk import among
from sri_admin.federation.limits import RECEIPT_NUMBERS
from sri_admin.federation.models import AsideState, SyncAside, SyncLine, SyncStream
from sri_admin.federation.stream_names import StreamClass
from sri_admin.federation.streams import RecordKey
from sri_admin.kernel import clock
from sri_admin.kernel.db import db

OPEN = (AsideState.OPEN, AsideState.WAITING)


def make(stream: SyncStream, n: int, *, kind: str, rec: UUID | None, rev: int | None) -> SyncAside:
    """Return an entry for a line of a stream, its reason still to be told."""
    return SyncAside(
        member_id=stream.member_id,
        stream_id=stream.id,
        epoch=stream.epoch,
        n=n,
        kind=kind,
        rec=rec,
        rev=rev,
        state=AsideState.OPEN,
        code="",
        detail="",
    )


def supersede(member_id: UUID, newer: Mapping[RecordKey, int]) -> None:
    """Settle entries whose record has arrived in a newer revision."""
    if not newer:
        return
    waiting = sa.select(SyncAside).where(
        SyncAside.member_id == member_id,
        among(SyncAside.rec, {rec for _kind, rec in newer}),
        SyncAside.state.in_((*OPEN, AsideState.PARKED)),
    )
    for row in db.session.scalars(waiting):
        if row.rec is not None and (row.rev or 0) < newer.get((row.kind, row.rec), 0):
            row.state, row.settled_at = AsideState.SUPERSEDED, clock.now()


def waiting_for(member_id: UUID, arrived: Iterable[UUID]) -> list[SyncAside]:
    """Return the entries that wait for one of the records, in the order they came."""
    wanted = sa.select(SyncAside).where(
        SyncAside.member_id == member_id,
        SyncAside.state == AsideState.WAITING,
        among(SyncAside.waiting_for, arrived),
    )
    return list(db.session.scalars(wanted.order_by(SyncAside.epoch, SyncAside.n)))


def for_this_program(stream: SyncStream, kinds: Iterable[str]) -> list[SyncAside]:
    """Return the entries of a stream another program may take: of known kinds, kept for it or refused by the last."""
    wanted = sa.select(SyncAside).where(
        SyncAside.member_id == stream.member_id,
        SyncAside.stream_id == stream.id,
        SyncAside.state.in_((AsideState.PARKED, AsideState.OPEN)),
        SyncAside.kind.in_(list(kinds)),
    )
    return list(db.session.scalars(wanted.order_by(SyncAside.epoch, SyncAside.n)))


def line_of(row: SyncAside) -> bytes:
    """Return the line an entry stands for, as it came."""
    return db.session.scalars(
        sa.select(SyncLine.line).where(
            SyncLine.member_id == row.member_id,
            SyncLine.stream_id == row.stream_id,
            SyncLine.epoch == row.epoch,
            SyncLine.n == row.n,
        )
    ).one()


def stream_of(row: SyncAside) -> tuple[StreamClass, str]:
    """Return class and name of the stream an entry's line came on."""
    here = (SyncStream.member_id == row.member_id, SyncStream.id == row.stream_id)
    cls, name = db.session.execute(sa.select(SyncStream.cls, SyncStream.name).where(*here)).one()
    return cls, name


def numbers(stream: SyncStream, *groups: Collection[AsideState]) -> list[tuple[tuple[int, ...], int | None]]:
    """Return for each group of states the places of a stream's entries: at most a thousand, then also how many."""
    found = db.session.execute(sa.union_all(*(_first(stream, at, states) for at, states in enumerate(groups)))).all()
    told = [tuple(sorted(n for group, n in found if group == at)) for at in range(len(groups))]
    return [
        (places, None) if len(places) <= RECEIPT_NUMBERS else (places[:RECEIPT_NUMBERS], count(stream, *states))
        for places, states in zip(told, groups, strict=True)
    ]


def _first(stream: SyncStream, group: int, states: Iterable[AsideState]) -> sa.Select[int, int]:
    wanted = sa.select(sa.literal(group).label("group"), SyncAside.n).where(*_of(stream, states))
    return sa.select(wanted.order_by(SyncAside.n).limit(RECEIPT_NUMBERS + 1).subquery())


def count(stream: SyncStream, *states: AsideState) -> int:
    """Count a stream's entries in some states."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(SyncAside).where(*_of(stream, states))) or 0


def _of(stream: SyncStream, states: Iterable[AsideState]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        SyncAside.member_id == stream.member_id,
        SyncAside.stream_id == stream.id,
        SyncAside.epoch == stream.epoch,
        SyncAside.state.in_(list(states)),
    )


def open_rows(member_id: UUID | None) -> list[tuple[SyncAside, str]]:
    """Return what waits for a person or another record, with its stream's name, the oldest first."""
    wanted = (
        sa.select(SyncAside, SyncStream.name)
        .join(SyncStream, (SyncStream.member_id == SyncAside.member_id) & (SyncStream.id == SyncAside.stream_id))
        .where(SyncAside.state.in_(OPEN))
        .order_by(SyncAside.at)
    )
    if member_id is not None:
        wanted = wanted.where(SyncAside.member_id == member_id)
    return [(row, name) for row, name in db.session.execute(wanted)]
