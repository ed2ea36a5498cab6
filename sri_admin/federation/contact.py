"""When the two sides last spoke, kept apart: a failed exchange still counts as a try."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from sri_admin.federation import kinds, limits, versions
from sri_admin.federation.enrolment_models import HubContact, NodeContact
from sri_admin.federation.versions import Spans
from sri_admin.kernel import clock, transaction
from sri_admin.kernel.db import db

_ONE = 1
_LONGEST_WAIT = timedelta(hours=limits.LONGEST_WAIT_HOURS)


def note_node(node_id: UUID, **told: Any) -> None:
    """Keep what a node told about itself just now: software, skew_ms, heads, trouble, and the versions it reads."""
    told["at"] = clock.now()
    with transaction.apart(durable=False) as session:
        if "schemas" in told:
            last = session.get(NodeContact, node_id)
            told["differs_since"] = _differs_since(told["schemas"], last)
        row = insert(NodeContact).values(node_id=node_id, **told)
        session.execute(row.on_conflict_do_update(index_elements=[NodeContact.node_id], set_=told))


def _differs_since(told: Spans, last: NodeContact | HubContact | None) -> dict[str, str]:
    differing = versions.compare(kinds.versions(), told)
    before = last.differs_since if last else {}
    return versions.noticed(differing, before, clock.wire(clock.now())) if differing else {}


def versions_of(node_id: UUID) -> Spans | None:
    """Return which versions a node last said it reads; None if it never did."""
    last = db.session.get(NodeContact, node_id)
    return last.schemas if last else None


def note_refused(node_id: UUID, *, software: str, code: str) -> None:
    """Keep that a node came whose program is of another age than ours altogether."""
    told = {"at": clock.now(), "software": software, "trouble": code, "by_stick": False}
    with transaction.apart() as session:
        row = insert(NodeContact).values(node_id=node_id, skew_ms=0, heads={}, **told)
        session.execute(row.on_conflict_do_update(index_elements=[NodeContact.node_id], set_=told))


def note_hub_versions(told: Spans, *, software: str) -> None:
    """Keep which versions the hub reads; nothing is written when that is known and nothing of it changed."""
    with transaction.apart() as session:
        last = session.get(HubContact, _ONE)
        since = _differs_since(told, last)
        if last is None:
            last = HubContact(id=_ONE, tried_at=clock.now(), skew_ms=0)
            session.add(last)
        if (last.software, last.schemas, last.differs_since) != (software, told, since):
            last.software, last.schemas, last.differs_since = software, dict(told), since


def note_node_by_stick(node_id: UUID, *, at: datetime, positions: dict[str, Any], **told: Any) -> None:
    """Keep what a node told in a bundle it wrote at a moment; an older one than its last word says only where it stood.

    Where it stood is kept even then: too low a place sends something twice, too high a one would leave something out.
    """
    at = min(at, clock.now())
    news = {"at": at, "positions": positions, "by_stick": True, **told}
    with transaction.apart() as session:
        last = session.get(NodeContact, node_id, with_for_update=True)
        news["differs_since"] = _differs_since(told["schemas"], last)
        if last is None:
            session.add(NodeContact(node_id=node_id, skew_ms=0, **news))
            return
        for name, value in (news if last.at <= at else {"positions": positions}).items():
            setattr(last, name, value)


def of_nodes() -> dict[UUID, NodeContact]:
    """Return what every node last told, by node."""
    with transaction.apart() as session:
        return {row.node_id: row for row in session.scalars(sa.select(NodeContact))}


def note_try() -> None:
    """Note that the hub is being called now, and the latest moment our own clock has shown since its last word.

    A try that broke off without an end still counts: what follows it has been running since then.
    """
    now = clock.now()
    row = insert(HubContact).values(id=_ONE, tried_at=now, running_since=now, skew_ms=0)
    later = sa.case((HubContact.head_at.is_not(None), sa.func.greatest(HubContact.seen_at, now)))
    told = {"tried_at": now, "running_since": sa.func.coalesce(HubContact.running_since, now), "seen_at": later}
    with transaction.apart(durable=False) as session:
        session.execute(row.on_conflict_do_update(index_elements=[HubContact.id], set_=told))


def note_head(at: datetime) -> None:
    """Keep when the hub signed a control head; a newer one also corrects what our own clock made of the time."""
    with transaction.apart(durable=False) as session:
        row = insert(HubContact).values(id=_ONE, tried_at=clock.now(), skew_ms=0, head_at=at, seen_at=at)
        newer = sa.or_(HubContact.head_at.is_(None), HubContact.head_at < at)
        session.execute(
            row.on_conflict_do_update(index_elements=[HubContact.id], set_={"head_at": at, "seen_at": at}, where=newer)
        )


def note_reached(skew: timedelta) -> None:
    """Note that the hub answered, and how far its clock is ahead of ours."""
    _write(by_stick=False, reached_at=clock.now(), skew_ms=int(skew.total_seconds() * 1000))


def note_end(*, code: str | None, detail: str = "", stream: str | None = None, wait: int | None = None) -> None:
    """Note how the exchange ended, in which stream it stopped; `wait` are the seconds the hub asked for."""
    now = clock.now()
    finished = {"finished_at": now} if code is None else {}
    not_before = now + min(timedelta(seconds=wait), _LONGEST_WAIT) if wait else None
    ended = {"code": code, "detail": detail[:200], "stream": stream, "not_before": not_before, **finished}
    _write(running_since=None, **ended)


def note_stick(at: datetime, *, code: str | None, detail: str = "", stream: str | None = None) -> None:
    """Note that a bundle was read which the hub wrote at a moment; an older one than the last contact changes nothing.

    It counts as a contact of the day it was written: what the hub did since then it cannot tell.
    """
    at = min(at, clock.now())
    last = reached_at()
    if last is None or last <= at:
        finished = {"finished_at": at} if code is None else {}
        ended = {"code": code, "detail": detail[:200], "stream": stream, **finished}
        _write(by_stick=True, reached_at=at, running_since=None, **ended)


def with_hub() -> HubContact | None:
    """Return how the last tries to reach the hub went."""
    with transaction.apart() as session:
        return session.get(HubContact, _ONE)


def must_wait() -> bool:
    """Say whether the hub asked us to come later; what is further away than it may ask was noted by a wrong clock."""
    last = with_hub()
    if last is None or last.not_before is None:
        return False
    return timedelta() < last.not_before - clock.now() <= _LONGEST_WAIT


def trouble() -> str | None:
    """Return the code the last exchange ended with, inside the caller's transaction."""
    return db.session.scalar(sa.select(HubContact.code))


def reached_at() -> datetime | None:
    """Return when the hub was last reached."""
    row = with_hub()
    return row.reached_at if row else None


def _write(**values: Any) -> None:
    with transaction.apart(durable=False) as session:
        row = insert(HubContact).values(id=_ONE, **{"tried_at": clock.now(), "skew_ms": 0, **values})
        session.execute(row.on_conflict_do_update(index_elements=[HubContact.id], set_=values))
