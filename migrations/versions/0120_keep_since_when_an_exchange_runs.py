"""Keep since when an exchange with the hub runs, so that one under way is told from one that broke off.

Safety: one column without a value.
"""

import sqlalchemy as sa
from alembic import op

revision = "0120"
down_revision = "0119"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    running = sa.Column(
        "running_since", sa.DateTime(timezone=True), nullable=True, comment="the first try since one ended"
    )
    op.add_column("hub_contact", running)
