"""Create the tables of integrity: standards, rounds, self-assessments, evidence, reviews.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from sri_admin.kernel.row_security import let_step_back, protect

revision = "0080"
down_revision = "0093"
branch_labels = None
depends_on = None

_FITS = "encode(sha256(convert_to(content, 'UTF8')), 'hex') = content_sha256"
_DIGEST_RULE = "sha256 ~ '^[0-9a-f]{64}$' and size > 0"


def upgrade() -> None:
    """Create the tables."""
    bind = op.get_bind()
    _standards()
    _cycles()
    _answers()
    _snapshots()
    _evidence()
    _reviews()
    for table in ("standard_edition", "criterion"):
        protect(bind, table, public=True, append_only=True)
        let_step_back(bind, table)
    protect(bind, "assessment_cycle", public=True)
    for table in ("assessment_draft", "evidence_file"):
        protect(bind, table)
    for table in ("assessment_call", "assessment_snapshot", "evidence", "item_review", "assessment_step"):
        protect(bind, table, append_only=True)
        let_step_back(bind, table)
    for table in ("assessment_proposal", "proposal_return", "item_note"):
        protect(bind, table, append_only=True)


def _standards() -> None:
    op.create_table(
        "standard_edition",
        *_key("standard_edition"),
        _text("code"),
        _text("edition_no"),
        _several("names"),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False, comment="used, while SRI has not adopted it formally"),
        sa.UniqueConstraint("member_id", "code", "edition_no", name="uq_standard_edition_member_id_code_edition_no"),
    )
    op.create_table(
        "criterion",
        *_key("criterion"),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        _text("uid"),
        sa.Column("place", sa.Integer(), nullable=False),
        _text("ref"),
        *map(_several, ("title", "prompt", "expectation")),
        _choice("zone"),
        sa.Column("is_critical", sa.Boolean(), nullable=False),
        _choice("metric", nullable=True),
        _same_tenant("criterion", "edition_id", "standard_edition"),
        sa.UniqueConstraint("member_id", "edition_id", "uid", name="uq_criterion_member_id_edition_id_uid"),
    )


def _cycles() -> None:
    op.create_table(
        "assessment_cycle",
        *_key("assessment_cycle"),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        _text("name"),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("opens_on", "due_on", "covers_from", "covers_to")),
        _choice("state"),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _same_tenant("assessment_cycle", "edition_id", "standard_edition"),
        sa.CheckConstraint("due_on >= opens_on", name="ck_assessment_cycle_dates"),
        sa.CheckConstraint("covers_to >= covers_from", name="ck_assessment_cycle_covers"),
        sa.CheckConstraint("(closed_on is not null) = (state = 'closed')", name="ck_assessment_cycle_closed_on"),
    )
    op.create_table(
        "assessment_call",
        *_key("assessment_call"),
        *_cycle(),
        sa.Column("due_on", sa.Date(), nullable=False),
        *_doer(),
        sa.UniqueConstraint("member_id", "cycle_id", name="uq_assessment_call_member_id_cycle_id"),
    )


def _answers() -> None:
    op.create_table(
        "assessment_draft",
        *_key("assessment_draft"),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False, comment="its uid"),
        _choice("answer", nullable=True),
        *map(_text, ("reason", "statement")),
        sa.Column("evidence_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        _text("answered_by"),
        _moment("at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint(
            "member_id", "cycle_id", "criterion", name="uq_assessment_draft_member_id_cycle_id_criterion"
        ),
    )
    op.create_table(
        "assessment_proposal",
        *_key("assessment_proposal"),
        *_content("assessment_proposal"),
        *_doer(),
    )
    op.create_index("ix_assessment_proposal_cycle", "assessment_proposal", ["member_id", "cycle_id", "at"])
    op.create_table(
        "proposal_return",
        *_key("proposal_return"),
        _text("reason"),
        *_doer(),
        _same_tenant("proposal_return", "id", "assessment_proposal"),
        sa.CheckConstraint("reason <> ''", name="ck_proposal_return_reason"),
    )


def _snapshots() -> None:
    op.create_table(
        "assessment_snapshot",
        *_key("assessment_snapshot"),
        *_content("assessment_snapshot"),
        _text("proposed_by"),
        _moment("proposed_at"),
        *_doer(),
        _text("kid"),
        sa.Column(
            "signature",
            sa.Text(),
            nullable=False,
            comment="Ed25519 of the installation over the sign-off, base64url",
        ),
        sa.UniqueConstraint(
            "member_id",
            "cycle_id",
            "revision",
            name="uq_assessment_snapshot_revision",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("revision >= 1", name="ck_assessment_snapshot_revision"),
        sa.CheckConstraint(
            "not actor = any(answered_by) and actor <> proposed_by", name="ck_assessment_snapshot_another_person"
        ),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        *_key("evidence"),
        _text("title"),
        _choice("kind"),
        sa.Column("covers_from", sa.Date(), nullable=False),
        sa.Column("covers_to", sa.Date(), nullable=False),
        _choice("custody"),
        *_file(),
        *_doer(),
        sa.CheckConstraint(_DIGEST_RULE, name="ck_evidence_content"),
        sa.CheckConstraint("covers_to >= covers_from", name="ck_evidence_covers"),
        sa.CheckConstraint("custody = 'node_only'", name="ck_evidence_custody"),
    )
    op.create_table(
        "evidence_file",
        *_key("evidence_file"),
        *_file(),
        _text("file_name"),
        _same_tenant("evidence_file", "id", "evidence"),
        sa.CheckConstraint(_DIGEST_RULE, name="ck_evidence_file_content"),
    )


def _reviews() -> None:
    op.create_table(
        "item_review",
        *_key("item_review"),
        *_item(),
        _choice("verdict"),
        _choice("score", nullable=True),
        sa.Column("comment", sa.Text(), nullable=False, comment="to the country"),
        sa.Column("authors", sa.ARRAY(sa.Text()), nullable=False, comment="who answered or signed what is reviewed"),
        *_doer(),
        sa.CheckConstraint("not actor = any(authors)", name="ck_item_review_another_person"),
        sa.CheckConstraint("(score is not null) = (verdict = 'differs')", name="ck_item_review_score"),
        sa.CheckConstraint("verdict = 'agrees' or comment <> ''", name="ck_item_review_comment"),
    )
    op.create_index("ix_item_review_snapshot", "item_review", _ITEM)
    op.create_table("item_note", *_key("item_note"), *_item(), _text("note"), *_doer())
    op.create_index("ix_item_note_snapshot", "item_note", _ITEM)
    op.create_table(
        "assessment_step",
        *_key("assessment_step"),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        _choice("step"),
        _text("reason"),
        sa.Column("criteria", sa.ARRAY(sa.Text()), nullable=False, comment="uids a return is about"),
        *_doer(),
        sa.UniqueConstraint(
            "member_id",
            "snapshot_id",
            "place",
            name="uq_assessment_step_place",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("step <> 'return' or reason <> ''", name="ck_assessment_step_reason"),
    )


_ITEM = ["member_id", "snapshot_id", "criterion", "at"]


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{table}_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{table}"),
    )


def _same_tenant(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["member_id", column],
        [f"{target}.member_id", f"{target}.id"],
        name=f"fk_{table}_member_id_{column}",
        deferrable=True,
        initially="DEFERRED",
    )


def _cycle() -> tuple[sa.schema.SchemaItem, ...]:
    return tuple(sa.Column(name, sa.Uuid(), nullable=False) for name in ("cycle_id", "edition_id"))


def _content(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        *_cycle(),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="canonical JSON"),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("answered_by", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(_FITS, name=f"ck_{table}_digest"),
    )


def _item() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False, comment="its uid"),
    )


def _file() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        _text("media_type"),
    )


def _doer() -> tuple[sa.schema.SchemaItem, ...]:
    return (_moment("at"), *map(_text, ("actor", "role")))


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _several(name: str) -> sa.schema.SchemaItem:
    return sa.Column(name, JSONB(), nullable=False)


def _choice(name: str, *, nullable: bool = False) -> sa.schema.SchemaItem:
    return sa.Column(name, sa.String(40), nullable=nullable)


def _moment(name: str) -> sa.schema.SchemaItem:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
