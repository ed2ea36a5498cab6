"""Let those who had part in the values of a return take them back; approving stays with somebody else.

Safety: a check made anew on a short table.
"""

from alembic import op

revision = "0124"
down_revision = "0123"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Hold only approvals to another person."""
    op.drop_constraint("ck_proposal_answer_another_person", "proposal_answer", type_="check")
    op.create_check_constraint(
        "ck_proposal_answer_another_person",
        "proposal_answer",
        "verdict = 'give_back' or actor <> prepared_by and not actor = any(authors)",
    )
