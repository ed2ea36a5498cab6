"""The writer's side: every change of a travelling row becomes one line, from its final values, as the last act.

Runs as the last tail step of a transaction. The heads of the streams it touches are locked in the order of their
names, so two transactions never wait for each other in a circle, and numbers are as dense as commits.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from sri_admin.federation import kinds, limits, streams
from sri_admin.federation.chain import extend, line_hash
from sri_admin.federation.kinds import Kind
from sri_admin.federation.lines import Change, LineError, encode_change
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.federation.stream_names import stream_name
from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.errors import ElsewhereError, InvalidError, TooLargeError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import UnitOfWork

Changed = tuple[Kind, Any, Actor]


def append(unit: UnitOfWork) -> None:
    """Write the lines of a unit of work; ElsewhereError if another installation writes one of the streams."""
    by_stream: dict[str, list[Changed]] = {}
    for row, actor in unit.rows():
        kind = kinds.of_row(row)
        if kind is not None and not _never_stood(row):
            name = stream_name(kind.stream, row.__getattribute__("member_id"))
            by_stream.setdefault(name, []).append((kind, row, actor))
    for name in sorted(by_stream):
        _append(_own_stream(name), by_stream[name])


def _never_stood(row: Base) -> bool:
    state = inspect(row)
    return state.transient or state.pending


def _own_stream(name: str) -> SyncStream:
    row = streams.find(name, lock=True)
    if row is None or not row.own or row.trouble:
        raise ElsewhereError
    return row


def _append(stream: SyncStream, changed: list[Changed]) -> None:
    if len(changed) > limits.TRANSACTION_CHANGES:
        raise TooLargeError(_l("That changes too many records in one piece. Please do it in smaller parts."))
    revisions = _lifted_revisions(stream, changed)
    at, first = clock.wire(clock.now()), stream.n + 1
    chain, size, rows = stream.chain, 0, []
    for place, (kind, row, actor) in enumerate(changed, first):
        change = _change(kind, row, actor, rev=revisions.get(row.id))
        change = change._replace(n=place, x=first, e=place == stream.n + len(changed), at=at)
        raw = _encoded(change)
        size += len(raw)
        chain = extend(chain, line_hash(raw))
        rows.append(_stored(stream, change, raw, chain))
    if size > limits.TRANSACTION_BYTES:
        raise TooLargeError(_l("That changes too many records in one piece. Please do it in smaller parts."))
    db.session.execute(sa.insert(SyncLine), rows)
    streams.advance(stream, stream.n + len(changed), chain)


def _change(kind: Kind, row: Any, actor: Actor, *, rev: int | None) -> Change:
    own = rev or (row.version if kind.is_versioned else 1)
    gone = inspect(row).deleted or inspect(row).was_deleted
    op = "del" if gone else "add" if kind.append_only else "put"
    payload: dict[str, Any] = {} if gone else kind.payload(row)
    return Change(
        0, kind.name, str(row.id), own + 1 if gone else own, op, kind.version, 0, False, "", actor.label, payload
    )


def _encoded(change: Change) -> bytes:
    try:
        raw = encode_change(change)
    except LineError as error:
        raise InvalidError(_l("One of the values cannot travel."), code=error.code) from error
    if len(raw) > limits.LINE_BYTES:
        raise TooLargeError(_l("One record is too large to travel."))
    return raw


def _stored(stream: SyncStream, change: Change, raw: bytes, chain: bytes) -> dict[str, Any]:
    return {
        "member_id": stream.member_id,
        "stream_id": stream.id,
        "epoch": stream.epoch,
        "n": change.n,
        "kind": change.kind,
        "rec": UUID(change.id),
        "rev": change.rev,
        "ends": change.e,
        "line": raw,
        "chain": chain,
    }


def _lifted_revisions(stream: SyncStream, changed: Iterable[Changed]) -> dict[UUID, int]:
    """Let a record that is made anew after its deletion go on above the revision it ended with."""
    fresh = {row.id: (kind, row) for kind, row, _ in changed if kind.is_versioned and row.version == 1}
    if not fresh:
        return {}
    newest = sa.select(SyncLine.rec, sa.func.max(SyncLine.rev)).where(
        SyncLine.member_id == stream.member_id, SyncLine.rec.in_(fresh)
    )
    lifted: dict[UUID, int] = {}
    for rec, rev in db.session.execute(newest.group_by(SyncLine.rec)):
        if rec is not None and rev is not None:
            _, row = fresh[rec]
            lifted[rec] = rev + 1
            table = type(row).__table__
            here = (table.c.member_id == stream.member_id) & (table.c.id == rec)
            db.session.execute(sa.update(table).where(here).values(version=rev + 1))
            set_committed_value(row, "version", rev + 1)
    return lifted
