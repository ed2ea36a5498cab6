"""The writer's side: every change of a travelling row becomes one line, from its final values, as the last act.

Runs as the last tail step of a transaction. The heads of the streams it touches are locked in the order of their
names, so two transactions never wait for each other in a circle, and numbers are as dense as commits.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from sri_admin.federation import erasure, kinds, limits, streams, taking
from sri_admin.federation.chain import extend, line_hash
from sri_admin.federation.kinds import Kind
from sri_admin.federation.lines import Change, LineError, encode_change, has_more_values
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.federation.streams import Newest
from sri_admin.kernel import clock, installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.errors import ElsewhereError, HandingOverError, InvalidError, TooLargeError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import UnitOfWork

log = structlog.get_logger(__name__)

_CANNOT_TRAVEL = _l("One of the values cannot travel.")
_TOO_MUCH = _l("That changes too many records in one piece. Please do it in smaller parts.")


class Changed(NamedTuple):
    """A travelling row that was changed, by whom, and whether it was removed to be forgotten."""

    kind: Kind
    row: Any
    actor: Actor
    erased: bool


def append(unit: UnitOfWork) -> None:
    """Write the lines of a unit of work.

    Raises ElsewhereError if another installation writes one of the streams, RestoredError while this one waits.
    """
    by_stream: dict[str, list[Changed]] = {}
    for row, actor in unit.rows():
        kind = kinds.of_row(row)
        if kind is not None and not _never_stood(row):
            by_stream.setdefault(kind.stream_of(row), []).append(Changed(kind, row, actor, unit.is_erased(row)))
    for name in sorted(by_stream):
        stream = _own_stream(name)
        _append(stream, by_stream[name])
        taking.retry_waiting(stream.member_id, [each.row.id for each in by_stream[name]])


def _never_stood(row: Base) -> bool:
    state = inspect(row)
    return state.transient or state.pending


def _own_stream(name: str) -> SyncStream:
    # A stream that was stopped is not sent, but what people enter is never refused for that.
    row = streams.find(name, lock=True)
    if row is None or not row.own:
        raise ElsewhereError
    if row.closing:
        raise HandingOverError
    return row


def _append(stream: SyncStream, recorded: list[Changed]) -> None:
    newest = streams.newest_lines(stream.member_id, [each.row.id for each in recorded])
    changed = [each for each in recorded if _is_news(each, newest.get((each.kind.name, each.row.id)))]
    if len(changed) > limits.TRANSACTION_CHANGES:
        raise TooLargeError(_TOO_MUCH)
    if changed:
        # Whoever lets it go on ends the waiting in the same transaction.
        installation.require_writing()
    write(stream, [_change(each) for each in changed])


def write(stream: SyncStream, changes: Sequence[Change]) -> None:
    """Write changes at the end of a stream that is written here, and forget what they order to be forgotten.

    Places, transaction and time are filled in here; the caller has locked the stream.
    """
    at, first, last = clock.wire(clock.now()), stream.n + 1, stream.n + len(changes)
    chain, lines, rows = stream.chain, list[bytes](), []
    for place, given in enumerate(changes, first):
        change = given._replace(n=place, x=first, e=place == last, at=at)
        raw = _encoded(change)
        lines.append(raw)
        chain = extend(chain, line_hash(raw))
        rows.append(_stored(stream, change, raw, chain))
    size = sum(map(len, lines)) + len(lines)
    if size > limits.TRANSACTION_BYTES or has_more_values(lines, limits.PAGE_VALUES):
        raise TooLargeError(_TOO_MUCH)
    if rows:
        db.session.execute(sa.insert(SyncLine), rows)
        streams.advance(stream, last, chain)
        erasure.forget(stream.member_id, erasure.ordered(changes))


def _is_news(changed: Changed, newest: Newest | None) -> bool:
    """Say whether a row differs from its newest line; one made anew after its removal goes on above that revision."""
    kind, row = changed.kind, changed.row
    if newest is None:
        return not _is_gone(row)
    if _is_gone(row):
        return not newest.removed
    if newest.removed and kind.is_versioned:
        _lift(row, newest.rev + 1)
        return True
    return kind.is_versioned and row.version > newest.rev


def _lift(row: Any, revision: int) -> None:
    table = type(row).__table__
    here = (table.c.member_id == row.member_id) & (table.c.id == row.id)
    db.session.execute(sa.update(table).where(here).values(version=revision))
    set_committed_value(row, "version", revision)


def _is_gone(row: Any) -> bool:
    state = inspect(row)
    return state.deleted or state.was_deleted


def _rev(changed: Changed) -> int:
    return (changed.row.version if changed.kind.is_versioned else 1) + _is_gone(changed.row)


def _op(changed: Changed) -> str:
    if _is_gone(changed.row):
        return "erase" if changed.erased else "del"
    return "add" if changed.kind.append_only else "put"


def _change(changed: Changed) -> Change:
    kind, row = changed.kind, changed.row
    payload: dict[str, Any] = {} if _is_gone(row) else _checked(kind, kind.payload(row))
    label = changed.actor.label
    return Change(0, kind.name, str(row.id), _rev(changed), _op(changed), kind.version, 0, False, "", label, payload)


def _checked(kind: Kind, payload: dict[str, Any]) -> dict[str, Any]:
    # The reader would set it aside; whoever enters it can still mend it.
    if not kind.accepts(payload):
        log.error("record_cannot_travel", kind=kind.name, faults=kind.faults(payload))
        raise InvalidError(_CANNOT_TRAVEL, code="cannot_travel")
    return payload


def _encoded(change: Change) -> bytes:
    try:
        raw = encode_change(change)
    except LineError as error:
        raise InvalidError(_CANNOT_TRAVEL, code=error.code) from error
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
