"""The reader's side: a page pulled at a node, a batch pushed to the hub, the receipt for it.

Nothing is taken before signature, numbers and chain are right. Lines, records and position then move in one
transaction, so a crash anywhere is a repeat.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import aside, contact, grants, keys, streams, taking
from sri_admin.federation.checkpoint import Checkpoint, KeyResolver, Receipt, SealError, kid_of, open_sealed, seal
from sri_admin.federation.lines import Header, ProtocolError, decode_header
from sri_admin.federation.merge import (
    Already,
    Apply,
    Batch,
    Forked,
    Gap,
    Page,
    PageIn,
    Position,
    StaleEpoch,
    StreamError,
    check_page,
    is_equivocation,
    judge_push,
    read_entries,
    split_page,
)
from sri_admin.federation.models import AsideState, SyncEvidence, SyncStream
from sri_admin.federation.stream_names import HUB_CONTROL, parse_name, topic_of
from sri_admin.kernel import clock, ids, installation, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Reach


class Taken(NamedTuple):
    """How many changes a page brought and where the replica ends now."""

    changes: int
    epoch: int
    n: int


class GapError(ProtocolError):
    """Lines before a batch are missing; `facts` say which one is expected."""

    def __init__(self, expected: int, chain: bytes) -> None:
        super().__init__("gap", f"line {expected} was expected")
        self.facts = {"expected_n": expected, "chain": chain.hex()}


def reach_for(name: str) -> Reach:
    """Return what a transaction on a stream touches: it writes for the stream's tenant and reads the hub's keys."""
    tenant = streams.tenant_of(name)
    return tenancy.everywhere({tenant, installation.hub_tenant_id()}, writing=tenant)


def page(stream: str, came: PageIn, *, overlapping: bool = False, durable: bool = True) -> Taken:
    """Take a page of the hub's; opens its own transaction.

    One that was pulled begins where the replica ends. `overlapping` is one that came by stick: it may hold lines that
    are here already, which are compared and left out. One that is not `durable` does not wait for the disk: a server
    that dies now may lose it, with all that came after it, and it is pulled again.
    """

    def take() -> Taken:
        return _take_page(opened_end(stream, came.sealed), came, overlapping)

    return transaction.write(replace(reach_for(stream), durable=durable), take)


def opened_end(stream: str, sealed: bytes) -> Checkpoint | Receipt:
    """Return the hub's word at the end of a page; SealError, StreamError `wrong_stream`."""
    # The hub signs what it wrote as its writer, and what it holds of another's as its receiver.
    try:
        return _opened_head(stream, sealed)
    except SealError as error:
        if error.code != "wrong_kind":
            raise
    said = open_sealed(sealed, Receipt, keys.receipt_key)
    _expect_stream(said, stream)
    return said


def _opened_head(stream: str, sealed: bytes, find_key: KeyResolver = keys.receipt_key) -> Checkpoint:
    checkpoint = open_sealed(sealed, Checkpoint, find_key)
    _expect_stream(checkpoint, stream)
    return checkpoint


def _expect_stream(said: Checkpoint | Receipt, stream: str) -> None:
    if said.stream != stream:
        raise StreamError("wrong_stream", f"{said.stream} instead of {stream}")


def _take_page(said: Checkpoint | Receipt, came: PageIn, overlapping: bool) -> Taken:
    row = streams.find(said.stream, lock=True) or _replica(said)
    if row.own:
        raise StreamError("denied", "this stream is written here")
    _refuse_stopped(row)
    if said.epoch == row.epoch + 1:
        # Whether it continues the line we stand at is seen from the chain, which begins with that line's value.
        streams.regrant(row, own=False, epoch=said.epoch, log_id=UUID(said.log_id), base=row.chain)
    lines, entries, sealed = came
    start = streams.position(row)
    if overlapping and said.epoch == row.epoch and said.n - len(lines) < row.n:
        if said.n <= streams.floor(row):
            return Taken(0, row.epoch, row.n)  # of before the horizon: nothing is kept to compare it with
        kept = max(0, streams.floor(row) - (said.n - len(lines)))
        lines, entries = lines[kept:], entries[kept:]
        start = _earlier(row, said.n - len(lines))
    checked = check_page(lines, entries, start=start, checkpoint=said)
    skip = min(row.n - start.n, len(lines))
    if skip and checked.chains[skip - 1] != streams.chain_at(row, start.n + skip):
        raise StreamError("forked", f"another line stands here at or before {start.n + skip}")
    if skip < len(lines):
        taking.take(row, checked, lines, skip=skip)
    if said.n == row.n:
        row.proof = sealed
    if isinstance(said, Checkpoint) and said.n >= row.peer_n:
        row.peer_n, row.peer_chain, row.statement = said.n, said.chain, sealed
    return Taken(len(lines) - skip, row.epoch, row.n)


