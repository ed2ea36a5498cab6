"""Grants of languages, the facts of translation, terms, and the drafts that stay at home."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import SHARED, TENANT, OfTenant
from sri_admin.localization.rules.standing import Verdict

_FACT = {"tenancy": TENANT, "append_only": True, "steps_back": True}
_SHARED_FACT = {"tenancy": SHARED, "append_only": True, "steps_back": True}
_SEGMENT = ("work_id", "language", "block_uid", "revision")


class OfSegment:
    """What every fact says: of which block of which work, in which language, by whom, when."""

    work_id: Mapped[UUID]
    language: Mapped[str]
    block_uid: Mapped[str]
    revision: Mapped[str] = mapped_column(comment="of the source block it was made from")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class LanguageGrant(Versioned, OfTenant, Base):
    """A member may translate into a language between two days; the hub writes it."""

    __tablename__ = "language_grant"
    __table_args__ = (
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
        {"info": {"tenancy": TENANT}},
    )
    language: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Contribution(OfSegment, OfTenant, Base):
    """A wording somebody contributed; `seen` are the contributions its author knew."""

    __tablename__ = "contribution"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "id", "actor", *_SEGMENT, name="uq_contribution_reviewed"),
        sa.Index("ix_contribution_segment", "member_id", "work_id", "language", "block_uid"),
        {"info": _FACT},
    )
    text: Mapped[str]
    waiver: Mapped[str | None] = mapped_column(comment="why it is right although a check found something")
    seen: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))


class ContributionReview(OfSegment, OfTenant, Base):
    """What a reviser says of a contribution; the database holds that it is about that one, and not their own."""

    __tablename__ = "contribution_review"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["member_id", "contribution_id", "author", *_SEGMENT],
            [f"contribution.{each}" for each in ("member_id", "id", "actor", *_SEGMENT)],
            name="fk_contribution_review_author",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("actor <> author", name="another_person"),
        sa.CheckConstraint("verdict = 'approve' or note <> ''", name="reason"),
        sa.Index("ix_contribution_review_segment", "member_id", "work_id", "language", "block_uid"),
        {"info": _FACT},
    )
    contribution_id: Mapped[UUID]
    author: Mapped[str]
    verdict: Mapped[Verdict] = enum_column(Verdict)
    note: Mapped[str]
    seen: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))


class LanguageDecision(OfSegment, OfTenant, Base):
    """What SRI decided on a wording: it carries the text, because the contribution may be another country's."""

    __tablename__ = "language_decision"
    __table_args__ = (
        sa.CheckConstraint("not actor = any(authors)", name="another_person"),
        sa.CheckConstraint("verdict = 'approve' or note <> ''", name="reason"),
        sa.Index("ix_language_decision_segment", "member_id", "work_id", "language", "block_uid"),
        {"info": _SHARED_FACT},
    )
    verdict: Mapped[Verdict] = enum_column(Verdict)
    text: Mapped[str]
    contribution_id: Mapped[UUID]
    contribution_sha256: Mapped[str]
    authors: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="who wrote or reviewed what was weighed")
    seen: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    note: Mapped[str]


class GlossaryTerm(OfTenant, Base):
    """How a concept is said in a language; a later row for the same source word takes the place of an earlier one."""

    __tablename__ = "glossary_term"
    __table_args__ = {"info": _SHARED_FACT}
    language: Mapped[str]
    source: Mapped[str]
    target: Mapped[str]
    forbidden: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class TranslationDraft(OfTenant, Base):
    """What somebody has typed and not contributed yet; it stays where it was typed."""

    __tablename__ = "translation_draft"
    __table_args__ = (
        sa.UniqueConstraint(
            "member_id", "work_id", "language", "block_uid", "actor", name="uq_translation_draft_place"
        ),
        {"info": {"tenancy": TENANT}},
    )
    work_id: Mapped[UUID]
    language: Mapped[str]
    block_uid: Mapped[str]
    actor: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
