"""The member country itself, its history, its legal body, and the card others see of it."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import PUBLIC_REGISTRY, TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.members.rules.member import (
    Hosting,
    Listing,
    MemberKind,
    MemberState,
    SuspensionKind,
    Transition,
)


def same_tenant(column: str, target: str) -> sa.ForeignKeyConstraint:
    """Refer to a row of the same tenant; deferred, because a page of the wire may bring the child first."""
    return sa.ForeignKeyConstraint(
        ["member_id", column], [f"{target}.member_id", f"{target}.id"], deferrable=True, initially="DEFERRED"
    )


class Member(Versioned, OfTenant, Base):
    """A member country; its id is its tenant's id. The hub writes it."""

    __tablename__ = "member"
    __table_args__ = (
        sa.CheckConstraint("id = member_id", name="own_tenant"),
        sa.CheckConstraint("fiscal_month between 1 and 12 and fiscal_day between 1 and 31", name="fiscal_year"),
        sa.Index("ix_member_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        {"info": {"tenancy": TENANT}},
    )
    code: Mapped[str]
    names: Mapped[Text]
    kind: Mapped[MemberKind] = enum_column(MemberKind)
    state: Mapped[MemberState] = enum_column(MemberState)
    state_since: Mapped[date]
    state_reason: Mapped[str | None]
    suspension: Mapped[SuspensionKind | None] = enum_column(SuspensionKind)
    suspension_until: Mapped[date | None]
    region: Mapped[str] = mapped_column(comment="short code of the review region")
    default_locale: Mapped[str]
    time_zone: Mapped[str] = mapped_column(comment="IANA name")
    fiscal_month: Mapped[int]
    fiscal_day: Mapped[int]
    hosting: Mapped[Hosting] = enum_column(Hosting)
    listing: Mapped[Listing] = enum_column(Listing)
    search: Mapped[str] = mapped_column(default="", server_default="", comment="folded code and names; does not travel")


class MemberEvent(OfTenant, Base):
    """One step in the life of a member; append-only, it travels with the member's file."""

    __tablename__ = "member_event"
    __table_args__ = (
        sa.Index("ix_member_event_at", "member_id", "at"),
        {"info": {"tenancy": TENANT, "append_only": True, "steps_back": True}},
    )
    transition: Mapped[Transition] = enum_column(Transition)
    from_state: Mapped[MemberState] = enum_column(MemberState)
    to_state: Mapped[MemberState] = enum_column(MemberState)
    on: Mapped[date]
    reason: Mapped[str | None]
    suspension: Mapped[SuspensionKind | None] = enum_column(SuspensionKind)
    until: Mapped[date | None]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]


class LegalEntity(Versioned, OfTenant, Base):
    """A legal body that acts for a member between two days."""

    __tablename__ = "legal_entity"
    __table_args__ = (
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
        {"info": {"tenancy": TENANT}},
    )
    name: Mapped[str]
    form: Mapped[str]
    registration_no: Mapped[str | None]
    country: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class MemberCard(Versioned, OfTenant, Base):
    """What everybody may know of a member; a row of the hub whose id is the member's tenant. Kept by a job."""

    __tablename__ = "member_card"
    __table_args__ = {"info": {"tenancy": PUBLIC_REGISTRY}}
    code: Mapped[str]
    names: Mapped[Text]
    kind: Mapped[MemberKind] = enum_column(MemberKind)
    shown_state: Mapped[MemberState] = enum_column(MemberState)
    region: Mapped[str]
    territories: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="exclusive places, ISO codes")
