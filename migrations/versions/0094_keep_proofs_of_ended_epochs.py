"""Keep with an ended epoch the statement that proves its last line, so that it can be handed back.

Safety: one column without a value.
"""

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0095"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    column = sa.Column(
        "proof", sa.LargeBinary(), nullable=True, comment="the statement the last page taken of it ended with"
    )
    op.add_column("sync_epoch", column)
