"""Create the tables of translation: grants, contributions, reviews, decisions, terms, drafts.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op

from sri_admin.kernel.row_security import let_step_back, protect

revision = "0062"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    bind = op.get_bind()
    _grant()
    _facts()
    _decisions()
    for table in ("language_grant", "translation_draft"):
        protect(bind, table)
    for table in ("contribution", "contribution_review"):
        protect(bind, table, append_only=True)
        let_step_back(bind, table)
    for table in ("language_decision", "glossary_term"):
        protect(bind, table, shared=True, append_only=True)
        let_step_back(bind, table)


def _grant() -> None:
    op.create_table(
        "language_grant",
        *_key("language_grant"),
        _text("language"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="ck_language_grant_dates"),
    )
    op.create_table(
        "translation_draft",
        *_key("translation_draft"),
        sa.Column("work_id", sa.Uuid(), nullable=False),
        _text("language"),
        _text("block_uid"),
        _text("actor"),
        _text("text"),
        _moment(),
        sa.UniqueConstraint(
            "member_id",
            "work_id",
            "language",
            "block_uid",
            "actor",
            name="uq_translation_draft_place",
        ),
    )


def _facts() -> None:
    op.create_table(
        "contribution",
        *_key("contribution"),
        *_segment(),
        _text("text"),
        sa.Column("waiver", sa.Text(), nullable=True, comment="why it is right although a check found something"),
        sa.Column("seen", sa.ARRAY(sa.Text()), nullable=False),
        sa.UniqueConstraint("member_id", "id", "actor", name="uq_contribution_member_id_id_actor"),
    )
    op.create_index("ix_contribution_segment", "contribution", _SEGMENT)
    op.create_table(
        "contribution_review",
        *_key("contribution_review"),
        *_segment(),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        _text("author"),
        sa.Column("verdict", sa.String(40), nullable=False),
        _text("note"),
        sa.Column("seen", sa.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "contribution_id", "author"],
            ["contribution.member_id", "contribution.id", "contribution.actor"],
            name="fk_contribution_review_author",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("actor <> author", name="ck_contribution_review_another_person"),
        sa.CheckConstraint("verdict = 'approve' or note <> ''", name="ck_contribution_review_reason"),
    )
    op.create_index("ix_contribution_review_segment", "contribution_review", _SEGMENT)


def _decisions() -> None:
    op.create_table(
        "language_decision",
        *_key("language_decision"),
        *_segment(),
        sa.Column("verdict", sa.String(40), nullable=False),
        _text("text"),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        _text("contribution_sha256"),
        sa.Column("authors", sa.ARRAY(sa.Text()), nullable=False, comment="who wrote or reviewed what was weighed"),
        sa.Column("seen", sa.ARRAY(sa.Text()), nullable=False),
        _text("note"),
        sa.CheckConstraint("not actor = any(authors)", name="ck_language_decision_another_person"),
        sa.CheckConstraint("verdict = 'approve' or note <> ''", name="ck_language_decision_reason"),
    )
    op.create_index("ix_language_decision_segment", "language_decision", _SEGMENT)
    op.create_table(
        "glossary_term",
        *_key("glossary_term"),
        *map(_text, ("language", "source", "target")),
        sa.Column("forbidden", sa.ARRAY(sa.Text()), nullable=False),
        _text("note"),
        _moment(),
        *map(_text, ("actor", "role")),
    )


_SEGMENT = ["member_id", "work_id", "language", "block_uid"]


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{table}_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{table}"),
    )


def _segment() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("work_id", sa.Uuid(), nullable=False),
        _text("language"),
        _text("block_uid"),
        sa.Column("revision", sa.Text(), nullable=False, comment="of the source block it was made from"),
        _moment(),
        *map(_text, ("actor", "role")),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _moment() -> sa.schema.SchemaItem:
    return sa.Column("at", sa.DateTime(timezone=True), nullable=False)
