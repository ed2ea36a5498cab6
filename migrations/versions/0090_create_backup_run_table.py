"""Create the table of the runs of backups.

Safety: a new table only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "backup_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cut_at", sa.DateTime(timezone=True), nullable=True, comment="the moment the backup shows"),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False, comment="files that were damaged here already"),
        sa.Column("problem", sa.Text(), nullable=True, comment="the code of what stood in the way"),
        sa.PrimaryKeyConstraint("id", name="pk_backup_run"),
    )
    op.create_index("ix_backup_run_asked_at", "backup_run", ["asked_at"])
