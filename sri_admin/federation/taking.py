"""Taking verified lines into a replica: stored, judged, applied, set aside; all in the transaction of the position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from sri_admin.federation import aside, bulk, kinds, streams
from sri_admin.federation.apply import Fault, Record, apply
from sri_admin.federation.chain import line_hash
from sri_admin.federation.kinds import Kind
from sri_admin.federation.lines import Change, Erased, decode_entry
from sri_admin.federation.merge import Action, ChangeVerdict, Entry, Held, Page, Refused, judge_change
from sri_admin.federation.models import AsideState, SyncAside, SyncLine, SyncStream
from sri_admin.kernel import actor, clock, metrics, work
from sri_admin.kernel.db import db

_APPLIER = actor.system("federation")


@dataclass(frozen=True)
class RecordsArrived:
    """Records of one kind came from another installation and stand in their table now."""

    kind: str
    member_id: UUID
    ids: tuple[UUID, ...]


@dataclass
class _Sorted:
    records: list[Record] = field(default_factory=list)
    asides: list[SyncAside] = field(default_factory=list)


def take(stream: SyncStream, page: Page, lines: Sequence[bytes], *, skip: int = 0) -> None:
    """Take the entries of a verified page after the first `skip`; the caller moves nothing itself."""
    entries, hashes = page.entries[skip:], page.hashes[skip:]
    sorted_ = _judge_all(stream, entries, hashes)
    bulk.insert_lines(stream, entries, lines[skip:], page.chains[skip:])
    _apply(stream, sorted_)
    streams.advance(stream, page.end.n, page.end.chain)


def _judge_all(stream: SyncStream, entries: Sequence[Entry], hashes: Sequence[bytes]) -> _Sorted:
    known, sorted_ = kinds.by_name(), _Sorted()
    changes = [entry for entry in entries if isinstance(entry, Change)]
    is_first = stream.n == 0 and stream.epoch == 1
    held = {} if is_first else held_revisions(stream, {UUID(each.id) for each in changes})
    for entry, h in zip(entries, hashes, strict=True):
        if isinstance(entry, Refused):
            sorted_.asides.append(
                _aside(stream, entry.n, None, ChangeVerdict(Action.QUARANTINE, entry.code), entry.detail)
            )
        elif isinstance(entry, Change):
            _judge(stream, entry, h, known.get(entry.kind), held, sorted_)
    return sorted_


def _judge(
    stream: SyncStream, change: Change, h: bytes, kind: Kind | None, held: dict[UUID, Held], sorted_: _Sorted
) -> None:
    rec = UUID(change.id)
    readable = (kind.oldest, kind.version) if kind else None
    verdict = judge_change(change, h, versions=readable, held=held.get(rec))
    if kind is not None and kind.stream is not stream.cls:
        verdict = ChangeVerdict(Action.QUARANTINE, "wrong_stream")
    if verdict.action is Action.APPLY and kind is not None:
        made, detail = _record(kind, change, rec)
        if made is not None:
            held[rec] = Held(change.rev, h)
            sorted_.records.append(made)
            return
        verdict = ChangeVerdict(Action.QUARANTINE, "invalid")
        sorted_.asides.append(_aside(stream, change.n, change, verdict, detail))
    elif verdict.action in {Action.PARK, Action.QUARANTINE}:
        sorted_.asides.append(_aside(stream, change.n, change, verdict, f"{change.kind}/{change.v}"))


def _record(kind: Kind, change: Change, rec: UUID) -> tuple[Record | None, str]:
    if change.op == "del":
        return Record(change.n, kind, rec, change.rev, None), ""
    try:
        payload = kind.lifted(change.d, change.v)
    except (KeyError, TypeError, ValueError) as error:
        return None, f"cannot be brought up from version {change.v}: {type(error).__name__}"
    if not kind.accepts(payload):
        return None, kind.faults(payload)
    return Record(change.n, kind, rec, change.rev, payload), ""


def _aside(stream: SyncStream, n: int, change: Change | None, verdict: ChangeVerdict, detail: str) -> SyncAside:
    rec = UUID(change.id) if change else None
    row = aside.make(stream, n, kind=change.kind if change else "", rec=rec, rev=change.rev if change else None)
    row.state = AsideState.PARKED if verdict.action is Action.PARK else AsideState.OPEN
    row.code, row.detail = verdict.code, detail[:500]
    return row


def _apply(stream: SyncStream, sorted_: _Sorted) -> None:
    result = apply(stream.member_id, sorted_.records, order=kinds.all_kinds())
    by_n = {each.n: each for each in sorted_.records}
    for fault in result.faults:
        sorted_.asides.append(_faulty(stream, by_n[fault.n], fault))
    db.session.add_all(sorted_.asides)
    failed = {fault.n for fault in result.faults}
    stands = [(each.id, each.rev) for each in sorted_.records if each.n not in failed]
    db.session.flush()
    if stands:
        aside.supersede(stream, stands)
        _retry_waiting(stream, result.arrived)
    tell(stream, result.arrived)
    metrics.set_aside.inc(len(failed))


def _faulty(stream: SyncStream, record: Record, fault: Fault) -> SyncAside:
    row = aside.make(stream, record.n, kind=record.kind.name, rec=record.id, rev=record.rev)
    row.state = AsideState.WAITING if fault.waiting_for else AsideState.OPEN
    row.code, row.detail, row.waiting_for = fault.code, fault.detail[:500], fault.waiting_for
    return row


def tell(stream: SyncStream, arrived: Mapping[str, Sequence[UUID]]) -> None:
    """Let the parts above know what arrived, one event a kind."""
    for kind, ids in arrived.items():
        work.announce(_APPLIER, RecordsArrived(kind, stream.member_id, tuple(ids)))


def held_revisions(stream: SyncStream, records: set[UUID]) -> dict[UUID, Held]:
    """Return the newest revision of records that was applied here, and the hash of its line."""
    if not records:
        return {}
    refused = sa.select(SyncAside.id).where(
        SyncAside.member_id == SyncLine.member_id,
        SyncAside.stream_id == SyncLine.stream_id,
        SyncAside.epoch == SyncLine.epoch,
        SyncAside.n == SyncLine.n,
        SyncAside.state != AsideState.RESOLVED,
    )
    newest = (
        sa.select(SyncLine.rec, SyncLine.rev, SyncLine.line)
        .ext(distinct_on(SyncLine.rec))
        .where(
            SyncLine.member_id == stream.member_id,
            bulk.among(SyncLine.rec, records),
        )
        .where(~refused.exists())
        .order_by(SyncLine.rec, SyncLine.rev.desc())
    )
    found = db.session.execute(newest)
    return {rec: Held(rev or 0, line_hash(line)) for rec, rev, line in found if rec is not None}


def _retry_waiting(stream: SyncStream, arrived: Mapping[str, Sequence[UUID]]) -> None:
    """Apply what waited for records that have just come; each success may free others."""
    fresh = [rec for ids in arrived.values() for rec in ids]
    while fresh:
        rows = aside.waiting_for(stream.member_id, fresh)
        fresh = [row.rec for row in rows if replay(stream, row) and row.rec is not None]


def replay(stream: SyncStream, row: SyncAside) -> bool:
    """Try a line again that was not applied when it came; True if its record stands now."""
    entry = decode_entry(aside.line_of(row))
    kind = kinds.by_name().get(row.kind)
    if isinstance(entry, Erased) or kind is None or entry.v > kind.version:
        return False
    made, detail = _record(kind, entry, UUID(entry.id))
    held = held_revisions(stream, {UUID(entry.id)}).get(UUID(entry.id))
    if held is not None and held.rev >= entry.rev:
        row.state, row.settled_at = AsideState.SUPERSEDED, clock.now()
        return False
    if made is None:
        row.state, row.code, row.detail, row.waiting_for = AsideState.OPEN, "invalid", detail[:500], None
        return False
    result = apply(stream.member_id, [made], order=[kind])
    for fault in result.faults:
        row.state = AsideState.WAITING if fault.waiting_for else AsideState.OPEN
        row.code, row.detail, row.waiting_for = fault.code, fault.detail[:500], fault.waiting_for
    if result.faults:
        return False
    row.state, row.settled_at = AsideState.RESOLVED, clock.now()
    tell(stream, result.arrived)
    db.session.flush()
    return True
