"""Create the table of keys bundles are locked with, and note how a contact came about and where a node stands.

Safety: a new table and new columns with a default or without a value.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import protect

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the columns."""
    op.create_table(
        "sync_box_key",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False, comment="the installation that can open what is locked"),
        sa.Column("public_key", sa.Text(), nullable=False, comment="base64url of 32 bytes"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_box_key"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_box_key_member_id"),
        sa.UniqueConstraint(
            "member_id", "holder_id", name="uq_sync_box_key_member_id_holder_id", deferrable=True, initially="DEFERRED"
        ),
    )
    protect(op.get_bind(), "sync_box_key")
    op.add_column(
        "node_contact",
        sa.Column("positions", postgresql.JSONB(), nullable=True, comment="where it stood in every stream it named"),
    )
    for table in ("node_contact", "hub_contact"):
        op.add_column(
            table,
            sa.Column(
                "by_stick", sa.Boolean(), nullable=False, server_default=sa.false(), comment="by stick, not by network"
            ),
        )
