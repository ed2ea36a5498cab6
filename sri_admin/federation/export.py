"""What a stream gives to a peer: positions, signed heads, pages and batches, the stored bytes untouched."""

from collections.abc import Iterable
from contextlib import closing
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import keys, limits, streams
from sri_admin.federation.checkpoint import Checkpoint, Receipt, seal
from sri_admin.federation.cursor import Cursor, encode_cursor
from sri_admin.federation.lines import Header, ProtocolError, count_marks, encode_header
from sri_admin.federation.merge import PeerPosition, PeerStatus, Position, judge_across
from sri_admin.federation.models import Grant, SyncEpoch, SyncLine, SyncStream
from sri_admin.kernel import clock, installation
from sri_admin.kernel.db import db

_REFUSALS = {
    PeerStatus.AHEAD: ("rewound", "the reader is ahead of this stream"),
    PeerStatus.FORKED: ("forked", "the reader holds another history"),
    PeerStatus.STALE_EPOCH: ("stale_epoch", "a newer epoch of this stream has begun"),
    PeerStatus.PAST_END: ("past_end", "the reader holds lines after the end of its epoch"),
    PeerStatus.EXPIRED: ("expired", "lines before this position are no longer kept"),
}


class BatchOut(NamedTuple):
    """A batch as it is sent, and the last line in it."""

    body: bytes
    end: int


class PageOut(NamedTuple):
    """A page as it is sent: its lines and signed checkpoint, the cursor after it, and where the stream ends."""

    body: bytes
    cursor: str
    head: int


class Here(NamedTuple):
    """A stream as it is here: its epoch, whether it is written here, and whether it is being handed over."""

    epoch: int
    own: bool
    closing: bool


def all_here(rows: Iterable[SyncStream]) -> dict[str, Here]:
    """Return how streams are here, by name."""
    return {row.name: Here(row.epoch, row.own, row.closing) for row in rows}


def positions() -> list[Position]:
    """Return where every stream in reach ends here."""
    return [streams.position(row) for row in streams.here()]


def judge(row: SyncStream, theirs: PeerPosition) -> PeerStatus:
    """Compare where a peer stands with a stream that is here, also in an epoch that has ended."""
    ended = streams.end_of(row, theirs.epoch) if theirs.epoch < row.epoch else None
    known = ended.epoch if ended else row.epoch
    status = judge_across(
        streams.position(row), ended, theirs, chain_at=lambda n: streams.chain_at(row, n, epoch=known)
    )
    gone = status is PeerStatus.BEHIND and not streams.is_kept_after(row, theirs.epoch, theirs.n)
    return PeerStatus.EXPIRED if gone else status


def cursor(stream: str) -> str | None:
    """Return where a replica stands, for its writer; None before its first page."""
    row = streams.find(stream)
    return encode_cursor(Cursor(row.name, row.epoch, row.n, row.chain)) if row else None


def head(stream: str) -> bytes:
    """Return the signed head of an own stream."""
    return head_of(streams.by_name(stream))


def head_of(row: SyncStream) -> bytes:
    """Return the signed head of an own stream that was read."""
    if not row.own:
        raise ProtocolError("denied", "this stream is not written here")
    _refuse_stopped(row)
    return statement(row, row.n, row.chain)


def statement(row: SyncStream, n: int, chain: bytes, *, of: SyncStream | SyncEpoch | None = None) -> bytes:
    """Sign that an epoch of a stream has this chain value after line n: as its writer, or as who holds it (§5)."""
    of = of or row
    if of.own:
        return checkpoint(row, n, chain, of=of)
    made = Receipt(**_common(row, of, n, chain), peer=str(_writer(row, of.epoch)))
    return seal(made, keys.own_key())


def checkpoint(row: SyncStream, n: int, chain: bytes, *, of: SyncStream | SyncEpoch) -> bytes:
    """Sign, as the writer of an epoch, that it has this chain value after line n."""
    closed = of is not row and n == of.n
    return seal(Checkpoint(**_common(row, of, n, chain), closed=closed), keys.own_key())


def _common(row: SyncStream, of: SyncStream | SyncEpoch, n: int, chain: bytes) -> dict[str, Any]:
    identity = installation.identity()
    return {
        "stream": row.name,
        "epoch": of.epoch,
        "log_id": str(of.log_id),
        "n": n,
        "chain": chain,
        "at": clock.wire(clock.now()),
        "node": str(identity.id),
        "incarnation": str(identity.incarnation),
    }


def _writer(row: SyncStream, epoch: int) -> UUID:
    granted = db.session.scalar(sa.select(Grant.node_id).where(Grant.stream == row.name, Grant.epoch == epoch))
    return granted or installation.identity().id


