"""Lines whose log went on without them: kept, handed back to their writer, and offered to a person (§16.4).

What is taken over becomes a new revision in the present epoch, written here and by the person who decided; what is
left out keeps its reason. Neither is ever decided by the program.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from sri_admin.federation import erasure, keys, reissue, streams
from sri_admin.federation.checkpoint import Checkpoint, open_sealed
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import (
    Change,
    Erased,
    Header,
    LineError,
    decode_entry,
    decode_header,
    entry_hash,
    erased_form,
)
from sri_admin.federation.merge import Position, StreamError, check_page, read_entries
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.federation.salvage_models import SalvageCause, SalvageState, SyncSalvage
from sri_admin.federation.streams import RecordKey
from sri_admin.kernel import clock, ids
from sri_admin.kernel.db import db
from sri_admin.kernel.remembered import once


def keep(
    row: SyncStream, after: Place, lines: Iterable[bytes], *, source: UUID, cause: SalvageCause, state: SalvageState
) -> int:
    """Keep lines that stand in no log any more; those that are kept already are left as they are.

    They parted from the log here `after` a place. What was ordered since to be forgotten is kept as a place alone.
    """
    kept = [_values(row, after.epoch, line) for line in lines]
    if not kept:
        return 0
    forgotten = _forgotten_since(row, after, {each["rec"] for each in kept if each["rec"]})
    common = {"source": source, "cause": cause, "at": clock.now()}
    values = [{**common, **_as_kept(each, state, forgotten)} for each in kept]
    adding = insert(SyncSalvage).values(values)
    added = adding.on_conflict_do_nothing(index_elements=["member_id", "stream", "h"]).returning(SyncSalvage.id)
    return len(db.session.scalars(added).all())


def prove(row: SyncStream, lines: Iterable[bytes], *, base: bytes, proof: bytes) -> None:
    """Keep with lines that were handed back what proves them, should the receiver be set back once more."""
    given = (SyncSalvage.member_id == row.member_id, SyncSalvage.stream == row.name, SyncSalvage.h.in_(hashes(lines)))
    handed = SyncSalvage.state == SalvageState.HANDED_BACK
    db.session.execute(sa.update(SyncSalvage).where(*given, handed).values(base_chain=base, proof=proof))


def proven(stream: str) -> list[list[SyncSalvage]]:
    """Return the lines of a stream that were handed back and can be once more, as they were handed back together."""
    wanted = sa.select(SyncSalvage).where(
        SyncSalvage.stream == stream, SyncSalvage.state == SalvageState.HANDED_BACK, SyncSalvage.proof.is_not(None)
    )
    together: dict[tuple[int, bytes | None], list[SyncSalvage]] = {}
    for each in db.session.scalars(wanted.order_by(SyncSalvage.epoch, SyncSalvage.n)):
        together.setdefault((each.epoch, each.proof), []).append(each)
    return list(together.values())


def _forgotten_since(row: SyncStream, after: Place, recs: Collection[UUID]) -> Collection[RecordKey]:
    later = (SyncLine.stream_id == row.id, sa.tuple_(SyncLine.epoch, SyncLine.n) > sa.tuple_(*after))
    return erasure.given(row.member_id, recs, *later)


def _as_kept(values: dict[str, Any], state: SalvageState, forgotten: Collection[RecordKey]) -> dict[str, Any]:
    line = erased_form(values["line"]) if (values["kind"], values["rec"]) in forgotten else values["line"]
    settled = state is SalvageState.OPEN and isinstance(_entry(line), Erased)
    decided = (SalvageState.DISMISSED, clock.now()) if settled else (state, None)
    return {**values, "line": line, **dict(zip(("state", "settled_at"), decided, strict=True))}


def hashes(lines: Iterable[bytes]) -> list[bytes]:
    """Return what the lines are known by."""
    return [entry_hash(line, _entry(line)) for line in lines]


def _entry(line: bytes) -> Change | Erased | None:
    try:
        return decode_entry(line)
    except LineError:
        return None


def _values(row: SyncStream, epoch: int, line: bytes) -> dict[str, Any]:
    entry = _entry(line)
    change = entry if isinstance(entry, Change) else None
    return {
        "member_id": row.member_id,
        "id": ids.new(),
        "stream": row.name,
        "epoch": epoch,
        "n": entry.n if entry else 0,
        "h": entry_hash(line, entry),
        "kind": change.kind if change else None,
        "rec": UUID(change.id) if change else None,
        "rev": change.rev if change else None,
        "line": line,
    }


def receive(stream: str, node_id: UUID, body: Sequence[bytes]) -> int:
    """Keep lines a node hands back: proven by their writer's own checkpoint, on a line that stands here.

    Runs in a transaction that writes for the stream's tenant; returns how many were new.
    """
    if len(body) < 3:
        raise StreamError("truncated", "a header, lines and a checkpoint were expected")
    header, lines = decode_header(body[0]), list(body[1:-1])
    if header.stream != stream or header.node != str(node_id):
        raise StreamError("wrong_stream", "the header names another stream or node")
    row = streams.by_name(stream, lock=True)
    resolve = keys.receipt_key if stream.startswith("hub.") else keys.line_key
    proof = open_sealed(body[-1], Checkpoint, resolve)
    check_page(lines, read_entries(lines, limited=False), start=_start(row, header, proof), checkpoint=proof)
    cause = SalvageCause.HUB_RESTORED if stream.startswith("hub.") else SalvageCause.LATE
    # Lines in their erased form hold the place of others, so that more than one body can carry a long history.
    whole = [line for line in lines if not isinstance(_entry(line), Erased)]
    after = Place(header.epoch, header.from_n - 1)
    kept = keep(row, after, whole, source=node_id, cause=cause, state=SalvageState.OPEN)
    reissue.give_waiting(row)
    return kept


def _start(row: SyncStream, header: Header, proof: Checkpoint) -> Position:
    is_hubs = row.own and not row.cls.by_member
    if is_hubs and not streams.knows_log(row.name, header.epoch, UUID(proof.log_id)):
        # Our own lines of an epoch that was lost as a whole: our signature under their chain says that they are ours.
        return Position(row.name, header.epoch, proof.log_id, header.from_n - 1, header.base_chain)
    end = streams.end_of(row, header.epoch)
    if end is None:
        raise StreamError("unknown_epoch", f"epoch {header.epoch} is not known here")
    # What follows lines that were lost as well is proven by our signature in the same way.
    follows_lost = is_hubs and header.from_n - 1 > end.n
    if not follows_lost and streams.chain_at(row, header.from_n - 1, epoch=header.epoch) != header.base_chain:
        raise StreamError("forked", f"another line stands here at {header.from_n - 1}")
    return end._replace(n=header.from_n - 1, chain=header.base_chain)


def counts() -> dict[UUID, int]:
    """Count the records that wait for a decision here, where their stream is written, by their owner."""
    return once("salvage.counts", _counted)


def _counted() -> dict[UUID, int]:
    wanted = count_waiting().add_columns(SyncSalvage.member_id).group_by(SyncSalvage.member_id)
    return {member_id: count for count, member_id in db.session.execute(wanted)}


def count_waiting(member_id: sa.SQLColumnExpression[UUID] | None = None) -> sa.Select[Any]:
    """Return the query that counts the records that wait where their stream is written, of all owners or of one."""
    stream = aliased(SyncStream)
    kind = sa.func.coalesce(SyncSalvage.kind, "")
    record = sa.tuple_(SyncSalvage.stream, kind, sa.func.coalesce(SyncSalvage.rec, SyncSalvage.id))
    of_stream = sa.and_(stream.member_id == SyncSalvage.member_id, stream.name == SyncSalvage.stream)
    wanted = sa.select(sa.func.count(sa.distinct(record))).select_from(SyncSalvage).join(stream, of_stream)
    wanted = wanted.where(SyncSalvage.state == SalvageState.OPEN, stream.own)
    return wanted if member_id is None else wanted.where(SyncSalvage.member_id == member_id)


def is_any() -> bool:
    """Say whether anything was ever salvaged here."""
    return bool(db.session.scalar(sa.select(sa.exists(sa.select(SyncSalvage.id)))))


def waiting(member_id: UUID | None = None) -> list[SyncSalvage]:
    """Return what waits for a decision, in the order it was written; keys and permissions first, as they fence."""
    wanted = sa.select(SyncSalvage).where(SyncSalvage.state == SalvageState.OPEN)
    if member_id is not None:
        wanted = wanted.where(SyncSalvage.member_id == member_id)
    return list(db.session.scalars(wanted.order_by(SyncSalvage.stream, SyncSalvage.epoch, SyncSalvage.n)))