def _earlier(row: SyncStream, n: int) -> Position:
    chain = streams.chain_at(row, n)
    if chain is None:
        raise StreamError("expired", f"line {n} is no longer kept here to compare")
    return streams.position(row)._replace(n=n, chain=chain)


def _replica(checkpoint: Checkpoint | Receipt) -> SyncStream:
    if checkpoint.epoch != 1:
        raise StreamError("unknown_epoch", f"epoch {checkpoint.epoch} was not granted here")
    cls, member_id = parse_name(checkpoint.stream)
    if member_id not in {None, installation.identity().tenant_id}:
        raise StreamError("denied", "this stream is not for this installation")
    tenant = streams.tenant_of(checkpoint.stream)
    row = streams.begin(cls, tenant, own=False, topic=topic_of(checkpoint.stream), log_id=UUID(checkpoint.log_id))
    db.session.flush()  # its lines follow in the same transaction
    return row


def head(stream: str, sealed: bytes) -> None:
    """Keep the hub's signed head of a replica; two heads that contradict each other stop the stream.

    Raises StreamError: `forked`; `gap` for one of an epoch that did not begin here, since no page led to it.
    """
    reach = reach_for(stream)
    with transaction.reading(reach):
        checkpoint = _opened_head(stream, sealed)
        if _says_nothing_new(streams.find(stream), checkpoint):
            note_time(checkpoint)
            return
    code = transaction.write(reach, lambda: _keep_head(checkpoint, sealed))
    if code == "gap":
        raise StreamError(code, f"epoch {checkpoint.epoch} has not begun here")
    if code:
        raise StreamError(code, "the hub's signed heads contradict each other")
    note_time(checkpoint)


def note_time(checkpoint: Checkpoint) -> None:
    """Keep when the hub signed a head that was checked."""
    # Only the control stream's heads say how fresh this node's keys are; its head is signed anew whenever it is asked.
    if checkpoint.stream == HUB_CONTROL.value:
        contact.note_head(datetime.fromisoformat(checkpoint.at))


def unchanged(rows: Iterable[SyncStream], heads: Mapping[str, bytes]) -> dict[str, Checkpoint]:
    """Return the signed heads that say nothing new of our replicas, by name; runs in the caller's transaction.

    A node asks every few minutes and mostly hears the same heads again: nothing is locked or written for that.
    """
    held, find_key = {row.name: row for row in rows}, keys.receipt_keys()
    opened = ((name, _sound_head(name, sealed, find_key)) for name, sealed in heads.items())
    return {name: said for name, said in opened if said is not None and _says_nothing_new(held.get(name), said)}


def _sound_head(name: str, sealed: bytes, find_key: KeyResolver) -> Checkpoint | None:
    try:
        return _opened_head(name, sealed, find_key)
    except ProtocolError:
        return None  # it is refused when its stream's turn comes


def _says_nothing_new(row: SyncStream | None, checkpoint: Checkpoint) -> bool:
    if row is None or row.statement is None:
        return False
    told = checkpoint.epoch, checkpoint.log_id, checkpoint.n, checkpoint.chain
    here = row.epoch, str(row.log_id), row.n, row.chain
    return told == here and (row.peer_n, row.peer_chain) == (row.n, row.chain)


