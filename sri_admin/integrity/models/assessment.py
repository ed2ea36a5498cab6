"""What a country says of itself: answers and proposals that stay at home, and the snapshot that travels."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.integrity.rules.answers import Answer
from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.members.models.member import same_tenant

_FOR_GOOD = {"tenancy": TENANT, "append_only": True}
FITS = "encode(sha256(convert_to(content, 'UTF8')), 'hex') = content_sha256"


class AssessmentDraft(Versioned, OfTenant, Base):
    """What is answered to one criterion so far; it stays where it was typed."""

    __tablename__ = "assessment_draft"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "cycle_id", "criterion"),
        {"info": {"tenancy": TENANT}},
    )
    cycle_id: Mapped[UUID]
    criterion: Mapped[str] = mapped_column(comment="its uid")
    answer: Mapped[Answer | None] = enum_column(Answer)
    reason: Mapped[str]
    statement: Mapped[str]
    evidence_ids: Mapped[list[UUID]] = mapped_column(sa.ARRAY(sa.Uuid()))
    authors: Mapped[dict[str, str]] = mapped_column(JSONB, comment="who gave each thing that stands in it")
    at: Mapped[datetime] = mapped_column(default=clock.now)


class OfSnapshot:
    """All answers at one moment: the exact text, its digest, who gave them and who handed them on."""

    cycle_id: Mapped[UUID]
    edition_id: Mapped[UUID]
    revision: Mapped[int]
    content: Mapped[str] = mapped_column(comment="canonical JSON")
    content_sha256: Mapped[str] = mapped_column(sa.String(64))
    answered_by: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))


class AssessmentProposal(OfSnapshot, OfTenant, Base):
    """All answers, handed to a second person; local, and the snapshot that follows has its id."""

    __tablename__ = "assessment_proposal"
    __table_args__ = (
        sa.CheckConstraint(FITS, name="digest"),
        sa.Index("ix_assessment_proposal_cycle", "member_id", "cycle_id", "at"),
        {"info": _FOR_GOOD},
    )
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class ProposalReturn(OfTenant, Base):
    """A proposal went back to those who answered; it has the proposal's id."""

    __tablename__ = "proposal_return"
    __table_args__ = (
        same_tenant("id", "assessment_proposal"),
        sa.CheckConstraint("reason <> ''", name="reason"),
        {"info": _FOR_GOOD},
    )
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class AssessmentSnapshot(OfSnapshot, OfTenant, Base):
    """All answers, signed off by somebody who gave none of them; the database holds that, wherever the row comes from.

    `at`, `actor` and `role` are those of the signature.
    """

    __tablename__ = "assessment_snapshot"
    __table_args__ = (
        sa.UniqueConstraint(
            "member_id",
            "cycle_id",
            "revision",
            name="uq_assessment_snapshot_revision",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint(FITS, name="digest"),
        sa.CheckConstraint("revision >= 1", name="revision"),
        sa.CheckConstraint("not actor = any(answered_by) and actor <> proposed_by", name="another_person"),
        {"info": {**_FOR_GOOD, "steps_back": True}},
    )
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    kid: Mapped[str]
    signature: Mapped[str] = mapped_column(comment="Ed25519 of the installation over the sign-off, base64url")
