"""What a stream gives to a peer: positions, signed heads, pages and batches, the stored bytes untouched."""

from typing import NamedTuple

import sqlalchemy as sa

from sri_admin.federation import keys, limits, streams
from sri_admin.federation.checkpoint import Checkpoint, seal
from sri_admin.federation.cursor import Cursor, encode_cursor
from sri_admin.federation.lines import Header, ProtocolError, encode_header
from sri_admin.federation.merge import PeerPosition, PeerStatus, Position, judge_peer
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.kernel import clock, installation
from sri_admin.kernel.db import db

_REFUSALS = {
    PeerStatus.AHEAD: ("rewound", "the reader is ahead of this stream"),
    PeerStatus.FORKED: ("forked", "the reader holds another history"),
    PeerStatus.STALE_EPOCH: ("stale_epoch", "a newer epoch of this stream has begun"),
    PeerStatus.EXPIRED: ("expired", "lines before this position are no longer kept"),
}


class PageOut(NamedTuple):
    """A page as it is sent: its lines and signed checkpoint, the cursor after it, and where the stream ends."""

    body: bytes
    cursor: str
    head: int


def positions() -> list[Position]:
    """Return where every stream in reach ends here."""
    return [streams.position(row) for row in streams.here()]


def chain_at(stream: str, n: int) -> bytes | None:
    """Return the chain value after line n; None if it is not here."""
    row = streams.find(stream)
    return streams.chain_at(row, n) if row else None


def cursor(stream: str) -> str | None:
    """Return where a replica stands, for its writer; None before its first page."""
    row = streams.find(stream)
    return encode_cursor(Cursor(row.name, row.epoch, row.n, row.chain)) if row else None


def head(stream: str) -> bytes:
    """Return the signed head of an own stream."""
    row = _sending(stream)
    return statement(row, row.n, row.chain)


def statement(row: SyncStream, n: int, chain: bytes) -> bytes:
    """Sign that a stream has this chain value after line n."""
    identity = installation.identity()
    made = Checkpoint(
        stream=row.name,
        epoch=row.epoch,
        log_id=str(row.log_id),
        n=n,
        chain=chain,
        at=clock.wire(clock.now()),
        node=str(identity.id),
        incarnation=str(identity.incarnation),
    )
    return seal(made, keys.own_key())


def page(stream: str, after: Cursor | None, *, max_changes: int, max_bytes: int) -> PageOut | None:
    """Return the lines after a cursor, ending at a transaction's end; None when there is nothing new."""
    row = _sending(stream)
    start = 0 if after is None else _checked_start(row, after)
    if start >= row.n:
        return None
    lines, end, chain = _lines(row, start, max_changes=max_changes, max_bytes=max_bytes)
    body = b"\n".join((*lines, statement(row, end, chain))) + b"\n"
    return PageOut(body, encode_cursor(Cursor(row.name, row.epoch, end, chain)), row.n)


def batch(stream: str, after_n: int) -> bytes | None:
    """Return an own stream's lines after n as a batch; None when there are none."""
    row = streams.by_name(stream)
    if not row.own or row.trouble:
        raise ProtocolError(row.trouble or "stale_epoch", "this stream is not written here")
    base = streams.chain_at(row, after_n) if after_n <= row.n else None
    if base is None:
        raise ProtocolError("ahead", f"line {after_n} is not here")
    if after_n >= row.n:
        return None
    lines, end, chain = _lines(row, after_n, max_changes=limits.PAGE_CHANGES, max_bytes=limits.PAGE_BYTES)
    identity = installation.identity()
    first = Header(row.name, row.epoch, after_n + 1, end, base, str(identity.id), str(identity.incarnation))
    return b"\n".join((encode_header(first), *lines, statement(row, end, chain))) + b"\n"


def _sending(stream: str) -> SyncStream:
    row = streams.by_name(stream)
    if not row.own:
        raise ProtocolError("denied", "this stream is not written here")
    if row.trouble:
        raise ProtocolError(row.trouble, "this stream was stopped until a person decides")
    return row


def _checked_start(row: SyncStream, after: Cursor) -> int:
    if after.stream != row.name:
        raise ProtocolError("bad_cursor", "the cursor belongs to another stream")
    theirs = PeerPosition(after.epoch, after.n, after.prefix)
    status = judge_peer(streams.position(row), theirs, chain_at=lambda n: streams.chain_at(row, n))
    if status in _REFUSALS:
        raise ProtocolError(*_REFUSALS[status])
    return after.n


def _lines(row: SyncStream, start: int, *, max_changes: int, max_bytes: int) -> tuple[list[bytes], int, bytes]:
    # At least one whole transaction is read, however small a page was asked for.
    wanted = (
        sa.select(SyncLine.n, SyncLine.ends, SyncLine.line, SyncLine.chain)
        .where(
            SyncLine.member_id == row.member_id,
            SyncLine.stream_id == row.id,
            SyncLine.epoch == row.epoch,
            SyncLine.n > start,
            SyncLine.n <= row.n,
        )
        .order_by(SyncLine.n)
        .limit(limits.PAGE_CHANGES)
    )
    lines: list[bytes] = []
    whole, size, chain = 0, 0, row.chain
    for n, ends, line, after in db.session.execute(wanted.execution_options(yield_per=100)):
        if n != start + len(lines) + 1:
            raise AssertionError(f"{row.name} is not dense after {start + len(lines)}")
        size += len(line) + 1
        if whole and (len(lines) >= max_changes or size > max_bytes):
            break
        lines.append(line)
        if ends:
            whole, chain = len(lines), after
    return lines[:whole], start + whole, chain