def page(stream: str, after: Cursor | None, *, max_changes: int, max_bytes: int) -> PageOut | None:
    """Return the lines after a cursor, ending at a transaction's end; None when there is nothing new.

    After the last line of an epoch that has ended comes the first page of the next, perhaps without any line.
    """
    row = streams.by_name(stream)
    _refuse_stopped(row)
    epoch, start = _beginning(row) if after is None else _checked_start(row, after)
    of = _epoch(row, epoch)
    if of is not row and after is not None and start >= of.n:
        of, start = _epoch(row, epoch + 1), 0
    elif start >= of.n and of is row:
        return None
    lines, end, chain = _lines(row, start, of=of, max_changes=max_changes, max_bytes=max_bytes)
    body = b"\n".join((*lines, statement(row, end, chain, of=of))) + b"\n"
    return PageOut(body, encode_cursor(Cursor(row.name, of.epoch, end, chain)), row.n)


def _beginning(row: SyncStream) -> tuple[int, int]:
    epoch = streams.first_epoch(row)
    if not streams.is_kept_after(row, epoch, 0):
        raise ProtocolError(*_REFUSALS[PeerStatus.EXPIRED])
    return epoch, 0


def _epoch(row: SyncStream, epoch: int) -> SyncStream | SyncEpoch:
    of = row if epoch == row.epoch else streams.ended(row, epoch)
    if of is None:
        raise ProtocolError("expired", f"epoch {epoch} of {row.name} is not kept here")
    return of


def batch(stream: str, after_n: int, *, epoch: int | None = None) -> BatchOut | None:
    """Return an own stream's lines after n of an epoch as a batch; None when there are none."""
    row = streams.by_name(stream)
    of = _epoch(row, epoch or row.epoch)
    if row.trouble or not (of.own or _was_ours(row, of.epoch)):
        raise ProtocolError(row.trouble or "stale_epoch", "this stream is not written here")
    base = streams.chain_at(row, after_n, epoch=of.epoch)
    if base is None:
        code = "ahead" if streams.is_kept_after(row, of.epoch, after_n) else "expired"
        raise ProtocolError(code, f"line {after_n} is not here")
    if after_n >= of.n:
        return None
    lines, end, chain = _lines(row, after_n, of=of, max_changes=limits.PAGE_CHANGES, max_bytes=limits.PAGE_BYTES)
    identity = installation.identity()
    first = Header(row.name, of.epoch, after_n + 1, end, base, str(identity.id), str(identity.incarnation))
    body = b"\n".join((encode_header(first), *lines, checkpoint(row, end, chain, of=of))) + b"\n"
    return BatchOut(body, end)


def _was_ours(row: SyncStream, epoch: int) -> bool:
    # An ended epoch that was read again from the hub is still the one we wrote, and a restored hub may lack it.
    mine = sa.select(Grant.id).where(
        Grant.stream == row.name, Grant.epoch == epoch, Grant.node_id == installation.identity().id
    )
    return epoch < row.epoch and db.session.scalar(mine.limit(1)) is not None


def _refuse_stopped(row: SyncStream) -> None:
    if row.trouble:
        raise ProtocolError(row.trouble, "this stream was stopped until a person decides")


def _checked_start(row: SyncStream, after: Cursor) -> tuple[int, int]:
    if after.stream != row.name:
        raise ProtocolError("bad_cursor", "the cursor belongs to another stream")
    status = judge(row, PeerPosition(after.epoch, after.n, after.prefix))
    if status in _REFUSALS:
        raise ProtocolError(*_REFUSALS[status])
    return after.epoch, after.n


def _lines(
    row: SyncStream, start: int, *, of: SyncStream | SyncEpoch, max_changes: int, max_bytes: int
) -> tuple[list[bytes], int, bytes]:
    if start >= of.n:
        return [], of.n, of.chain
    # At least one whole transaction is read, however small a page was asked for.
    wanted = (
        sa.select(SyncLine.n, SyncLine.ends, SyncLine.line, SyncLine.chain)
        .where(
            SyncLine.member_id == row.member_id,
            SyncLine.stream_id == row.id,
            SyncLine.epoch == of.epoch,
            SyncLine.n > start,
            SyncLine.n <= of.n,
        )
        .order_by(SyncLine.n)
        .limit(limits.PAGE_CHANGES)
    )
    lines: list[bytes] = []
    whole, size, values, chain = 0, 0, 0, of.chain
    with closing(db.session.execute(wanted.execution_options(yield_per=100))) as found:
        for n, ends, line, after in found:
            if n != start + len(lines) + 1:
                raise AssertionError(f"{row.name} is not dense after {start + len(lines)}")
            size, values = size + len(line) + 1, values + count_marks(line)
            if whole and (len(lines) >= max_changes or size > max_bytes or values > limits.PAGE_VALUES):
                break
            lines.append(line)
            if ends:
                whole, chain = len(lines), after
    return lines[:whole], start + whole, chain


def after(stream: str, n: int) -> list[bytes]:
    """Return every line of the present epoch of a stream after n."""
    row = streams.by_name(stream)
    wanted = sa.select(SyncLine.line).where(
        SyncLine.member_id == row.member_id, SyncLine.stream_id == row.id, SyncLine.epoch == row.epoch, SyncLine.n > n
    )
    return list(db.session.scalars(wanted.order_by(SyncLine.n)))
