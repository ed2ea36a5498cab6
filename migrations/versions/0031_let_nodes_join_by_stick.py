"""Keep the files of a node that joins by stick: its request, the hub's answer, and the key its sticks are locked with.

Safety: columns that may be null.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    box = sa.Column(
        "box_paper", sa.LargeBinary(), nullable=True, comment="the key sticks are locked with, if it came by stick"
    )
    request = sa.Column(
        "request", sa.LargeBinary(), nullable=True, comment="the file it asked with, if it asks by stick"
    )
    answer = sa.Column(
        "answer", sa.LargeBinary(), nullable=True, comment="the hub's file, until the worker has taken it"
    )
    op.add_column("enrolment", box)
    op.add_column("hub_link", request)
    op.add_column("hub_link", answer)
