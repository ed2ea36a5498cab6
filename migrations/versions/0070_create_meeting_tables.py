"""Create the tables of meetings: communities, meetings and their steps, who leads them, logs.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import let_step_back, protect

revision = "0070"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    bind = op.get_bind()
    _community()
    _meeting()
    _history()
    _leader()
    _log()
    for table in ("community", "meeting", "meeting_leader"):
        protect(bind, table)
    for table in ("meeting_event", "meeting_past_schedule"):
        protect(bind, table, append_only=True)
        let_step_back(bind, table)
    protect(bind, "meeting_log", append_only=True)
    op.execute(_NO_CIRCLE)
    op.execute(_TRIGGER)


def _community() -> None:
    op.create_table(
        "community",
        *_key("community"),
        _code("kind"),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column(
            "sensitive", sa.Boolean(), nullable=False, comment="counted, but never named to strangers, such as a prison"
        ),
        sa.Column("time_zone", sa.Text(), nullable=False, comment="IANA name"),
        sa.Column("version", sa.Integer(), nullable=False),
        _refers("community", "parent_id", "community"),
    )


def _meeting() -> None:
    op.create_table(
        "meeting",
        *_key("meeting"),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        _code("programme_type"),
        sa.Column("audience", sa.ARRAY(sa.Text()), nullable=False, comment="empty: everybody"),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        *map(_code, ("venue", "settlement", "access")),
        *_schedule("1 is Monday", "local time", "from this day on the schedule counts"),
        _code("state"),
        sa.Column("state_since", sa.Date(), nullable=False),
        _code("reason", nullable=True),
        sa.Column("expected_return", sa.Date(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True, comment="first day on which it was active"),
        sa.Column("confirmed_on", sa.Date(), nullable=True, comment="when somebody last said that it runs"),
        sa.Column("search", sa.Text(), server_default="", nullable=False, comment="folded names; does not travel"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_schedule_checks("meeting"),
        sa.CheckConstraint("(reason is not null) = (state in ('on_hold', 'closed'))", name="ck_meeting_reason"),
        sa.CheckConstraint(
            "expected_return is null or (state = 'on_hold' and expected_return > state_since)", name="ck_meeting_return"
        ),
        sa.CheckConstraint("opened_on is not null or state not in ('active', 'on_hold')", name="ck_meeting_opened"),
        _refers("meeting", "community_id", "community"),
    )
    op.create_index("ix_meeting_state", "meeting", ["member_id", "state"])
    op.create_index("ix_meeting_community_id", "meeting", ["member_id", "community_id"])
    op.create_index(
        "ix_meeting_search", "meeting", ["search"], postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}
    )


def _history() -> None:
    op.create_table(
        "meeting_event",
        *_key("meeting_event"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="1 is the first step of the meeting"),
        *map(_code, ("step", "from_state", "to_state")),
        sa.Column("on", sa.Date(), nullable=False),
        _code("reason", nullable=True),
        sa.Column("expected_return", sa.Date(), nullable=True),
        *_by(),
        sa.CheckConstraint(
            "(step, from_state, to_state) in (('approve', 'proposed', 'approved'),"
            " ('send_back', 'approved', 'proposed'), ('activate', 'approved', 'active'),"
            " ('hold', 'active', 'on_hold'), ('resume', 'on_hold', 'active'), ('close', 'proposed', 'closed'),"
            " ('close', 'approved', 'closed'), ('close', 'active', 'closed'), ('close', 'on_hold', 'closed'),"
            " ('reopen', 'closed', 'approved'), ('confirm', 'active', 'active'))",
            name="ck_meeting_event_step",
        ),
        sa.CheckConstraint(
            "(reason is not null) = (step in ('send_back', 'hold', 'close', 'reopen'))", name="ck_meeting_event_reason"
        ),
        sa.CheckConstraint(
            "expected_return is null or (step = 'hold' and expected_return > \"on\")", name="ck_meeting_event_return"
        ),
        sa.CheckConstraint("number > 0", name="ck_meeting_event_number"),
        sa.UniqueConstraint(
            "member_id",
            "meeting_id",
            "number",
            name="uq_meeting_event_member_id_meeting_id_number",
            deferrable=True,
            initially="DEFERRED",
        ),
        _refers("meeting_event", "meeting_id", "meeting"),
    )
    op.create_table(
        "meeting_past_schedule",
        *_key("meeting_past_schedule"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        *_schedule(),
        *_by(),
        *_schedule_checks("meeting_past_schedule"),
        _refers("meeting_past_schedule", "meeting_id", "meeting"),
    )
    op.create_index(
        "ix_meeting_past_schedule_meeting_id", "meeting_past_schedule", ["member_id", "meeting_id", "first_on"]
    )


def _leader() -> None:
    op.create_table(
        "meeting_leader",
        *_key("meeting_leader"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ended_on is null or ended_on >= since", name="ck_meeting_leader_dates"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_meeting_leader_account_id"),
    )
    op.create_index(
        "uq_meeting_leader_now",
        "meeting_leader",
        ["member_id", "meeting_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("ended_on is null"),
    )
    op.create_index("ix_meeting_leader_account_id", "meeting_leader", ["member_id", "account_id"])


def _log() -> None:
    op.create_table(
        "meeting_log",
        *_key("meeting_log"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False, comment="the date where the meeting is"),
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="1 is the first log of the evening; the highest one counts",
        ),
        _code("outcome"),
        sa.Column("people", sa.Integer(), nullable=True, comment="without facilitators; null: not counted"),
        sa.Column("first_time", sa.Integer(), nullable=True, comment="null: not counted"),
        sa.Column("led_by", sa.ARRAY(sa.Text()), nullable=False),
        *_by(),
        sa.CheckConstraint("people between 0 and 999 and first_time between 0 and 999", name="ck_meeting_log_numbers"),
        sa.CheckConstraint("first_time <= people", name="ck_meeting_log_first_time"),
        sa.CheckConstraint(
            "case when outcome in ('held', 'held_online') then people is null or people > 0"
            " when outcome = 'nobody_came' then coalesce(people, -1) = 0 and coalesce(first_time, -1) = 0"
            " else people is null and first_time is null end",
            name="ck_meeting_log_outcome",
        ),
        sa.CheckConstraint("revision > 0", name="ck_meeting_log_revision"),
        sa.UniqueConstraint(
            "member_id", "meeting_id", "on", "revision", name="uq_meeting_log_member_id_meeting_id_on_revision"
        ),
    )
    op.create_index("ix_meeting_log_on", "meeting_log", ["member_id", "on"])


# It runs at the end of the transaction, because a page of the wire may bring the child before its parent.
_NO_CIRCLE = """
create function community_no_circle() returns trigger language plpgsql as $$
begin
    if exists (
        with recursive above (id) as (
            select new.parent_id
            union
            select c.parent_id from above join community c on c.member_id = new.member_id and c.id = above.id
        )
        select from above where id = new.id
    ) then
        raise exception 'community % lies within itself', new.id
            using errcode = 'check_violation', constraint = 'ck_community_no_circle';
    end if;
    return null;
end $$
"""
_TRIGGER = """
create constraint trigger community_no_circle after insert or update on community
deferrable initially deferred for each row when (new.parent_id is not null) execute function community_no_circle()
"""


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{table}_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{table}"),
    )


def _refers(table: str, column: str, target: str) -> sa.schema.SchemaItem:
    return sa.ForeignKeyConstraint(
        ["member_id", column],
        [f"{target}.member_id", f"{target}.id"],
        name=f"fk_{table}_member_id_{column}",
        deferrable=True,
        initially="DEFERRED",
    )


def _code(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(40), nullable=nullable)


def _schedule(
    weekday: str | None = None, starts_at: str | None = None, first_on: str | None = None
) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("weekday", sa.Integer(), nullable=False, comment=weekday),
        sa.Column("starts_at", sa.Time(), nullable=False, comment=starts_at),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False, comment="IANA name" if weekday else None),
        sa.Column("first_on", sa.Date(), nullable=False, comment=first_on),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
    )


def _schedule_checks(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.CheckConstraint("weekday between 1 and 7 and every_weeks in (1, 2)", name=f"ck_{table}_weeks"),
        sa.CheckConstraint("minutes between 15 and 600", name=f"ck_{table}_minutes"),
    )


def _by() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
    )
