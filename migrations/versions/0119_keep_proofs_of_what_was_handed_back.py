"""Keep with a line that was handed back what proves it, so that a hub set back once more is given it again.

Safety: two columns without a value.
"""

import sqlalchemy as sa
from alembic import op

revision = "0119"
down_revision = "0098"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    base = sa.Column("base_chain", sa.LargeBinary(), nullable=True, comment="of the lines it was handed back with")
    proof = sa.Column("proof", sa.LargeBinary(), nullable=True, comment="their writer's word for the last of them")
    op.add_column("sync_salvage", base)
    op.add_column("sync_salvage", proof)
