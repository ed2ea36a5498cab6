"""A person decides about salvage: what each line would change, taking over, leaving out with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import apply, erasure, kinds, reissue, streams, taking
from sri_admin.federation.apply import Fault, Record
from sri_admin.federation.events import SalvageDismissed, SalvageTaken
from sri_admin.federation.kinds import Kind
from sri_admin.federation.lines import REMOVALS, Change, decode_entry
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import salvage
from sri_admin.federation.salvage_models import SalvageState, SyncSalvage
from sri_admin.kernel import clock, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l


@dataclass(frozen=True)
class Difference:
    """One record that was salvaged: its newest salvaged line, those before it, and the values that would change."""

    newest: SyncSalvage
    lines: Sequence[SyncSalvage]
    removes: bool
    changes: Sequence[tuple[str, Any, Any]] = field(default_factory=tuple)
    is_known: bool = True
    is_here: bool = True


def offered(member_id: UUID | None = None) -> list[Difference]:
    """Return what waits for a decision, by record, with what each would change."""
    by_record: dict[tuple[UUID, str, object, object], list[SyncSalvage]] = {}
    for each in salvage.waiting(member_id):
        by_record.setdefault((each.member_id, each.stream, each.kind, each.rec or each.id), []).append(each)
    here = {row.name for row in streams.here() if row.own}
    found = [_difference(lines) for lines in by_record.values()]
    return [replace(each, is_here=each.newest.stream in here) for each in found]


def _difference(lines: Sequence[SyncSalvage]) -> Difference:
    newest = max(lines, key=lambda each: (each.rev or 0, each.epoch, each.n))
    kind, entry = kinds.by_name().get(newest.kind or ""), decode_entry(newest.line) if newest.kind else None
    if kind is None or not isinstance(entry, Change):
        return Difference(newest, lines, removes=False, is_known=False)
    row = _row(kind, newest)
    now = kind.payload(row) if row is not None else {}
    if entry.op in REMOVALS:
        return Difference(newest, lines, removes=True, changes=[(name, value, None) for name, value in now.items()])
    given = {column.key: entry.d.get(column.key) for column in kind.columns}
    changes = [(name, now.get(name), value) for name, value in given.items() if now.get(name) != value]
    return Difference(newest, lines, removes=False, changes=changes)


def _row(kind: Kind, each: SyncSalvage) -> Any:
    return db.session.get(kind.model, (each.member_id, each.rec), populate_existing=True)


def take_over(actor: Actor, member_id: UUID, chosen: Sequence[UUID] | None = None) -> int:
    """Write what was salvaged as new revisions of the present epoch; the newest line of each record counts.

    `chosen` are lines of the records meant, None means everything that waits. Raises ElsewhereError when the stream
    is written by another installation by now, ConflictError when a record cannot stand beside those here.
    """
    POLICY.require(actor, "federation.salvage.decide", member_id)
    found = [each for each in offered(member_id) if chosen is None or {line.id for line in each.lines} & set(chosen)]
    found = [each for each in found if each.is_known]
    if not found:
        raise NotFoundError
    _require_writer(found)
    orders, others = [[each for each in found if _is_order(each) is which] for which in (True, False)]
    _give_again(actor, orders)
    by_record = {(each.newest.kind, each.newest.rec): each for each in others}
    records = [_record(each) for each in others]
    result = apply.apply(member_id, [each for each in records if each.payload is not None], order=kinds.all_kinds())
    _refuse_clash(result.faults)
    taking.tell(member_id, result.arrived)
    for record in records:
        _record_change(actor, record, by_record[record.kind.name, record.id])
    return sum(_settle(each, actor, SalvageState.TAKEN) for each in found)


def _is_order(each: Difference) -> bool:
    return erasure.order_of(each.newest) is not None


def _give_again(actor: Actor, orders: Sequence[Difference]) -> None:
    for name in {each.newest.stream for each in orders}:
        given = [each.newest for each in orders if each.newest.stream == name]
        _refuse_clash(reissue.give(actor, streams.by_name(name, lock=True), given))


def _refuse_clash(faults: Sequence[Fault]) -> None:
    if faults:
        raise ConflictError(
            _l("One of these records cannot stand beside what is here now. Take the others over one by one."),
            code="salvage_clash",
            detail=f"{faults[0].code}: {faults[0].detail}",
        )


def _require_writer(found: Sequence[Difference]) -> None:
    for name in {each.newest.stream for each in found}:
        row = streams.find(name)
        if row is None or not row.own or row.closing:
            raise ElsewhereError


def _record(each: Difference) -> Record:
    kind, entry = kinds.by_name()[each.newest.kind or ""], decode_entry(each.newest.line)
    assert isinstance(entry, Change)
    assert each.newest.rec is not None
    row, rec = _row(kind, each.newest), each.newest.rec
    held = streams.newest_lines(each.newest.member_id, [rec]).get((kind.name, rec))
    rev = max(getattr(row, "version", 0) if row is not None else 0, held.rev if held else 0) + 1
    made, detail = (Record(0, kind, rec, rev, None), "") if each.removes else taking.record_of(kind, entry, rec)
    if made is None:
        raise ConflictError(
            _l("One of these records was written by another version of the program and cannot be read any more."),
            code="salvage_unreadable",
            detail=detail,
        )
    return made._replace(n=each.newest.n, rev=rev)


def _record_change(actor: Actor, record: Record, each: Difference) -> None:
    row = _row(record.kind, each.newest)
    if row is not None and record.payload is None:
        db.session.delete(row)
    told = SalvageTaken(
        member_id=each.newest.member_id, subject=record.id, kind=record.kind.name, stream=each.newest.stream
    )
    work.record(actor, told, *([row] if row is not None else []))
    db.session.flush()


def dismiss(actor: Actor, member_id: UUID, chosen: Sequence[UUID], *, reason: str) -> int:
    """Leave salvaged records out, for a reason; what was written stays readable."""
    POLICY.require(actor, "federation.salvage.decide", member_id)
    found = [each for each in offered(member_id) if {line.id for line in each.lines} & set(chosen)]
    if not found:
        raise NotFoundError
    for each in found:
        told = SalvageDismissed(
            member_id=member_id, subject=each.newest.rec or each.newest.id, stream=each.newest.stream, reason=reason
        )
        work.record(actor, told)
    return sum(_settle(each, actor, SalvageState.DISMISSED, reason=reason) for each in found)


def _settle(each: Difference, actor: Actor, state: SalvageState, *, reason: str | None = None) -> int:
    for line in each.lines:
        taken = state is SalvageState.TAKEN and line is not each.newest
        line.state = SalvageState.SUPERSEDED if taken else state
        line.reason, line.settled_at, line.settled_by = reason, clock.now(), actor.label
    return len(each.lines)


def history(member_id: UUID | None = None, *, limit: int = 50) -> list[SyncSalvage]:
    """Return what was decided, the newest first."""
    wanted = sa.select(SyncSalvage).where(SyncSalvage.settled_at.is_not(None))
    if member_id is not None:
        wanted = wanted.where(SyncSalvage.member_id == member_id)
    return list(db.session.scalars(wanted.order_by(SyncSalvage.settled_at.desc()).limit(limit)))
