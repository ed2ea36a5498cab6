"""Note of a request to join that its node was in before the hub was set back.

Safety: one column with a constant default.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    column = sa.Column(
        "keeps",
        sa.Boolean(),
        nullable=False,
        server_default=sa.false(),
        comment="it was in before the hub was set back",
    )
    op.add_column("enrolment", column)
