"""Keep which files a node last said it lacks, so that a stick can bring them.

Safety: one column with a constant default.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    column = sa.Column(
        "lacks", postgresql.JSONB(), nullable=False, server_default="[]", comment="digests of the files it waits for"
    )
    op.add_column("node_contact", column)
