"""Create the tables of materials: works, drafts, releases, documents, the key that signs.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import let_step_back, protect

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    bind = op.get_bind()
    _work()
    _release()
    protect(bind, "edition_draft")
    for table in ("work", "release_key"):
        protect(bind, table, public=True)
    for table in ("release", "document"):
        protect(bind, table, shared=True, append_only=True)
        let_step_back(bind, table)


def _work() -> None:
    op.create_table(
        "work",
        *_key("work"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("points", sa.ARRAY(sa.Text()), nullable=False, comment="codes of the programme's points"),
        sa.Column("programme_type", sa.Text(), nullable=False),
        sa.Column("licence_class", sa.String(40), nullable=False),
        sa.Column("current_version", sa.Text(), nullable=True, comment="of the newest release in the source language"),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False, comment="tags in which it was released"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("member_id", "code", name="uq_work_member_id_code"),
    )
    op.create_table(
        "edition_draft",
        *_key("edition_draft"),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("blocks", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _refers("edition_draft", "id", "work"),
    )


def _release() -> None:
    op.create_table(
        "release",
        *_key("release"),
        sa.Column("work_id", sa.Uuid(), nullable=False),
        *_topic(),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version_no", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True, comment="the release a translation was made from"),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False, comment="Ed25519 over the manifest, base64url"),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            "member_id", "work_id", "language", "version_no", name="uq_release_member_id_work_id_language_version_no"
        ),
    )
    op.create_table(
        "document",
        *_key("document"),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        *_topic(),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="canonical JSON of the blocks"),
        _refers("document", "release_id", "release"),
    )
    op.create_index("ix_document_release_id", "document", ["member_id", "release_id"])
    op.create_table(
        "release_key",
        *_key("release_key"),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False, comment="32 bytes, base64url"),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("member_id", "kid", name="uq_release_key_member_id_kid"),
    )


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{table}_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{table}"),
    )


def _topic() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("programme_type", sa.Text(), nullable=False),
        sa.Column("licence_class", sa.String(40), nullable=False),
    )


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["member_id", column],
        [f"{target}.member_id", f"{target}.id"],
        name=f"fk_{table}_member_id_{column}",
        initially="DEFERRED",
        deferrable=True,
    )
