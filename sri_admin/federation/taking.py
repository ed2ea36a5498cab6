"""Taking verified lines into a replica: stored, judged, applied, set aside; all in the transaction of the position."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from sri_admin.federation import aside, bulk, erasure, kinds, streams
from sri_admin.federation.apply import Fault, Record, apply
from sri_admin.federation.chain import line_hash
from sri_admin.federation.events import RecordsArrived
from sri_admin.federation.kinds import Kind
from sri_admin.federation.lines import REMOVALS, Change, Erased, decode_entry
from sri_admin.federation.merge import Action, ChangeVerdict, Entry, Held, Page, Refused, judge_change
from sri_admin.federation.models import AsideState, SyncAside, SyncLine, SyncStream
from sri_admin.federation.stream_names import StreamClass
from sri_admin.federation.streams import RecordKey
from sri_admin.kernel import actor, clock, metrics, work
from sri_admin.kernel.db import db

_APPLIER = actor.system("federation")


@dataclass
class Judged:
    """What becomes of lines: records to apply, and lines that were set aside or parked."""

    records: list[Record] = field(default_factory=list)
    asides: list[SyncAside] = field(default_factory=list)


def take(stream: SyncStream, page: Page, lines: Sequence[bytes], *, skip: int = 0) -> None:
    """Take the entries of a verified page after the first `skip`; the caller moves nothing itself."""
    entries, hashes = page.entries[skip:], page.hashes[skip:]
    is_first = stream.n == 0 and stream.epoch == 1
    held = {} if is_first else held_revisions(stream.member_id, _records_of(entries))
    judged = judge_all(stream, entries, hashes, held=held)
    bulk.insert_lines(stream, entries, lines[skip:], page.chains[skip:])
    _apply(stream, judged)
    erasure.forget(stream.member_id, erasure.ordered(entries))
    streams.advance(stream, page.end.n, page.end.chain)


def _records_of(entries: Sequence[Entry]) -> set[RecordKey]:
    return {(each.kind, UUID(each.id)) for each in entries if isinstance(each, Change)}


def judge_all(
    stream: SyncStream, entries: Sequence[Entry], hashes: Sequence[bytes], *, held: dict[RecordKey, Held]
) -> Judged:
    """Say what becomes of authentic lines, over the revisions of their records that are held."""
    known, judged = kinds.by_name(), Judged()
    for entry, h in zip(entries, hashes, strict=True):
        if isinstance(entry, Refused):
            judged.asides.append(
                _aside(stream, entry.n, None, ChangeVerdict(Action.QUARANTINE, entry.code), entry.detail)
            )
        elif isinstance(entry, Change):
            _judge(stream, entry, h, known.get(entry.kind), held, judged)
    return judged


def _judge(
    stream: SyncStream, change: Change, h: bytes, kind: Kind | None, held: dict[RecordKey, Held], judged: Judged
) -> None:
    rec = UUID(change.id)
    verdict = _verdict(change, h, kind, held.get((change.kind, rec)), (stream.cls, stream.name))
    if verdict.action is Action.APPLY and kind is not None:
        made, detail = record_of(kind, change, rec)
        if made is not None:
            held[change.kind, rec] = Held(change.rev, h)
            judged.records.append(made)
            return
        verdict = ChangeVerdict(Action.QUARANTINE, "invalid")
        judged.asides.append(_aside(stream, change.n, change, verdict, detail))
    elif verdict.action in {Action.PARK, Action.QUARANTINE}:
        judged.asides.append(_aside(stream, change.n, change, verdict, f"{change.kind}/{change.v}"))


def _verdict(
    change: Change, h: bytes, kind: Kind | None, held: Held | None, on: tuple[StreamClass, str]
) -> ChangeVerdict:
    if kind is not None and not kind.belongs_in(*on, change.d):
        return ChangeVerdict(Action.QUARANTINE, "wrong_stream")
    if kind is not None and kind.append_only and change.op != "add":
        return ChangeVerdict(Action.QUARANTINE, "unchangeable")
    return judge_change(change, h, versions=(kind.oldest, kind.version) if kind else None, held=held)


def record_of(kind: Kind, change: Change, rec: UUID) -> tuple[Record | None, str]:
    """Return what a change makes of its record, or why nothing can be made of it."""
    if change.op in REMOVALS:
        return Record(change.n, kind, rec, change.rev, None), ""
    try:
        payload = kind.lifted(change.d, change.v)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
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


def _apply(stream: SyncStream, judged: Judged) -> None:
    result = apply(stream.member_id, judged.records, order=kinds.all_kinds())
    by_n = {each.n: each for each in judged.records}
    for fault in result.faults:
        judged.asides.append(faulty(stream, by_n[fault.n], fault))
    db.session.add_all(judged.asides)
    failed = {fault.n for fault in result.faults}
    stands = [(each.kind.name, each.id, each.rev) for each in judged.records if each.n not in failed]
    db.session.flush()
    if stands:
        aside.supersede(stream.member_id, {(kind, rec): rev for kind, rec, rev in stands})
        retry_waiting(stream.member_id, [rec for _kind, rec, _rev in stands])
    tell(stream.member_id, result.arrived)
    metrics.set_aside.inc(len(failed))


def faulty(stream: SyncStream, record: Record, fault: Fault) -> SyncAside:
    """Return the entry for a line whose record could not be applied."""
    row = aside.make(stream, record.n, kind=record.kind.name, rec=record.id, rev=record.rev)
    _stays(row, fault)
    return row


def tell(member_id: UUID, arrived: Mapping[str, Sequence[UUID]]) -> None:
    """Let the parts above know which records are not what they were."""
    for kind, ids in arrived.items():
        work.announce(_APPLIER, RecordsArrived(kind, member_id, tuple(ids)))


def held_revisions(member_id: UUID, records: set[RecordKey]) -> dict[RecordKey, Held]:
    """Return the newest revision of records that was applied here, and the hash of its line."""
    found = held_lines(member_id, records)
    return {key: Held(rev, line_hash(line)) for key, (rev, line) in found.items()}


def held_lines(member_id: UUID, records: set[RecordKey]) -> dict[RecordKey, tuple[int, bytes]]:
    """Return the newest revision of records that was applied here, and its line; two kinds may share an id."""
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
        sa.select(SyncLine.kind, SyncLine.rec, SyncLine.rev, SyncLine.line)
        .ext(distinct_on(SyncLine.rec, SyncLine.kind))
        .where(
            SyncLine.member_id == member_id,
            bulk.among(SyncLine.rec, {rec for _kind, rec in records}),
        )
        .where(~refused.exists())
        .order_by(SyncLine.rec, SyncLine.kind, SyncLine.rev.desc())
    )
    found = db.session.execute(newest)
    return {(kind, rec): (rev or 0, line) for kind, rec, rev, line in found if kind is not None and rec is not None}


def retry_waiting(member_id: UUID, stands: Sequence[UUID]) -> None:
    """Apply what waited for records that stand now; each success may free others."""
    while stands:
        stands = _replayed(aside.waiting_for(member_id, stands))


def replay(rows: Sequence[SyncAside]) -> int:
    """Try lines of one member again that were not applied when they came; return how many of them stand now."""
    stands = _replayed(rows)
    if stands:
        retry_waiting(rows[0].member_id, stands)
    return len(stands)


def _replayed(rows: Iterable[SyncAside]) -> list[UUID]:
    return [row.rec for row in rows if row.rec is not None and _replay(row)]


def _replay(row: SyncAside) -> bool:
    raw = aside.line_of(row)
    entry, kind = decode_entry(raw), kinds.by_name().get(row.kind)
    if isinstance(entry, Erased):
        return False
    rec = UUID(entry.id)
    held = held_revisions(row.member_id, {(entry.kind, rec)}).get((entry.kind, rec))
    verdict = _verdict(entry, line_hash(raw), kind, held, aside.stream_of(row))
    if verdict.action is Action.PARK:
        return False
    if verdict.action in {Action.SUPERSEDED, Action.ALREADY}:
        row.state, row.settled_at = AsideState.SUPERSEDED, clock.now()
        return False
    if verdict.action is Action.QUARANTINE or kind is None:
        return _stays(row, Fault(row.n, verdict.code, f"{entry.kind}/{entry.v}"))
    made, detail = record_of(kind, entry, rec)
    if made is None:
        return _stays(row, Fault(row.n, "invalid", detail))
    result = apply(row.member_id, [made._replace(n=row.n)], order=[kind])
    if result.faults:
        return _stays(row, result.faults[0])
    row.state, row.settled_at = AsideState.RESOLVED, clock.now()
    db.session.flush()
    aside.supersede(row.member_id, {(entry.kind, rec): entry.rev})
    tell(row.member_id, result.arrived)
    return True


def _stays(row: SyncAside, fault: Fault) -> bool:
    row.state = AsideState.WAITING if fault.waiting_for else AsideState.OPEN
    row.code, row.detail, row.waiting_for = fault.code, fault.detail[:500], fault.waiting_for
    return False