def _keep_head(checkpoint: Checkpoint, sealed: bytes) -> str | None:
    row = streams.find(checkpoint.stream, lock=True) or _replica(checkpoint)
    if row.own:
        return None
    if _contradicts(row, checkpoint):
        row.trouble = "forked"
        _keep_evidence(row, sealed)
        return "forked"
    if checkpoint.epoch > row.epoch:
        return "gap"
    if checkpoint.epoch == row.epoch and checkpoint.n >= row.peer_n:
        row.peer_n, row.peer_chain, row.statement = checkpoint.n, checkpoint.chain, sealed
    return None


def _contradicts(row: SyncStream, checkpoint: Checkpoint) -> bool:
    kept = open_sealed(row.statement, Checkpoint, keys.kept_key) if row.statement else None
    if kept is not None and is_equivocation(kept, checkpoint):
        return True
    own = streams.chain_at(row, checkpoint.n) if checkpoint.epoch == row.epoch and checkpoint.n <= row.n else None
    return own is not None and own != checkpoint.chain


def _keep_evidence(row: SyncStream, sealed: bytes) -> None:
    known = sa.select(SyncEvidence.id).where(
        SyncEvidence.member_id == row.member_id, SyncEvidence.stream_id == row.id, SyncEvidence.against == row.statement
    )
    if db.session.scalar(known.limit(1)) is not None:
        return
    db.session.add(
        SyncEvidence(
            member_id=row.member_id,
            id=ids.new(),
            stream_id=row.id,
            code="forked",
            statement=sealed,
            against=row.statement,
        )
    )


def batch(stream: str, node_id: UUID, incarnation: UUID, body: bytes) -> bytes:
    """Take a batch pushed by the stream's writer and return the sealed receipt; opens its own transaction."""
    lines, sealed = split_page(body)
    if not lines:
        raise StreamError("truncated", "a batch begins with a header line")
    header = decode_header(lines[0])
    if header.stream != stream or header.node != str(node_id):
        raise StreamError("wrong_stream", "the header names another stream or node")
    if header.incarnation != str(incarnation):
        raise StreamError("duplicate_writer", "another copy of this node has come")
    answer = transaction.write(reach_for(stream), lambda: _take_batch(header, lines[1:], sealed))
    if isinstance(answer, StreamError):
        raise answer
    return answer


def _take_batch(header: Header, lines: list[bytes], sealed: bytes) -> bytes | StreamError:
    _one_at_a_time(header.stream)
    row = streams.by_name(header.stream, lock=True)
    if row.own:
        raise StreamError("busy", "the hand-over to this node is not finished")
    _refuse_stopped(row)
    _follow_grant(row, header)
    if header.epoch != row.epoch:
        raise StreamError("stale_epoch", f"epoch {row.epoch} is in force")
    checkpoint = open_sealed(sealed, Checkpoint, keys.line_key)
    start = Position(row.name, header.epoch, str(row.log_id), header.from_n - 1, header.base_chain)
    checked = check_page(lines, read_entries(lines), start=start, checkpoint=checkpoint)
    skip = _skip(row, header, checked)
    if isinstance(skip, Forked):
        # Answered, not raised, so that the proof stays; what is here is not touched and every such batch is refused.
        _keep_evidence(row, sealed)
        return StreamError("forked", f"another line stands here at or before {skip.n}")
    if skip < len(lines):
        taking.take(row, checked, lines, skip=skip)
        row.peer_n, row.peer_chain, row.statement = checkpoint.n, checkpoint.chain, sealed
    if row.receipt is None or not _still_says(row, row.receipt):
        row.receipt = _receipt(row, header.node)
    return row.receipt


def _follow_grant(row: SyncStream, header: Header) -> None:
    # A hub that was restored learns late of an epoch it had granted, and by then holds the one before it whole.
    grant = grants.of_epoch(row.name, header.epoch) if header.epoch == row.epoch + 1 else None
    if grant is not None and str(grant.node_id) == header.node and grants.is_at_base(row, grant):
        grants.go_over(row, grant, own=False)


