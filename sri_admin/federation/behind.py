"""What the hub wrote and a node has not said it holds: counted for many nodes at once, against where each last stood.

A node says where it stands when an exchange begins, so what it then fetches it says with the next one.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import limits
from sri_admin.federation.enrolment_models import NodeContact
from sri_admin.federation.lines import Change, LineError, decode_entry
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.federation.overview import StreamState
from sri_admin.kernel import clock
from sri_admin.kernel.db import db

_IN_TIME = timedelta(minutes=limits.SAID_AFTER_MINUTES)
_NOTHING = {"epoch": 0, "n": 0, "chain": ""}


class Missing(NamedTuple):
    """The lines of a stream after a place: how many there are, and the first of them."""

    lines: int
    first: bytes | None


def states(
    read: Mapping[UUID, Iterable[SyncStream]], told: Mapping[UUID, NodeContact]
) -> dict[UUID, list[StreamState]]:
    """Return how the streams that each node reads stand, by node: one statement, however many there are."""
    places = {
        (node_id, row.id): _place(row, told.get(node_id)) for node_id, rows in read.items() for row in rows if row.own
    }
    rows = {row.id: row for each in read.values() for row in each}
    behind = {key: at for key, at in places.items() if (at["epoch"], at["n"]) < (rows[key[1]].epoch, rows[key[1]].n)}
    missing = _missing({key: (rows[key[1]], at["epoch"], at["n"]) for key, at in behind.items()})
    return {
        node_id: [_state(row, places[node_id, row.id], missing.get((node_id, row.id))) for row in of_node if row.own]
        for node_id, of_node in read.items()
    }


def _place(row: SyncStream, last: NodeContact | None) -> dict[str, Any]:
    return ((last and last.positions) or {}).get(row.name, _NOTHING)


def _state(row: SyncStream, at: Mapping[str, Any], missing: Missing | None) -> StreamState:
    is_there = (at["epoch"], at["n"]) == (row.epoch, row.n) and row.chain.hex() == at["chain"]
    is_empty = row.epoch == 1 and row.n == 0
    waiting = missing.lines if missing else 0
    return StreamState(
        stream=row.name,
        own=True,
        n=row.n,
        head=max(row.n - waiting, 0),
        waiting=waiting,
        set_aside=0,
        parked=0,
        equal=is_there or (is_empty and at is _NOTHING),
        in_time=missing is not None and _is_in_time(missing, row),
        changed_at=row.changed_at,
        trouble=row.trouble,
    )


def _is_in_time(missing: Missing, row: SyncStream) -> bool:
    since = row.changed_at if missing.first is None else _written_at(missing.first)
    return since is not None and timedelta() <= clock.now() - since < _IN_TIME


def _written_at(line: bytes) -> datetime | None:
    try:
        entry = decode_entry(line)
    except LineError:
        return None
    return datetime.fromisoformat(entry.at).astimezone(UTC) if isinstance(entry, Change) else None


def _missing(places: Mapping[tuple[UUID, UUID], tuple[SyncStream, int, int]]) -> dict[tuple[UUID, UUID], Missing]:
    if not places:
        return {}
    columns = (
        sa.column("node_id", sa.Uuid()),
        sa.column("member_id", sa.Uuid()),
        sa.column("stream_id", sa.Uuid()),
        sa.column("epoch", sa.Integer()),
        sa.column("n", sa.BigInteger()),
    )
    given = sa.values(*columns, name="given").data(
        [(node_id, row.member_id, row.id, epoch, n) for (node_id, _id), (row, epoch, n) in places.items()]
    )
    after = (
        SyncLine.member_id == given.c.member_id,
        SyncLine.stream_id == given.c.stream_id,
        sa.tuple_(SyncLine.epoch, SyncLine.n) > sa.tuple_(given.c.epoch, given.c.n),
    )
    count = sa.select(sa.func.count()).select_from(SyncLine).where(*after).scalar_subquery()
    first = sa.select(SyncLine.line).where(*after).order_by(SyncLine.epoch, SyncLine.n).limit(1).scalar_subquery()
    found = db.session.execute(sa.select(given.c.node_id, given.c.stream_id, count, first))
    return {(node_id, stream_id): Missing(many, line) for node_id, stream_id, many, line in found}
