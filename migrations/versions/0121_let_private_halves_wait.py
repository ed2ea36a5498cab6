"""Let the private half of an office holder wait where its holder waits: after a restore, for a decision.

Safety: a constraint less; no row is read.
"""

from alembic import op

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the reference of the private half to its holder."""
    op.drop_constraint("fk_office_holder_private_member_id_id", "office_holder_private", type_="foreignkey")
