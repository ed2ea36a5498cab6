"""Create the keys of people's own programs.

Safety: new tables only. The key is looked up before a reach is known, so they are global and have no policies.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "personal_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_personal_token"),
        sa.UniqueConstraint("token_hash", name="uq_personal_token_token_hash"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_personal_token_account_id"),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name="fk_personal_token_mandate_id"),
    )
    op.create_index("ix_personal_token_account_id", "personal_token", ["account_id"])
    op.create_table(
        "personal_token_seen",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name="pk_personal_token_seen"),
    )