def _skip(row: SyncStream, header: Header, checked: Page) -> int | Forked:
    claimed = Batch(header.epoch, header.from_n, header.base_chain, checked.hashes)
    verdict = judge_push(claimed, streams.position(row), chain_at=lambda n: streams.chain_at(row, n))
    if isinstance(verdict, Apply):
        return verdict.skip
    if isinstance(verdict, Already):
        return len(checked.entries)
    if isinstance(verdict, Gap):
        raise GapError(verdict.expected, row.chain)
    if isinstance(verdict, Forked):
        return verdict
    assert isinstance(verdict, StaleEpoch)
    raise StreamError("stale_epoch", f"epoch {verdict.granted} is in force")


def _one_at_a_time(stream: str) -> None:
    mine = db.session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(streams.lock_number(stream))))
    if not mine:
        raise StreamError("busy", "another batch of this stream is being taken")


def _refuse_stopped(row: SyncStream) -> None:
    if row.trouble:
        raise StreamError(row.trouble, "this stream was stopped until a person decides")


def _receipt(row: SyncStream, peer: str) -> bytes:
    identity = installation.identity()
    made = Receipt(
        stream=row.name,
        epoch=row.epoch,
        log_id=str(row.log_id),
        n=row.n,
        chain=row.chain,
        at=clock.wire(clock.now()),
        node=str(identity.id),
        incarnation=str(identity.incarnation),
        peer=peer,
        **_set_aside(row),
    )
    return seal(made, keys.own_key())


def _still_says(row: SyncStream, sealed: bytes) -> bool:
    """Say whether a receipt given before is still the whole truth, so that a repeat is answered with the same bytes."""
    if kid_of(sealed) != keys.own_key().kid:
        return False
    given = open_sealed(sealed, Receipt, keys.kept_key)
    now = {"epoch": row.epoch, "n": row.n, "chain": row.chain, **_set_aside(row)}
    return all(getattr(given, name) == value for name, value in now.items())


def _set_aside(row: SyncStream) -> dict[str, Any]:
    (quarantined, quarantined_total), (parked, parked_total) = aside.numbers(row, aside.OPEN, (AsideState.PARKED,))
    return {
        "quarantined": quarantined,
        "parked": parked,
        "quarantined_total": quarantined_total,
        "parked_total": parked_total,
    }


def last_receipt(stream: str) -> bytes | None:
    """Return the receipt of a stream as things stand now; runs in the caller's transaction."""
    row = streams.by_name(stream)
    if row.receipt is None or _still_says(row, row.receipt):
        return row.receipt
    return _receipt(row, open_sealed(row.receipt, Receipt, keys.kept_key).peer)


def take_receipt(stream: str, sealed: bytes) -> int:
    """Keep the hub's receipt for an own stream and return up to which line it reaches."""
    return transaction.write(reach_for(stream), lambda: _keep_receipt(_opened_receipt(stream, sealed), sealed))


def _opened_receipt(stream: str, sealed: bytes) -> Receipt:
    receipt = open_sealed(sealed, Receipt, keys.receipt_key)
    if receipt.stream != stream or receipt.peer != str(installation.identity().id):
        raise StreamError("wrong_stream", "the receipt is for somebody else")
    return receipt


def _keep_receipt(receipt: Receipt, sealed: bytes) -> int:
    row = streams.by_name(receipt.stream, lock=True)
    if not row.own or receipt.epoch > row.epoch:
        raise StreamError("stale_epoch", f"epoch {row.epoch} is in force")
    end, here = streams.end_of(row, receipt.epoch), streams.chain_at(row, receipt.n, epoch=receipt.epoch)
    if (end is not None and receipt.n > end.n) or here not in {None, receipt.chain}:
        raise StreamError("forked", "the receipt names lines that are not ours")
    # One about a place that is no longer kept here, as on an old stick, proves nothing.
    if here is not None and receipt.epoch == row.epoch and receipt.n >= row.peer_n:
        row.peer_n, row.peer_chain, row.statement = receipt.n, receipt.chain, sealed
    return receipt.n
