"""Name who gave each part of an answer, so that nobody signs off a part of their own that somebody added to.

Safety: a column with a value for the rows there are, on a short table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0123"
down_revision = "0122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the authors of the parts in the place of the one who changed the answer last."""
    op.add_column(
        "assessment_draft",
        sa.Column(
            "authors",
            postgresql.JSONB(),
            nullable=False,
            server_default="{}",
            comment="who gave each thing that stands in it",
        ),
    )
    op.execute(
        "update assessment_draft set authors = jsonb_build_object("
        "'answer', answered_by, 'reason', answered_by, 'statement', answered_by) || coalesce("
        "(select jsonb_object_agg(named, answered_by) from unnest(evidence_ids) as named), '{}')"
    )
    op.alter_column("assessment_draft", "authors", server_default=None)
    op.drop_column("assessment_draft", "answered_by")
