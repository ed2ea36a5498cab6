"""Tie a review to the very segment of the wording it reviews: work, language, block and revision of the source.

Safety: constraints of two tables of facts are made anew; a review about something else than its wording, which no
operation ever wrote, stops the migration.
"""

from alembic import op

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None

_SEGMENT = ["work_id", "language", "block_uid", "revision"]


def upgrade() -> None:
    """Widen the key of wordings, and what refers to it."""
    op.drop_constraint("fk_contribution_review_author", "contribution_review", type_="foreignkey")
    op.drop_constraint("uq_contribution_member_id_id_actor", "contribution", type_="unique")
    op.create_unique_constraint("uq_contribution_reviewed", "contribution", ["member_id", "id", "actor", *_SEGMENT])
    op.create_foreign_key(
        "fk_contribution_review_author",
        "contribution_review",
        "contribution",
        ["member_id", "contribution_id", "author", *_SEGMENT],
        ["member_id", "id", "actor", *_SEGMENT],
        deferrable=True,
        initially="DEFERRED",
    )
