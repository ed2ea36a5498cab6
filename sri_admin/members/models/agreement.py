"""Licence agreements: what is offered and signed, what is only drafted, and what happened to them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.blobs import DIGEST_RULE, HoldsFile
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.members.models.member import same_tenant
from sri_admin.members.rules.agreement import AgreementKind, AgreementState, EventKind

REF_NO = "uq_agreement_member_id_ref_no"
RENEWED_ONCE = "ex_agreement_renewed_once"


class Agreement(Versioned, OfTenant, Base):
    """An agreement as it was offered; after signing only its state and the day it stopped ever change."""

    __tablename__ = "agreement"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "ref_no", name=REF_NO, deferrable=True, initially="DEFERRED"),
        same_tenant("parent_id", "agreement"),
        same_tenant("amends_id", "agreement"),
        same_tenant("continues_id", "agreement"),
        ExcludeConstraint(
            (sa.column("member_id"), "="),
            (sa.column("continues_id"), "="),
            where=sa.text("state <> 'withdrawn'"),
            name=RENEWED_ONCE,
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("amends_id is null or continues_id is null", name="one_link"),
        sa.CheckConstraint("ends_on > starts_on", name="dates"),
        sa.CheckConstraint(
            "(closed_on is not null) = (state in ('superseded', 'terminated', 'ended'))", name="closed_on"
        ),
        sa.CheckConstraint("(signed_on is null) = (state in ('offered', 'withdrawn'))", name="signed_on"),
        {"info": {"tenancy": TENANT}},
    )
    ref_no: Mapped[str]
    kind: Mapped[AgreementKind] = enum_column(AgreementKind)
    parent_id: Mapped[UUID | None] = mapped_column(comment="the agreement this one rests on")
    amends_id: Mapped[UUID | None] = mapped_column(comment="the agreement this one takes the place of")
    continues_id: Mapped[UUID | None] = mapped_column(comment="the agreement this one renews")
    rights: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    programme_types: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    territories: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    exclusive: Mapped[bool]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    notice_days: Mapped[int]
    grace_days: Mapped[int]
    cure_days: Mapped[int]
    state: Mapped[AgreementState] = enum_column(AgreementState)
    offered_on: Mapped[date]
    signed_on: Mapped[date | None]
    closed_on: Mapped[date | None] = mapped_column(comment="first day on which it no longer counts")
    reason: Mapped[str | None]


class AgreementDraft(Versioned, OfTenant, Base):
    """An agreement nobody has been offered yet: edited freely, kept here, never sent."""

    __tablename__ = "agreement_draft"
    __table_args__ = {"info": {"tenancy": TENANT}}
    amends_id: Mapped[UUID | None]
    continues_id: Mapped[UUID | None]
    values: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    offered: Mapped[bool] = mapped_column(default=False, comment="its agreement has the same id")


class AgreementEventRow(OfTenant, Base):
    """A dated notice or time to put things right; append-only, it travels with the agreement."""

    __tablename__ = "agreement_event"
    __table_args__ = (
        same_tenant("agreement_id", "agreement"),
        sa.Index("ix_agreement_event_agreement_id", "member_id", "agreement_id", "at"),
        {"info": {"tenancy": TENANT, "append_only": True, "steps_back": True}},
    )
    agreement_id: Mapped[UUID]
    kind: Mapped[EventKind] = enum_column(EventKind)
    on: Mapped[date]
    effective_on: Mapped[date | None]
    reason: Mapped[str | None]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]


class AgreementFile(HoldsFile, OfTenant, Base):
    """A copy of the signed paper; a newer one stands beside the older ones. Append-only, it travels."""

    __tablename__ = "agreement_file"
    __table_args__ = (
        same_tenant("agreement_id", "agreement"),
        sa.CheckConstraint(DIGEST_RULE, name="content"),
        sa.Index("ix_agreement_file_agreement_id", "member_id", "agreement_id", "at"),
        sa.Index("ix_agreement_file_sha256", "member_id", "sha256"),
        {"info": {"tenancy": TENANT, "append_only": True}},
    )
    agreement_id: Mapped[UUID]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
