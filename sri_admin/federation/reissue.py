"""Orders to forget that a log went on without: given again, since what was forgotten never comes back (§16.4)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import erasure, journal, kinds, limits, streams, taking
from sri_admin.federation.apply import Fault, Record, apply
from sri_admin.federation.events import SalvageTaken
from sri_admin.federation.lines import Change
from sri_admin.federation.models import SyncStream
from sri_admin.federation.salvage_models import SalvageCause, SalvageState, SyncSalvage
from sri_admin.kernel import actor, clock, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db

_GIVER = actor.system("federation")


def give_waiting(row: SyncStream) -> None:
    """Give the orders again that wait here for a stream, where it can be written here; the caller has locked it.

    Runs in a transaction that writes for the stream's tenant. An order that cannot stand waits on for a person, and so
    does one that came late from who no longer writes: it cannot be undone, and its keys may be in other hands.
    """
    if not row.own or row.closing:
        return
    wanted = sa.select(SyncSalvage).where(SyncSalvage.member_id == row.member_id, SyncSalvage.stream == row.name)
    ours = wanted.where(SyncSalvage.state == SalvageState.OPEN, SyncSalvage.cause != SalvageCause.LATE)
    waiting = db.session.scalars(ours).all()
    give(_GIVER, row, [each for each in waiting if erasure.order_of(each)])


def give(doer: Actor, row: SyncStream, orders: Sequence[SyncSalvage]) -> list[Fault]:
    """Write orders anew at the end of a stream that is written here; return why some cannot stand and still wait."""
    changes = _anew(row.member_id, orders)
    known = kinds.by_name()
    removals = [
        Record(place, known[each.kind], UUID(each.id), each.rev, None)
        for place, each in enumerate(changes)
        if each.kind in known
    ]
    result = apply(row.member_id, removals, order=kinds.all_kinds())
    failed = {(each.kind, UUID(each.id)) for each in (changes[fault.n] for fault in result.faults)}
    standing = [each for each in changes if (each.kind, UUID(each.id)) not in failed]
    for start in range(0, len(standing), limits.TRANSACTION_CHANGES):
        journal.write(row, standing[start : start + limits.TRANSACTION_CHANGES])
    taking.tell(row.member_id, result.arrived)
    _settle(doer, row, [each for each in orders if (each.kind, each.rec) not in failed])
    return result.faults


def _anew(member_id: UUID, orders: Sequence[SyncSalvage]) -> list[Change]:
    # One that stands in the log again, or that a later one has overtaken, is not written twice.
    recs = {each.rec for each in orders if each.rec is not None}
    newest = {key: each.rev for key, each in streams.newest_lines(member_id, recs).items()}
    given = erasure.given(member_id, recs)
    anew = dict[streams.RecordKey, Change]()
    for change in sorted(filter(None, map(erasure.order_of, orders)), key=lambda each: each.rev):
        key = (change.kind, UUID(change.id))
        if given.get(key, 0) < change.rev:
            anew[key] = change._replace(rev=max(change.rev, newest.get(key, 0) + 1), d={})
    return list(anew.values())


def _settle(doer: Actor, row: SyncStream, orders: Iterable[SyncSalvage]) -> None:
    for each in orders:
        each.state, each.settled_at, each.settled_by = SalvageState.TAKEN, clock.now(), doer.label
        assert each.rec is not None
        told = SalvageTaken(member_id=row.member_id, subject=each.rec, kind=each.kind or "", stream=row.name)
        work.record(doer, told)
    db.session.flush()
