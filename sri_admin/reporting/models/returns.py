"""Returns: the draft and the proposals that stay at home, the revisions and requests that go to SRI, its answers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.reporting.rules.arrival import Fault
from sri_admin.reporting.rules.standing import Answer, CorrectionReason, GrantVerdict, IntakeState
from sri_admin.reporting.rules.values import ReturnKind

_AT_HOME = {"tenancy": TENANT, "append_only": True}
_FACT = {"tenancy": TENANT, "append_only": True, "steps_back": True}
# Every value has the number its status asks for: the same rule as `Cell.is_sound`.
SOUND_CELLS = (
    "jsonb_array_length(cells) = jsonb_array_length(jsonb_path_query_array(cells, '$[*] ?"
    ' ((@.status == "reported" && @.value > 0) || (@.status == "zero" && @.value == 0)'
    ' || (@.status == "estimated" && @.value >= 0)'
    ' || ((@.status == "not_collected" || @.status == "not_applicable") && @.value == null))'
    "'))"
)
FIRST_DAY = "extract(day from month) = 1"


class OfMonth:
    """What is written of one month."""

    month: Mapped[date] = mapped_column(comment="its first day")


class OfRevision(OfMonth):
    """One revision, whole: what is proposed, approved, signed and taken in is exactly this."""

    revision: Mapped[int]
    kind: Mapped[ReturnKind] = enum_column(ReturnKind)
    data_set_id: Mapped[UUID]
    cells: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="indicator, status, value")
    explanations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="rule, indicator, code, note")
    expected: Mapped[int | None] = mapped_column(comment="meetings that were to take place")
    logged: Mapped[int | None] = mapped_column(comment="of them, those with a log")
    correction_id: Mapped[UUID | None] = mapped_column(comment="the grant it was made under")
    values_hash: Mapped[str]
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime]


class ReturnDraft(Versioned, OfTenant, OfMonth, Base):
    """What was entered by hand for a month; what nobody touched follows the logs. It never travels."""

    __tablename__ = "return_draft"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "month"),
        sa.CheckConstraint(SOUND_CELLS, name="cells"),
        sa.CheckConstraint(FIRST_DAY, name="first_day"),
        {"info": {"tenancy": TENANT}},
    )
    cells: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    explanations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    entered_by: Mapped[dict[str, str]] = mapped_column(JSONB, comment="who entered a value or explained it")
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class ReturnProposal(OfTenant, OfRevision, Base):
    """A revision the preparer sent to the approver; `sending` counts how often this revision was sent."""

    __tablename__ = "return_proposal"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "month", "revision", "sending"),
        sa.UniqueConstraint("member_id", "id", "prepared_by", "authors", "values_hash"),
        sa.CheckConstraint(SOUND_CELLS, name="cells"),
        sa.CheckConstraint(FIRST_DAY, name="first_day"),
        {"info": _AT_HOME},
    )
    sending: Mapped[int]
    authors: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="who entered its values or explained them")


class ProposalAnswer(OfTenant, Base):
    """What the approver says of exactly one hash; the database holds that nobody approves what they had part in."""

    __tablename__ = "proposal_answer"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["member_id", "proposal_id", "prepared_by", "authors", "values_hash"],
            [
                "return_proposal.member_id",
                "return_proposal.id",
                "return_proposal.prepared_by",
                "return_proposal.authors",
                "return_proposal.values_hash",
            ],
            name="fk_proposal_answer_proposal",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.UniqueConstraint("member_id", "proposal_id"),
        sa.CheckConstraint(
            "verdict = 'give_back' or actor <> prepared_by and not actor = any(authors)", name="another_person"
        ),
        sa.CheckConstraint("verdict = 'approve' or reason <> ''", name="reason"),
        {"info": _AT_HOME},
    )
    proposal_id: Mapped[UUID]
    values_hash: Mapped[str]
    prepared_by: Mapped[str]
    authors: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    verdict: Mapped[Answer] = enum_column(Answer)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class ReturnRevision(OfTenant, OfRevision, Base):
    """An approved and signed revision, on its way to SRI; it has the id of its proposal."""

    __tablename__ = "return_revision"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "month", "revision", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint(SOUND_CELLS, name="cells"),
        sa.CheckConstraint(FIRST_DAY, name="first_day"),
        sa.CheckConstraint("approved_by <> prepared_by", name="another_person"),
        {"info": _FACT},
    )
    approved_by: Mapped[str]
    approved_role: Mapped[str]
    approved_at: Mapped[datetime]
    kid: Mapped[str]
    signature: Mapped[str] = mapped_column(comment="Ed25519 over the approval, base64url")


class ReturnIntake(Versioned, OfTenant, OfMonth, Base):
    """What became of a revision at the hub; the hub writes it."""

    __tablename__ = "return_intake"
    __table_args__ = (
        sa.CheckConstraint("(state in ('accepted', 'returned')) = (decided_by is not null)", name="decided"),
        sa.CheckConstraint("state <> 'returned' or reason <> ''", name="reason"),
        sa.CheckConstraint("(state = 'quarantined') = (fault is not null)", name="fault"),
        sa.CheckConstraint("decided_by is null or not decided_by = any(authors)", name="another_person"),
        sa.UniqueConstraint("member_id", "revision_id", deferrable=True, initially="DEFERRED"),
        sa.Index("ix_return_intake_month", "member_id", "month"),
        {"info": {"tenancy": TENANT}},
    )
    revision_id: Mapped[UUID]
    revision: Mapped[int]
    values_hash: Mapped[str]
    authors: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="who prepared and approved it")
    state: Mapped[IntakeState] = enum_column(IntakeState)
    fault: Mapped[Fault | None] = enum_column(Fault)
    received_at: Mapped[datetime]
    reason: Mapped[str]
    decided_by: Mapped[str | None]
    decided_role: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class CorrectionRequest(OfTenant, OfMonth, Base):
    """A country asks to correct an accepted revision, with the reason."""

    __tablename__ = "correction_request"
    __table_args__ = (
        sa.CheckConstraint("note <> ''", name="note"),
        sa.Index("ix_correction_request_month", "member_id", "month"),
        {"info": _FACT},
    )
    revision: Mapped[int] = mapped_column(comment="the accepted one")
    reason: Mapped[CorrectionReason] = enum_column(CorrectionReason)
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class CorrectionGrant(OfTenant, OfMonth, Base):
    """SRI lets a revision be corrected until a day, or says why not."""

    __tablename__ = "correction_grant"
    __table_args__ = (
        sa.CheckConstraint("(verdict = 'granted') = (until is not null)", name="until"),
        sa.CheckConstraint("verdict = 'granted' or reason <> ''", name="reason"),
        sa.CheckConstraint("actor <> asked_by", name="another_person"),
        sa.UniqueConstraint("member_id", "request_id", deferrable=True, initially="DEFERRED"),
        {"info": _FACT},
    )
    request_id: Mapped[UUID]
    asked_by: Mapped[str]
    verdict: Mapped[GrantVerdict] = enum_column(GrantVerdict)
    until: Mapped[date | None]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]
