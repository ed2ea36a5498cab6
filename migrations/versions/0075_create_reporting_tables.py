"""Create the tables of returns: catalogue, drafts, proposals, revisions, intakes, corrections.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import let_step_back, protect

revision = "0075"
down_revision = "0070"
branch_labels = None
depends_on = None

_SOUND = (
    "jsonb_array_length(cells) = jsonb_array_length(jsonb_path_query_array(cells, '$[*] ?"
    ' ((@.status == "reported" && @.value > 0) || (@.status == "zero" && @.value == 0)'
    ' || (@.status == "estimated" && @.value >= 0)'
    ' || ((@.status == "not_collected" || @.status == "not_applicable") && @.value == null))'
    "'))"
)


def upgrade() -> None:
    """Create the tables."""
    bind = op.get_bind()
    _catalogue()
    _at_home()
    _answers()
    _revision()
    _intake()
    _corrections()
    for table in ("indicator", "data_set"):
        protect(bind, table, public=True)
    for table in ("return_draft", "return_intake"):
        protect(bind, table)
    for table in ("return_proposal", "proposal_answer"):
        protect(bind, table, append_only=True)
    for table in ("return_revision", "correction_request", "correction_grant"):
        protect(bind, table, append_only=True)
        let_step_back(bind, table)


def _catalogue() -> None:
    op.create_table(
        "indicator",
        *_key("indicator"),
        _text("code"),
        _number("edition"),
        *map(_word, ("method", "unit", "over_time")),
        _json("name"),
        _json("counts", "what to count"),
        _json("leaves_out", "what not to count"),
        _number("version"),
        sa.UniqueConstraint("member_id", "code", "edition", name="uq_indicator_member_id_code_edition"),
    )
    op.create_table(
        "data_set",
        *_key("data_set"),
        _text("code"),
        _number("edition"),
        _json("name"),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("indicator_ids", sa.ARRAY(sa.Uuid()), nullable=False, comment="in the order they are asked"),
        _number("version"),
        sa.UniqueConstraint("member_id", "code", "edition", name="uq_data_set_member_id_code_edition"),
        sa.CheckConstraint("extract(day from from_month) = 1", name="ck_data_set_first_day"),
    )


def _at_home() -> None:
    op.create_table(
        "return_draft",
        *_key("return_draft"),
        _month(),
        _json("cells"),
        _json("explanations"),
        _text("changed_by"),
        _moment("changed_at"),
        _number("version"),
        sa.UniqueConstraint("member_id", "month", name="uq_return_draft_member_id_month"),
        *_sound("return_draft"),
    )
    op.create_table(
        "return_proposal",
        *_key("return_proposal"),
        *_revision_columns(),
        _number("sending"),
        sa.UniqueConstraint(
            "member_id", "month", "revision", "sending", name="uq_return_proposal_member_id_month_revision_sending"
        ),
        sa.UniqueConstraint(
            "member_id",
            "id",
            "prepared_by",
            "values_hash",
            name="uq_return_proposal_member_id_id_prepared_by_values_hash",
        ),
        *_sound("return_proposal"),
    )


def _answers() -> None:
    op.create_table(
        "proposal_answer",
        *_key("proposal_answer"),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        *map(_text, ("values_hash", "prepared_by")),
        _word("verdict"),
        _text("reason"),
        *_by(),
        sa.ForeignKeyConstraint(
            ["member_id", "proposal_id", "prepared_by", "values_hash"],
            [
                "return_proposal.member_id",
                "return_proposal.id",
                "return_proposal.prepared_by",
                "return_proposal.values_hash",
            ],
            name="fk_proposal_answer_proposal",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.UniqueConstraint("member_id", "proposal_id", name="uq_proposal_answer_member_id_proposal_id"),
        sa.CheckConstraint("actor <> prepared_by", name="ck_proposal_answer_another_person"),
        sa.CheckConstraint("verdict = 'approve' or reason <> ''", name="ck_proposal_answer_reason"),
    )


def _revision() -> None:
    op.create_table(
        "return_revision",
        *_key("return_revision"),
        *_revision_columns(),
        *map(_text, ("approved_by", "approved_role")),
        _moment("approved_at"),
        _text("kid"),
        sa.Column("signature", sa.Text(), nullable=False, comment="Ed25519 over the approval, base64url"),
        sa.UniqueConstraint(
            "member_id",
            "month",
            "revision",
            name="uq_return_revision_member_id_month_revision",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("approved_by <> prepared_by", name="ck_return_revision_another_person"),
        *_sound("return_revision"),
    )


def _intake() -> None:
    op.create_table(
        "return_intake",
        *_key("return_intake"),
        _month(),
        _number("revision"),
        _text("values_hash"),
        sa.Column("authors", sa.ARRAY(sa.Text()), nullable=False, comment="who prepared and approved it"),
        _word("state"),
        sa.Column("fault", sa.String(40), nullable=True),
        _moment("received_at"),
        _text("reason"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_role", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        _number("version"),
        sa.CheckConstraint(
            "(state in ('accepted', 'returned')) = (decided_by is not null)", name="ck_return_intake_decided"
        ),
        sa.CheckConstraint("state <> 'returned' or reason <> ''", name="ck_return_intake_reason"),
        sa.CheckConstraint("(state = 'quarantined') = (fault is not null)", name="ck_return_intake_fault"),
        sa.CheckConstraint(
            "decided_by is null or not decided_by = any(authors)", name="ck_return_intake_another_person"
        ),
    )
    op.create_index("ix_return_intake_month", "return_intake", ["member_id", "month"])


def _corrections() -> None:
    op.create_table(
        "correction_request",
        *_key("correction_request"),
        _month(),
        sa.Column("revision", sa.Integer(), nullable=False, comment="the accepted one"),
        _word("reason"),
        _text("note"),
        *_by(),
        sa.CheckConstraint("note <> ''", name="ck_correction_request_note"),
    )
    op.create_index("ix_correction_request_month", "correction_request", ["member_id", "month"])
    op.create_table(
        "correction_grant",
        *_key("correction_grant"),
        _month(),
        _text("asked_by"),
        _word("verdict"),
        sa.Column("until", sa.Date(), nullable=True),
        _text("reason"),
        *_by(),
        sa.CheckConstraint("(verdict = 'granted') = (until is not null)", name="ck_correction_grant_until"),
        sa.CheckConstraint("verdict = 'granted' or reason <> ''", name="ck_correction_grant_reason"),
        sa.CheckConstraint("actor <> asked_by", name="ck_correction_grant_another_person"),
    )


def _revision_columns() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        _month(),
        _number("revision"),
        _word("kind"),
        sa.Column("data_set_id", sa.Uuid(), nullable=False),
        _json("cells", "indicator, status, value"),
        _json("explanations", "rule, indicator, code, note"),
        sa.Column("expected", sa.Integer(), nullable=True, comment="meetings that were to take place"),
        sa.Column("logged", sa.Integer(), nullable=True, comment="of them, those with a log"),
        sa.Column("correction_id", sa.Uuid(), nullable=True, comment="the grant it was made under"),
        *map(_text, ("values_hash", "prepared_by")),
        _moment("prepared_at"),
    )


def _sound(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.CheckConstraint(_SOUND, name=f"ck_{table}_cells"),
        sa.CheckConstraint("extract(day from month) = 1", name=f"ck_{table}_first_day"),
    )


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{table}_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{table}"),
    )


def _by() -> tuple[sa.schema.SchemaItem, ...]:
    return (_moment("at"), *map(_text, ("actor", "role")))


def _month() -> sa.schema.SchemaItem:
    return sa.Column("month", sa.Date(), nullable=False, comment="its first day")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(40), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _json(name: str, comment: str | None = None) -> sa.schema.SchemaItem:
    return sa.Column(name, postgresql.JSONB(), nullable=False, comment=comment)


def _moment(name: str) -> sa.schema.SchemaItem:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
