"""Going back to an earlier line of a log: what stood after it is kept aside, and its records stand as before."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import apply, kinds, streams, taking
from sri_admin.federation.apply import Record
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import Change, decode_entry
from sri_admin.federation.models import SyncAside, SyncLine, SyncStream
from sri_admin.federation.recovery import salvage
from sri_admin.federation.salvage_models import SalvageCause, SalvageState
from sri_admin.federation.streams import RecordKey
from sri_admin.kernel import installation
from sri_admin.kernel.db import db

_STEPPING = sa.text("select set_config('app.stepping_back', :on, true)")


@contextmanager
def taking_back() -> Iterator[None]:
    """Let lines, and entries that are never changed, be removed in the open transaction until the block ends."""
    db.session.execute(_STEPPING, {"on": "on"})
    yield
    db.session.execute(_STEPPING, {"on": "off"})
    db.session.expire_all()


def back_to(row: SyncStream, n: int, *, cause: SalvageCause, state: SalvageState) -> int:
    """Take the lines after n out of the present epoch of a stream into salvage; returns how many."""
    chain = streams.chain_at(row, n)
    assert chain is not None
    after = (SyncLine.member_id == row.member_id, SyncLine.stream_id == row.id, SyncLine.epoch == row.epoch)
    taken = list(db.session.scalars(sa.select(SyncLine).where(*after, SyncLine.n > n).order_by(SyncLine.n)))
    if not taken:
        return 0
    lines, source = [each.line for each in taken], installation.identity().id
    touched = {(each.kind, each.rec) for each in taken if each.kind and each.rec}
    with taking_back():
        _step_back(row, n, chain)
        # Only now: an order to forget that is taken out as well says nothing about what was written after it.
        salvage.keep(row, Place(row.epoch, n), lines, source=source, cause=cause, state=state)
        _put_back(row.member_id, touched)
    return len(taken)


def _step_back(row: SyncStream, n: int, chain: bytes) -> None:
    _remove(row, n)
    if row.peer_n > n:
        row.peer_n, row.peer_chain, row.statement = n, chain, None
    row.proof = None  # it is about a line that is not here any more
    streams.advance(row, n, chain)


def _remove(row: SyncStream, n: int) -> None:
    for model in (SyncAside, SyncLine):
        here = (model.member_id == row.member_id, model.stream_id == row.id, model.epoch == row.epoch)
        db.session.execute(sa.delete(model).where(*here, model.n > n).execution_options(synchronize_session=False))
    db.session.expire_all()


def _put_back(member_id: UUID, touched: Iterable[RecordKey]) -> None:
    known = kinds.by_name()
    keys = [(known[name], rec) for name, rec in touched if name in known]
    lines = taking.held_lines(member_id, {(kind.name, rec) for kind, rec in keys})
    records = [_record(kind, rec, lines.get((kind.name, rec))) for kind, rec in keys]
    arrived = apply.put_back(member_id, records, order=kinds.all_kinds())
    taking.tell(member_id, arrived)


def _record(kind: kinds.Kind, rec: UUID, held: tuple[int, bytes] | None) -> Record:
    entry = decode_entry(held[1]) if held is not None else None
    if isinstance(entry, Change) and entry.kind == kind.name:
        made, _detail = taking.record_of(kind, entry, rec)
        if made is not None:
            return made
    return Record(0, kind, rec, 0, None)
