"""Create the tables of sticks that are written and read from pages.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import protect

revision = "0030"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "stick",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False, comment="the installation that reads it, or that wrote it"),
        sa.Column("about_id", sa.Uuid(), nullable=True, comment="at the hub: the member whose node that is"),
        sa.Column("bundle_id", sa.Uuid(), nullable=True, comment="known from the start of one that came in"),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("volume_bytes", sa.BigInteger(), nullable=True, comment="the largest file that was asked for"),
        sa.Column("total", sa.Integer(), nullable=False, comment="files it consists of"),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=True, comment="what became of it"),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False, comment="when something last happened to it"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="until when its files are kept"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_stick_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_stick"),
        sa.UniqueConstraint("member_id", "way", "bundle_id", name="uq_stick_member_id_way_bundle_id"),
    )
    op.create_index("ix_stick_asked_at", "stick", ["member_id", "asked_at"])
    op.create_table(
        "stick_volume",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stick_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$' and size > 0", name="ck_stick_volume_content"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_stick_volume_member_id"),
        sa.ForeignKeyConstraint(
            ["member_id", "stick_id"], ["stick.member_id", "stick.id"], name="fk_stick_volume_member_id_stick_id"
        ),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_stick_volume"),
        sa.UniqueConstraint("member_id", "stick_id", "number", name="uq_stick_volume_member_id_stick_id_number"),
    )
    op.create_index("ix_stick_volume_sha256", "stick_volume", ["member_id", "sha256"])
    for table in ("stick", "stick_volume"):
        protect(op.get_bind(), table)
