"""Create the tables of files: an agreement's signed copies, who fetched what, what is still to be fetched.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op

from sri_admin.kernel.row_security import protect

revision = "0008"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "agreement_file",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$' and size > 0", name="ck_agreement_file_content"),
        sa.ForeignKeyConstraint(
            ["member_id", "agreement_id"],
            ["agreement.member_id", "agreement.id"],
            name="fk_agreement_file_member_id_agreement_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_agreement_file_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_agreement_file"),
    )
    op.create_index("ix_agreement_file_agreement_id", "agreement_file", ["member_id", "agreement_id", "at"])
    op.create_index("ix_agreement_file_sha256", "agreement_file", ["member_id", "sha256"])
    protect(op.get_bind(), "agreement_file", append_only=True)
    op.create_table(
        "file_download",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_download"),
    )
    op.create_index("ix_file_download_sha256", "file_download", ["sha256", "at"])
    op.create_table(
        "file_fetch",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_file_fetch"),
    )
