"""When the two sides last spoke, kept apart: a failed exchange still counts as a try."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from sri_admin.federation.enrolment_models import HubContact, NodeContact
from sri_admin.kernel import clock, transaction

_ONE = 1


def note_node(node_id: UUID, **told: Any) -> None:
    """Keep what a node told about itself just now: software, skew_ms, heads, trouble."""
    told["at"] = clock.now()
    with transaction.apart() as session:
        row = insert(NodeContact).values(node_id=node_id, **told)
        session.execute(row.on_conflict_do_update(index_elements=[NodeContact.node_id], set_=told))


def of_nodes() -> dict[UUID, NodeContact]:
    """Return what every node last told, by node."""
    with transaction.apart() as session:
        return {row.node_id: row for row in session.scalars(sa.select(NodeContact))}


def note_try() -> None:
    """Note that the hub is being called now."""
    _write(tried_at=clock.now())


def note_reached(skew: timedelta) -> None:
    """Note that the hub answered, and how far its clock is ahead of ours."""
    _write(by_stick=False, reached_at=clock.now(), skew_ms=int(skew.total_seconds() * 1000))


def note_end(*, code: str | None, detail: str = "", stream: str | None = None, wait: int | None = None) -> None:
    """Note how the exchange ended, in which stream it stopped; `wait` are the seconds the hub asked for."""
    now = clock.now()
    finished = {"finished_at": now} if code is None else {}
    not_before = now + timedelta(seconds=wait) if wait else None
    _write(code=code, detail=detail[:200], stream=stream, not_before=not_before, **finished)


def with_hub() -> HubContact | None:
    """Return how the last tries to reach the hub went."""
    with transaction.apart() as session:
        return session.get(HubContact, _ONE)


def reached_at() -> datetime | None:
    """Return when the hub was last reached."""
    row = with_hub()
    return row.reached_at if row else None


def _write(**values: Any) -> None:
    with transaction.apart() as session:
        row = insert(HubContact).values(id=_ONE, **{"tried_at": clock.now(), "skew_ms": 0, **values})
        session.execute(row.on_conflict_do_update(index_elements=[HubContact.id], set_=values))
