"""Create the tables of member countries: the member's file, agreements, places, offices.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    bind = op.get_bind()
    _member()
    _member_history()
    _agreement()
    _agreement_work()
    _territory()
    _office()
    for table in ("member", "legal_entity", "agreement", "agreement_draft"):
        protect(bind, table)
    for table in ("member_territory", "office_holder", "office_holder_private"):
        protect(bind, table)
    for table in ("member_event", "agreement_event"):
        protect(bind, table, append_only=True)
    for table in ("member_card", "territory_extra"):
        protect(bind, table, public=True)


def _member() -> None:
    op.create_table(
        "member",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("state_since", sa.Date(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("suspension", sa.String(40), nullable=True),
        sa.Column("suspension_until", sa.Date(), nullable=True),
        sa.Column("region", sa.Text(), nullable=False, comment="short code of the review region"),
        sa.Column("default_locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False, comment="IANA name"),
        sa.Column("fiscal_month", sa.Integer(), nullable=False),
        sa.Column("fiscal_day", sa.Integer(), nullable=False),
        sa.Column("hosting", sa.String(40), nullable=False),
        sa.Column("listing", sa.String(40), nullable=False),
        sa.Column(
            "search", sa.Text(), server_default="", nullable=False, comment="folded code and names; does not travel"
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "fiscal_month between 1 and 12 and fiscal_day between 1 and 31", name="ck_member_fiscal_year"
        ),
        sa.CheckConstraint("id = member_id", name="ck_member_own_tenant"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_member_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_member"),
    )
    op.create_index(
        "ix_member_search",
        "member",
        ["search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_table(
        "legal_entity",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("registration_no", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="ck_legal_entity_dates"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_legal_entity_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_legal_entity"),
    )


def _member_history() -> None:
    op.create_table(
        "member_event",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transition", sa.String(40), nullable=False),
        sa.Column("from_state", sa.String(40), nullable=False),
        sa.Column("to_state", sa.String(40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("suspension", sa.String(40), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_member_event_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_member_event"),
    )
    op.create_index("ix_member_event_at", "member_event", ["member_id", "at"], unique=False)
    op.create_table(
        "member_card",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("shown_state", sa.String(40), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("territories", sa.ARRAY(sa.Text()), nullable=False, comment="exclusive places, ISO codes"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_member_card_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_member_card"),
    )


def _agreement() -> None:
    op.create_table(
        "agreement",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True, comment="the agreement this one rests on"),
        sa.Column("amends_id", sa.Uuid(), nullable=True, comment="the agreement this one takes the place of"),
        sa.Column("rights", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("programme_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("territories", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("cure_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="first day on which it no longer counts"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(closed_on is not null) = (state in ('superseded', 'terminated', 'ended'))", name="ck_agreement_closed_on"
        ),
        sa.CheckConstraint("(signed_on is null) = (state in ('offered', 'withdrawn'))", name="ck_agreement_signed_on"),
        sa.CheckConstraint("ends_on > starts_on", name="ck_agreement_dates"),
        sa.ForeignKeyConstraint(
            ["member_id", "amends_id"],
            ["agreement.member_id", "agreement.id"],
            name="fk_agreement_member_id_amends_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "parent_id"],
            ["agreement.member_id", "agreement.id"],
            name="fk_agreement_member_id_parent_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_agreement_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_agreement"),
        sa.UniqueConstraint(
            "member_id", "ref_no", deferrable=True, initially="DEFERRED", name="uq_agreement_member_id_ref_no"
        ),
    )


def _agreement_work() -> None:
    op.create_table(
        "agreement_draft",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("amends_id", sa.Uuid(), nullable=True),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False, comment="its agreement has the same id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_agreement_draft_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_agreement_draft"),
    )
    op.create_table(
        "agreement_event",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "agreement_id"],
            ["agreement.member_id", "agreement.id"],
            name="fk_agreement_event_member_id_agreement_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_agreement_event_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_agreement_event"),
    )
    op.create_index(
        "ix_agreement_event_agreement_id", "agreement_event", ["member_id", "agreement_id", "at"], unique=False
    )


def _territory() -> None:
    op.create_table(
        "member_territory",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("part_from", sa.Integer(), nullable=True),
        sa.Column("part_to", sa.Integer(), nullable=True),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("country"), "="),
            (sa.text("int4range(part_from, part_to)"), "&&"),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("exclusive"),
            deferrable=True,
            initially="DEFERRED",
            using="gist",
            name="ex_member_territory_exclusive",
        ),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name="ck_member_territory_dates"),
        sa.ForeignKeyConstraint(
            ["member_id", "agreement_id"],
            ["agreement.member_id", "agreement.id"],
            name="fk_member_territory_member_id_agreement_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_member_territory_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_member_territory"),
    )
    op.create_table(
        "territory_extra",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_territory_extra_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_territory_extra"),
        sa.UniqueConstraint(
            "member_id", "code", deferrable=True, initially="DEFERRED", name="uq_territory_extra_member_id_code"
        ),
    )


def _office() -> None:
    op.create_table(
        "office_holder",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True, comment="E.164"),
        sa.Column("phone_country", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="ck_office_holder_term"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_office_holder_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_office_holder"),
    )
    op.create_table(
        "office_holder_private",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id", "id"],
            ["office_holder.member_id", "office_holder.id"],
            name="fk_office_holder_private_member_id_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_office_holder_private_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_office_holder_private"),
    )
