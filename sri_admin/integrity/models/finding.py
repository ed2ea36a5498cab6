"""Findings: SRI's rows (the finding, its steps) and the country's (replies, actions, reports). None is ever changed."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.integrity.rules.finding import Cause, Move, Reply, Severity
from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.members.rules.office import Office

FACT = {"tenancy": TENANT, "append_only": True, "steps_back": True}
PLACE, REF_NO = "uq_finding_step_place", "uq_finding_member_id_ref_no"


class Done:
    """Who did it, as what, and when."""

    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class Finding(Done, OfTenant, Base):
    """What SRI found in one answer of a snapshot, as it was issued; what is asked is copied from the standard."""

    __tablename__ = "finding"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "ref_no", name=REF_NO, deferrable=True, initially="DEFERRED"),
        sa.UniqueConstraint("member_id", "id", "actor", "reviewers", name="uq_finding_people"),
        sa.CheckConstraint("(due_on is not null) = (severity in ('critical', 'major', 'minor'))", name="due_on"),
        sa.Index("ix_finding_snapshot", "member_id", "snapshot_id", "criterion"),
        {"info": FACT},
    )
    ref_no: Mapped[str]
    snapshot_id: Mapped[UUID]
    criterion: Mapped[str] = mapped_column(comment="its uid")
    severity: Mapped[Severity] = enum_column(Severity)
    title: Mapped[Text]
    requirement: Mapped[Text]
    observed: Mapped[Text]
    due_on: Mapped[date | None]
    reviewers: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="who reviewed the snapshot, sorted")


class FindingStep(Done, OfTenant, Base):
    """A step SRI took after issuing a finding; the database holds who may not take it.

    `issuer` and `reviewers` are those of the finding, `doers` who planned and reported the action that is verified.
    """

    __tablename__ = "finding_step"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["member_id", "finding_id", "issuer", "reviewers"],
            ["finding.member_id", "finding.id", "finding.actor", "finding.reviewers"],
            name="fk_finding_step_people",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.UniqueConstraint("member_id", "finding_id", "place", name=PLACE, deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("move = 'extend' or actor <> issuer", name="another_person"),
        sa.CheckConstraint(
            "move not in ('effective', 'not_effective')"
            " or (not actor = any(reviewers) and not actor = any(doers) and cardinality(doers) > 0)",
            name="own_work",
        ),
        sa.CheckConstraint("move = 'effective' or reason <> ''", name="reason"),
        sa.CheckConstraint("(severity is not null) = (move = 'downgrade')", name="severity"),
        sa.CheckConstraint("due_on is not null or move <> 'extend'", name="due_on"),
        sa.CheckConstraint("(about is null) = (move = 'extend')", name="about"),
        {"info": FACT},
    )
    finding_id: Mapped[UUID]
    place: Mapped[int]
    move: Mapped[Move] = enum_column(Move)
    reason: Mapped[str]
    severity: Mapped[Severity | None] = enum_column(Severity)
    due_on: Mapped[date | None]
    about: Mapped[UUID | None] = mapped_column(comment="the reply that is decided on or the report that is verified")
    issuer: Mapped[str]
    reviewers: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    doers: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))


class FindingReply(Done, OfTenant, Base):
    """What a country says to a finding; a later row takes the place of an earlier one."""

    __tablename__ = "finding_reply"
    __table_args__ = (
        sa.CheckConstraint("reply = 'acknowledge' or reason <> ''", name="reason"),
        sa.Index("ix_finding_reply_finding", "member_id", "finding_id", "at"),
        {"info": FACT},
    )
    finding_id: Mapped[UUID]
    reply: Mapped[Reply] = enum_column(Reply)
    reason: Mapped[str]


class CorrectiveAction(Done, OfTenant, Base):
    """What a country will do about a finding, which office sees to it and until when; a later row replaces it."""

    __tablename__ = "corrective_action"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "id", "finding_id", name="uq_corrective_action_finding"),
        sa.CheckConstraint("what <> ''", name="what"),
        sa.CheckConstraint("cause is null or cause_text <> ''", name="cause"),
        sa.Index("ix_corrective_action_finding", "member_id", "finding_id", "at"),
        {"info": FACT},
    )
    finding_id: Mapped[UUID]
    cause: Mapped[Cause | None] = enum_column(Cause)
    cause_text: Mapped[str]
    what: Mapped[str]
    office: Mapped[Office] = enum_column(Office, comment="who sees to it: an office, never a name")
    due_on: Mapped[date]


class ActionReport(Done, OfTenant, Base):
    """A country says that an action is done, and by which evidence one can see it."""

    __tablename__ = "action_report"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["member_id", "action_id", "finding_id"],
            ["corrective_action.member_id", "corrective_action.id", "corrective_action.finding_id"],
            name="fk_action_report_action",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("statement <> ''", name="statement"),
        sa.Index("ix_action_report_finding", "member_id", "finding_id", "at"),
        {"info": FACT},
    )
    finding_id: Mapped[UUID]
    action_id: Mapped[UUID]
    done_on: Mapped[date]
    statement: Mapped[str]
    evidence_ids: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="its digests stand in the evidence")
