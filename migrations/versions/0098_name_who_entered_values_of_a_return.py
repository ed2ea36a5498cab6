"""Name who entered values of a return, so that none of them approves it.

Safety: columns with a value for the rows there are; the constraints of answers are made anew, each on a short table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

_OWN = "uq_return_proposal_member_id_id_prepared_by_values_hash"
_KEY = "uq_return_proposal_member_id_id_prepared_by_authors_values_hash"
_NAMED = ("prepared_by", "authors", "values_hash")


def upgrade() -> None:
    """Add the people, and hold answers to them."""
    op.add_column(
        "return_draft",
        sa.Column(
            "entered_by",
            postgresql.JSONB(),
            nullable=False,
            server_default="{}",
            comment="who entered a value or explained it",
        ),
    )
    op.alter_column("return_draft", "entered_by", server_default=None)
    said = "who entered its values or explained them"
    for table, comment in (("return_proposal", said), ("proposal_answer", None)):
        people = sa.Column("authors", sa.ARRAY(sa.Text()), nullable=False, server_default="{}", comment=comment)
        op.add_column(table, people)
        op.alter_column(table, "authors", server_default=None)
    op.drop_constraint("fk_proposal_answer_proposal", "proposal_answer", type_="foreignkey")
    op.drop_constraint(_OWN, "return_proposal", type_="unique")
    op.create_unique_constraint(_KEY, "return_proposal", ["member_id", "id", *_NAMED])
    op.create_foreign_key(
        "fk_proposal_answer_proposal",
        "proposal_answer",
        "return_proposal",
        ["member_id", "proposal_id", *_NAMED],
        ["member_id", "id", *_NAMED],
        deferrable=True,
        initially="DEFERRED",
    )
    op.drop_constraint("ck_proposal_answer_another_person", "proposal_answer", type_="check")
    op.create_check_constraint(
        "ck_proposal_answer_another_person",
        "proposal_answer",
        "actor <> prepared_by and not actor = any(authors)",
    )
