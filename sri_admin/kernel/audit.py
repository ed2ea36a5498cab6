"""History that cannot be rewritten unseen: one hash chain per installation.

An entry's bytes are stored as they were hashed. People stand in it as opaque labels, personal values as salted
digests; salt and value lie in a table of their own, so that erasing them leaves the chain whole.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.tenancy import GLOBAL, TENANT, OfTenant
from sri_admin.kernel.work import Recorded, UnitOfWork

GENESIS = hashlib.sha256(b"sri-admin audit/1").digest()


class AuditHead(Base):
    """The end of the chain: how many entries there are and the last link. One row."""

    __tablename__ = "audit_head"
    __table_args__ = {"info": {"tenancy": GLOBAL}}
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(sa.BigInteger)
    chain: Mapped[bytes]


class AuditEntry(OfTenant, Base):
    """One thing that happened here; the columns repeat what the line says, for finding it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_subject", "member_id", "subject", "n"),
        sa.Index("ix_audit_entry_n", "n"),
        {"info": {"tenancy": TENANT, "append_only": True}},
    )
    n: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    event: Mapped[str]
    subject: Mapped[UUID]
    line: Mapped[bytes]
    chain: Mapped[bytes]

    @property
    def values(self) -> dict[str, Any]:
        """Return what the event said, without its personal values."""
        return json.loads(self.line)["d"]


class AuditPersonal(OfTenant, Base):
    """A personal value an entry refers to by salted digest; erased without touching the chain."""

    __tablename__ = "audit_personal"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "entry_id", "field"),
        {"info": {"tenancy": TENANT}},
    )
    entry_id: Mapped[UUID]
    field: Mapped[str]
    salt: Mapped[str]
    value: Mapped[dict[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """What checking the chain found: how many entries hold, and the first that does not."""

    entries: int
    broken_at: int | None


def seal(unit: UnitOfWork) -> None:
    """Append the unit's events to the chain; the head stays locked until the commit that follows at once."""
    if not unit.recorded:
        return
    head = db.session.execute(sa.select(AuditHead).with_for_update()).scalar_one()
    at = clock.now()
    for each in unit.recorded:
        _append(head, each, at)


def _append(head: AuditHead, recorded: Recorded, at: datetime) -> None:
    event, entry_id = recorded.event, ids.new()
    data: dict[str, Any] = {}
    for name, value, is_personal in event.values():
        data[name] = _salted(event.member_id, entry_id, name, value) if is_personal and value is not None else value
    line = _encode(head.n + 1, at, recorded.actor, event, data)
    head.n += 1
    head.chain = link(head.chain, line)
    entry = AuditEntry(
        member_id=event.member_id,
        id=entry_id,
        n=head.n,
        at=at,
        actor=recorded.actor.label,
        role=recorded.actor.role,
        event=event.event_name(),
        subject=event.subject,
        line=line,
        chain=head.chain,
    )
    db.session.add(entry)


def _encode(n: int, at: datetime, actor: Actor, event: Any, data: dict[str, Any]) -> bytes:
    entry = {
        "n": n,
        "at": clock.wire(at),
        "by": actor.label,
        "role": actor.role,
        "member": str(event.member_id),
        "event": event.event_name(),
        "subject": str(event.subject),
        "d": data,
    }
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _salted(member_id: UUID, entry_id: UUID, name: str, value: Any) -> dict[str, str]:
    salt = ids.token(bytes_of_entropy=16)
    personal = AuditPersonal(member_id=member_id, entry_id=entry_id, field=name, salt=salt, value={"v": value})
    db.session.add(personal)
    return {"salted": salted_digest(salt, value)}


def salted_digest(salt: str, value: Any) -> str:
    """Return the digest by which the chain names a personal value."""
    return hashlib.sha256(f"{salt}\n{json.dumps(value, sort_keys=True, ensure_ascii=False)}".encode()).hexdigest()


def link(chain: bytes, line: bytes) -> bytes:
    """Return the next link: SHA-256 over the previous one and the digest of the line."""
    return hashlib.sha256(chain + hashlib.sha256(line).digest()).digest()


def forget(member_id: UUID, *subjects: UUID) -> None:
    """Erase the personal values of everything that happened to some subjects; the chain, which holds digests, stays."""
    entries = sa.select(AuditEntry.id).where(AuditEntry.member_id == member_id, AuditEntry.subject.in_(subjects))
    theirs = AuditPersonal.entry_id.in_(entries)
    db.session.execute(sa.delete(AuditPersonal).where(AuditPersonal.member_id == member_id, theirs))


def verify() -> Verdict:
    """Recompute the whole chain from the stored bytes; needs a transaction that reaches every member."""
    chain, expected = GENESIS, 1
    stored = sa.select(AuditEntry.n, AuditEntry.line, AuditEntry.chain).order_by(AuditEntry.n)
    with closing(db.session.execute(stored.execution_options(yield_per=1000))) as rows:
        for n, line, kept in rows:
            chain = link(chain, line)
            if n != expected or chain != kept:
                return Verdict(expected - 1, expected)
            expected += 1
    head = db.session.scalars(sa.select(AuditHead)).one()
    sound = head.n == expected - 1 and head.chain == chain
    return Verdict(expected - 1, None if sound else expected)


def entries_about(member_id: UUID, *subjects: UUID, limit: int = 20) -> list[AuditEntry]:
    """Return what happened to things, newest first."""
    found = sa.select(AuditEntry).where(AuditEntry.member_id == member_id, AuditEntry.subject.in_(subjects))
    return list(db.session.scalars(found.order_by(AuditEntry.n.desc()).limit(limit)))


def entries_among(members: Iterable[UUID], subjects: sa.SelectBase, *, limit: int = 20) -> list[AuditEntry]:
    """Return what happened, for any of some members, to the things a query names, newest first."""
    found = sa.select(AuditEntry).where(AuditEntry.member_id.in_(list(members)), AuditEntry.subject.in_(subjects))
    return list(db.session.scalars(found.order_by(AuditEntry.n.desc()).limit(limit)))
