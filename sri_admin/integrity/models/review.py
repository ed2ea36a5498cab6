"""What SRI says of a snapshot, in rows of its own."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.integrity.rules.answers import Answer
from sri_admin.integrity.rules.review import Verdict
from sri_admin.integrity.rules.standing import Step
from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant

_FACT = {"tenancy": TENANT, "append_only": True, "steps_back": True}


class ItemReview(OfTenant, Base):
    """What SRI says of one answer of a snapshot; a later row takes the place of an earlier one."""

    __tablename__ = "item_review"
    __table_args__ = (
        sa.CheckConstraint("not actor = any(authors)", name="another_person"),
        sa.CheckConstraint("(score is not null) = (verdict = 'differs')", name="score"),
        sa.CheckConstraint("verdict = 'agrees' or comment <> ''", name="comment"),
        sa.Index("ix_item_review_snapshot", "member_id", "snapshot_id", "criterion", "at"),
        {"info": _FACT},
    )
    snapshot_id: Mapped[UUID]
    criterion: Mapped[str] = mapped_column(comment="its uid")
    verdict: Mapped[Verdict] = enum_column(Verdict)
    score: Mapped[Answer | None] = enum_column(Answer)
    comment: Mapped[str] = mapped_column(comment="to the country")
    authors: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="who answered or signed what is reviewed")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class ItemNote(OfTenant, Base):
    """What SRI's staff note among themselves about one answer; it stays at the hub."""

    __tablename__ = "item_note"
    __table_args__ = (
        sa.Index("ix_item_note_snapshot", "member_id", "snapshot_id", "criterion", "at"),
        {"info": {"tenancy": TENANT, "append_only": True}},
    )
    snapshot_id: Mapped[UUID]
    criterion: Mapped[str] = mapped_column(comment="its uid")
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class AssessmentStep(OfTenant, Base):
    """A step SRI took with a snapshot; how it stands follows from all of them in their order."""

    __tablename__ = "assessment_step"
    __table_args__ = (
        sa.UniqueConstraint(
            "member_id",
            "snapshot_id",
            "place",
            name="uq_assessment_step_place",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("step <> 'return' or reason <> ''", name="reason"),
        {"info": _FACT},
    )
    snapshot_id: Mapped[UUID]
    place: Mapped[int]
    step: Mapped[Step] = enum_column(Step)
    reason: Mapped[str]
    criteria: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="uids a return is about")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]
