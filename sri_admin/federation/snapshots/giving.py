"""Giving a snapshot: what is kept up to the horizon, page by page, signed by who holds it (§15.2, §15.3)."""

from typing import NamedTuple

import sqlalchemy as sa

from sri_admin.federation import keys, limits, streams
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import ProtocolError, count_marks
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.federation.snapshots import manifest, pruning
from sri_admin.federation.snapshots.manifest import Manifest
from sri_admin.kernel import clock, installation
from sri_admin.kernel.db import db


class PageOut(NamedTuple):
    """A page as it is sent: how many lines it has, the place of the last one, and the digest there."""

    body: bytes
    lines: int
    place: Place
    total: bytes


def offer(stream: str, *, whole: bool = False) -> bytes:
    """Return the signed manifest of the snapshot a stream has now; ProtocolError `no_snapshot`.

    A `whole` one reaches to the end of the last epoch that has ended, for a reader who shares no line with us any more.
    """
    return manifest.seal(_manifest(streams.by_name(stream), whole=whole), keys.own_key())


def page(stream: str, *, digest: bytes, after: Place, before: bytes, whole: bool = False) -> PageOut:
    """Return the lines of a snapshot after a place; `before` is the reader's digest there.

    ProtocolError `snapshot_replaced` when it is no longer the one the stream has.
    """
    row = streams.by_name(stream)
    made = _manifest(row, whole=whole)
    if made.digest != digest:
        raise ProtocolError("snapshot_replaced", "there is a newer snapshot of this stream")
    lines = _lines(row, made, after)
    if not lines:
        raise ProtocolError("past_end", "the snapshot ends before this place")
    total = manifest.add(before, ((each.place, each.h) for each in lines))
    content = [(each.place, each.raw) for each in lines]
    body = manifest.write_page(made, content, before=before, after=total, key=keys.own_key())
    return PageOut(body, len(lines), lines[-1].place, total)


def _manifest(row: SyncStream, *, whole: bool) -> Manifest:
    if row.trouble:
        raise ProtocolError(row.trouble, "this stream was stopped until a person decides")
    kept = streams.horizon(row)
    place = _end_of_the_past(row) if whole else kept
    if place is None:
        raise ProtocolError("no_snapshot", "every line of this stream is kept")
    of = streams.end_of(row, place.epoch)
    chain = streams.chain_at(row, place.n, epoch=place.epoch)
    assert of is not None
    assert chain is not None
    if place == kept and row.horizon_digest is not None and row.horizon_records is not None:
        records, digest = row.horizon_records, row.horizon_digest
    else:
        records, digest = pruning.digest_of(row, place, *_which(row, place))
    return Manifest(
        stream=row.name,
        epoch=place.epoch,
        log_id=of.log_id,
        n=place.n,
        chain=chain,
        records=records,
        digest=digest,
        at=clock.wire(clock.now()),
        node=str(installation.identity().id),
    )


def _end_of_the_past(row: SyncStream) -> Place:
    # What has ended changes no more, so a reader may take its time; there is none before the first epoch has ended.
    past, kept = streams.ended(row, row.epoch - 1), streams.horizon(row)
    place = Place(past.epoch, past.n) if past is not None else Place(row.epoch, row.n)
    return place if kept is None else max(place, kept)


def _which(row: SyncStream, place: Place) -> list[sa.ColumnElement[bool]]:
    # Up to the horizon itself only these are left.
    return [] if place == streams.horizon(row) else [~pruning.is_over(place)]


def _lines(row: SyncStream, made: Manifest, after: Place) -> list[manifest.Line]:
    place = sa.tuple_(SyncLine.epoch, SyncLine.n)
    wanted = (
        sa.select(SyncLine.epoch, SyncLine.n, SyncLine.line)
        .where(SyncLine.member_id == row.member_id, SyncLine.stream_id == row.id, place > after, place <= made.place)
        .where(*_which(row, made.place))
        .order_by(SyncLine.epoch, SyncLine.n)
        .limit(limits.PAGE_CHANGES)
        .execution_options(yield_per=100)
    )
    found, size, values = list[manifest.Line](), 0, 0
    for epoch, n, line in db.session.execute(wanted):
        size, values = size + len(line) + 1, values + count_marks(line)
        if found and (size > limits.PAGE_BYTES or values > limits.PAGE_VALUES):
            break
        found.append(manifest.read_line(Place(epoch, n), line))
    return found
