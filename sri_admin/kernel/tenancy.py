"""Whose data a transaction may see and for whom it writes: two settings, enforced by row-level security.

`app.members` lists the members whose rows may be read, `app.member` names the one that is written for. Both are set
at the start of every transaction and savepoint, also to nothing, so that no setting outlives its transaction.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from sri_admin.kernel import ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, Identified, db, enum_column

# What a table's rows are open to; the catalogue test compares this with the policies the database really has.
# The hub's rows of a shared table are open to whoever reads anything; who is entitled to them is for a policy to say.
TENANT, SHARED, PUBLIC_REGISTRY, GLOBAL = "tenant", "shared", "public_registry", "global"

_SET = sa.text(
    "select set_config('app.members', :members, true), set_config('app.member', :member, true),"
    " set_config('transaction_read_only', :read_only, true),"
    " set_config('synchronous_commit', coalesce(nullif(:commit, ''), current_setting('synchronous_commit')), true)"
)
_INFO = "sri.reach"


class TenantKind(StrEnum):
    """SRI itself, or a member country."""

    HUB = "hub"
    MEMBER = "member"


class Tenant(Identified, Base):
    """A body that owns rows; everything else about a member country is told by the part `members`."""

    __tablename__ = "tenant"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.Index("uq_tenant_one_hub", "kind", unique=True, postgresql_where=sa.text("kind = 'hub'")),
        {"info": {"tenancy": GLOBAL}},
    )
    code: Mapped[str]
    kind: Mapped[TenantKind] = enum_column(TenantKind)


class OfTenant:
    """A row that belongs to one tenant: the key starts with `member_id`, and so does every key that refers to it."""

    @declared_attr
    def member_id(cls) -> Mapped[UUID]:
        """The tenant."""
        return mapped_column(sa.ForeignKey("tenant.id"), primary_key=True, sort_order=-2)

    @declared_attr
    def id(cls) -> Mapped[UUID]:
        """The row, within its tenant."""
        return mapped_column(primary_key=True, default=ids.new, sort_order=-1)


@dataclass(frozen=True)
class Reach:
    """The members a transaction reads and the one it writes for; whether it may write, and waits for the disk."""

    members: frozenset[UUID] = frozenset()
    member: UUID | None = None
    read_only: bool = False
    durable: bool = True

    def settings(self) -> dict[str, str]:
        """Return the values of the two settings, of the transaction's access mode, and of how it commits."""
        return {
            "members": "{" + ",".join(sorted(str(each) for each in self.members)) + "}" if self.members else "",
            "member": str(self.member) if self.member else "",
            "read_only": "on" if self.read_only else "off",
            "commit": "" if self.durable else "off",
        }


NOWHERE = Reach()


def only(member: UUID) -> Reach:
    """Reach one member, to read and to write."""
    return Reach(frozenset({member}), member)


def everywhere(members: Iterable[UUID], *, writing: UUID | None = None) -> Reach:
    """Reach several members, writing for at most one."""
    return Reach(frozenset(members), writing)


def members_of(actor: Actor) -> frozenset[UUID]:
    """Return the members an actor may read: all for SRI staff, else those of the actor's mandates."""
    if actor.is_staff:
        return frozenset(db.session.scalars(sa.select(Tenant.id)))
    return frozenset(mandate.member_id for mandate in actor.mandates)


def confine(session: Session, reach: Reach) -> None:
    """Set what the session may reach, now and in every transaction it begins."""
    session.info[_INFO] = reach
    if session.in_transaction():
        session.execute(_SET, reach.settings())


def write_for(member: UUID) -> None:
    """Let the open transaction write for a tenant it has just made, and read it."""
    session = db.session()
    reach = reach_of(session)
    confine(session, replace(reach, members=reach.members | {member}, member=member))


@contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """Reach something else for a few statements of the open transaction, then what was reached before."""
    session = db.session()
    before = reach_of(session)
    session.flush()
    confine(session, reach)
    yield
    session.flush()
    confine(session, before)


def reach_of(session: Session) -> Reach:
    """Return what the session may reach."""
    return session.info.get(_INFO, NOWHERE)


@event.listens_for(Session, "after_begin")
def _set_reach(session: Session, _transaction: Any, connection: sa.Connection) -> None:
    connection.execute(_SET, reach_of(session).settings())


def tenant_by_code(code: str) -> Tenant | None:
    """Return the tenant with a code, if there is one."""
    return db.session.scalar(sa.select(Tenant).where(Tenant.code == code))


def hub_tenant() -> Tenant:
    """Return the tenant that is SRI itself."""
    return db.session.scalars(sa.select(Tenant).where(Tenant.kind == TenantKind.HUB)).one()
