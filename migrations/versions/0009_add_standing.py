"""Add how an installation stands: in use, restored and waiting for the other side, or going on alone.

Safety: one column with a constant default on a table of one row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; every installation there is, is in use."""
    column = sa.Column("standing", sa.String(40), nullable=False, server_default="in_use")
    op.add_column("installation", column)
    op.alter_column("installation", "standing", server_default=None)
