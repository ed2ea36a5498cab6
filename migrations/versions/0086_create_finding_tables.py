"""Create the tables of findings: what SRI found, its steps, and what the country replies, plans and reports.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from sri_admin.kernel.row_security import let_step_back, protect

revision = "0086"
down_revision = "0094"
branch_labels = None
depends_on = None

TABLES = ("finding", "finding_step", "finding_reply", "corrective_action", "action_report")


def upgrade() -> None:
    """Create the tables."""
    bind = op.get_bind()
    _finding()
    _steps()
    _replies()
    _actions()
    for table in TABLES:
        protect(bind, table, append_only=True)
        let_step_back(bind, table)


def _finding() -> None:
    op.create_table(
        "finding",
        *_key("finding"),
        _text("ref_no"),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False, comment="its uid"),
        _choice("severity"),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("title", "requirement", "observed")),
        sa.Column("due_on", sa.Date(), nullable=True),
        _people("reviewers", comment="who reviewed the snapshot, sorted"),
        *_done(),
        sa.UniqueConstraint(
            "member_id", "ref_no", deferrable=True, initially="DEFERRED", name="uq_finding_member_id_ref_no"
        ),
        sa.UniqueConstraint("member_id", "id", "actor", "reviewers", name="uq_finding_people"),
        sa.CheckConstraint(
            "(due_on is not null) = (severity in ('critical', 'major', 'minor'))", name="ck_finding_due_on"
        ),
    )
    op.create_index("ix_finding_snapshot", "finding", ["member_id", "snapshot_id", "criterion"])


def _steps() -> None:
    op.create_table(
        "finding_step",
        *_key("finding_step"),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        _choice("move"),
        _text("reason"),
        _choice("severity", nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column(
            "about",
            sa.Uuid(),
            nullable=True,
            comment="the reply that is decided on or the report that is verified",
        ),
        _text("issuer"),
        _people("reviewers"),
        _people("doers"),
        *_done(),
        sa.ForeignKeyConstraint(
            ["member_id", "finding_id", "issuer", "reviewers"],
            ["finding.member_id", "finding.id", "finding.actor", "finding.reviewers"],
            name="fk_finding_step_people",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.UniqueConstraint(
            "member_id", "finding_id", "place", deferrable=True, initially="DEFERRED", name="uq_finding_step_place"
        ),
        sa.CheckConstraint("move = 'extend' or actor <> issuer", name="ck_finding_step_another_person"),
        sa.CheckConstraint(
            "move not in ('effective', 'not_effective')"
            " or (not actor = any(reviewers) and not actor = any(doers) and cardinality(doers) > 0)",
            name="ck_finding_step_own_work",
        ),
        sa.CheckConstraint("move = 'effective' or reason <> ''", name="ck_finding_step_reason"),
        sa.CheckConstraint("(severity is not null) = (move = 'downgrade')", name="ck_finding_step_severity"),
        sa.CheckConstraint("due_on is not null or move <> 'extend'", name="ck_finding_step_due_on"),
        sa.CheckConstraint("(about is null) = (move = 'extend')", name="ck_finding_step_about"),
    )


def _replies() -> None:
    op.create_table(
        "finding_reply",
        *_key("finding_reply"),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        _choice("reply"),
        _text("reason"),
        *_done(),
        sa.CheckConstraint("reply = 'acknowledge' or reason <> ''", name="ck_finding_reply_reason"),
    )
    op.create_index("ix_finding_reply_finding", "finding_reply", _OF_FINDING)


def _actions() -> None:
    op.create_table(
        "corrective_action",
        *_key("corrective_action"),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        _choice("cause", nullable=True),
        *map(_text, ("cause_text", "what")),
        sa.Column("office", sa.String(40), nullable=False, comment="who sees to it: an office, never a name"),
        sa.Column("due_on", sa.Date(), nullable=False),
        *_done(),
        sa.UniqueConstraint("member_id", "id", "finding_id", name="uq_corrective_action_finding"),
        sa.CheckConstraint("what <> ''", name="ck_corrective_action_what"),
        sa.CheckConstraint("cause is null or cause_text <> ''", name="ck_corrective_action_cause"),
    )
    op.create_index("ix_corrective_action_finding", "corrective_action", _OF_FINDING)
    op.create_table(
        "action_report",
        *_key("action_report"),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        _text("statement"),
        _people("evidence_ids", comment="its digests stand in the evidence"),
        *_done(),
        sa.ForeignKeyConstraint(
            ["member_id", "action_id", "finding_id"],
            ["corrective_action.member_id", "corrective_action.id", "corrective_action.finding_id"],
            name="fk_action_report_action",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("statement <> ''", name="ck_action_report_statement"),
    )
    op.create_index("ix_action_report_finding", "action_report", _OF_FINDING)


_OF_FINDING = ["member_id", "finding_id", "at"]


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{table}_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{table}"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _choice(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(40), nullable=nullable)


def _people(name: str, *, comment: str | None = None) -> sa.Column[list[str]]:
    return sa.Column(name, sa.ARRAY(sa.Text()), nullable=False, comment=comment)


def _done() -> tuple[sa.schema.SchemaItem, ...]:
    moment = sa.Column("at", sa.DateTime(timezone=True), nullable=False)
    return (moment, *map(_text, ("actor", "role")))
