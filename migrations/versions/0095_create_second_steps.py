"""Create the tables of the second step at sign-in: the secret shared with a phone, recovery codes, steps that wait.

Safety: new tables only. They are read before a reach is known, so they are global and have no policies.
"""

import sqlalchemy as sa
from alembic import op

revision = "0095"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _of_an_account(
        "second_factor",
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False, comment="half minute whose code was used last"),
        sa.UniqueConstraint("account_id", name="uq_second_factor_account_id"),
    )
    _of_an_account(
        "recovery_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("code_hash", name="uq_recovery_code_code_hash"),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    _of_an_account(
        "sign_in_step",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("token_hash", name="uq_sign_in_step_token_hash"),
    )
    op.create_index("ix_sign_in_step_account_id", "sign_in_step", ["account_id"])


def _of_an_account(name: str, *columns: sa.Column[object] | sa.UniqueConstraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=f"fk_{name}_account_id"),
    )
