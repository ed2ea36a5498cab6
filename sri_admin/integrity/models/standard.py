"""Editions of the standard, their criteria, and the rounds in which countries assess themselves."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.integrity.rules.edition import Metric, Zone
from sri_admin.integrity.rules.standing import CycleState
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import PUBLIC_REGISTRY, TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.members.models.member import same_tenant

_FOR_GOOD = {"tenancy": PUBLIC_REGISTRY, "append_only": True, "steps_back": True}


class StandardEdition(OfTenant, Base):
    """One wording of a standard, fixed for good; the hub writes it and everybody reads it."""

    __tablename__ = "standard_edition"
    __table_args__ = (sa.UniqueConstraint("member_id", "code", "edition_no"), {"info": _FOR_GOOD})
    code: Mapped[str]
    edition_no: Mapped[str]
    names: Mapped[Text]
    in_force_from: Mapped[date]
    is_draft: Mapped[bool] = mapped_column(comment="used, while SRI has not adopted it formally")


class Criterion(OfTenant, Base):
    """What an edition asks; its `uid` stays the same in later editions."""

    __tablename__ = "criterion"
    __table_args__ = (
        same_tenant("edition_id", "standard_edition"),
        sa.UniqueConstraint("member_id", "edition_id", "uid"),
        {"info": _FOR_GOOD},
    )
    edition_id: Mapped[UUID]
    uid: Mapped[str]
    place: Mapped[int]
    ref: Mapped[str]
    title: Mapped[Text]
    prompt: Mapped[Text]
    expectation: Mapped[Text]
    zone: Mapped[Zone] = enum_column(Zone)
    is_critical: Mapped[bool]
    metric: Mapped[Metric | None] = enum_column(Metric)


class AssessmentCycle(Versioned, OfTenant, Base):
    """A round of assessments against one edition; `covers` is the time the answers are about."""

    __tablename__ = "assessment_cycle"
    __table_args__ = (
        same_tenant("edition_id", "standard_edition"),
        sa.CheckConstraint("due_on >= opens_on", name="dates"),
        sa.CheckConstraint("covers_to >= covers_from", name="covers"),
        sa.CheckConstraint("(closed_on is not null) = (state = 'closed')", name="closed_on"),
        {"info": {"tenancy": PUBLIC_REGISTRY}},
    )
    edition_id: Mapped[UUID]
    name: Mapped[str]
    opens_on: Mapped[date]
    due_on: Mapped[date]
    covers_from: Mapped[date]
    covers_to: Mapped[date]
    state: Mapped[CycleState] = enum_column(CycleState)
    closed_on: Mapped[date | None]


class AssessmentCall(OfTenant, Base):
    """A country is asked to assess itself in a round; who was licensed when it opened was fixed then."""

    __tablename__ = "assessment_call"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "cycle_id"),
        {"info": {"tenancy": TENANT, "append_only": True, "steps_back": True}},
    )
    cycle_id: Mapped[UUID]
    edition_id: Mapped[UUID]
    due_on: Mapped[date]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
