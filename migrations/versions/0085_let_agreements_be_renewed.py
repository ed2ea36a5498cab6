"""Let an agreement continue another one, once, and let members be held back until a cause is dealt with.

Safety: two columns that may be empty, a constraint that no row there is can break, one new table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import protect

revision = "0085"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    bind = op.get_bind()
    _renewals()
    _blocks()
    protect(bind, "member_block")


def _renewals() -> None:
    op.add_column("agreement_draft", sa.Column("continues_id", sa.Uuid(), nullable=True))
    op.add_column(
        "agreement", sa.Column("continues_id", sa.Uuid(), nullable=True, comment="the agreement this one renews")
    )
    op.create_foreign_key(
        "fk_agreement_member_id_continues_id",
        "agreement",
        "agreement",
        ["member_id", "continues_id"],
        ["member_id", "id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_check_constraint("ck_agreement_one_link", "agreement", "amends_id is null or continues_id is null")
    op.create_exclude_constraint(
        "ex_agreement_renewed_once",
        "agreement",
        (sa.column("member_id"), "="),
        (sa.column("continues_id"), "="),
        where=sa.text("state <> 'withdrawn'"),
        using="gist",
        deferrable=True,
        initially="DEFERRED",
    )


def _blocks() -> None:
    op.create_table(
        "member_block",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False, comment="what sets it, such as integrity.finding"),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("reason", postgresql.JSONB(), nullable=False, comment="what holds it back, and what to do"),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True, comment="the role of who lifted it"),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("member_id"), "="),
            (sa.column("kind"), "="),
            (sa.column("source_kind"), "="),
            (sa.column("source_id"), "="),
            where=sa.text("lifted_at is null"),
            using="gist",
            deferrable=True,
            initially="DEFERRED",
            name="ex_member_block_open",
        ),
        sa.CheckConstraint("(lifted_at is null) = (lifted_by is null)", name="ck_member_block_lifted"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_member_block_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_member_block"),
    )
    op.create_index("ix_member_block_source", "member_block", ["member_id", "source_kind", "source_id"])
