"""Keep which versions the other side's program reads and since when they differ, and the floors the hub sets.

Safety: a new table and new columns with a constant default or without a value.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import protect

revision = "0093"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the columns."""
    op.create_table(
        "sync_schema_floor",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_schema_floor"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_schema_floor_member_id"),
        sa.UniqueConstraint(
            "member_id", "kind", name="uq_sync_schema_floor_member_id_kind", deferrable=True, initially="DEFERRED"
        ),
    )
    protect(op.get_bind(), "sync_schema_floor")
    _add("node_contact", "the oldest and newest version of each kind its program reads")
    _add("hub_contact", "the oldest and newest version of each kind the hub's program reads")
    op.add_column(
        "hub_contact", sa.Column("software", sa.Text(), nullable=True, comment="the program the hub said it is")
    )


def _add(table: str, comment: str) -> None:
    op.add_column(table, sa.Column("schemas", postgresql.JSONB(), nullable=True, comment=comment))
    op.add_column(
        table,
        sa.Column(
            "differs_since",
            postgresql.JSONB(),
            nullable=False,
            server_default="{}",
            comment="by kind of which our program reads another version, since when",
        ),
    )
