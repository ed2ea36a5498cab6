"""Let intakes and grants have ids of their own: on the wire an id names one record of a member, whatever its kind.

Safety: two columns on tables that hold nothing yet where the exchange is in use; rows of before name what they answer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what each answer is about."""
    op.add_column("return_intake", sa.Column("revision_id", sa.Uuid(), nullable=True))
    op.execute("update return_intake set revision_id = id")
    op.alter_column("return_intake", "revision_id", nullable=False)
    op.create_unique_constraint(
        "uq_return_intake_member_id_revision_id",
        "return_intake",
        ["member_id", "revision_id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.add_column("correction_grant", sa.Column("request_id", sa.Uuid(), nullable=True))
    op.execute("update correction_grant set request_id = id")
    op.alter_column("correction_grant", "request_id", nullable=False)
    op.create_unique_constraint(
        "uq_correction_grant_member_id_request_id",
        "correction_grant",
        ["member_id", "request_id"],
        deferrable=True,
        initially="DEFERRED",
    )
