"""Create the tables of people: accounts, secrets, sessions, mandates, one-time links, counters kept apart.

Safety: new tables only. They are the reviewed global ones, read before a reach is known, so they have no policies.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _choice(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(40), nullable=False)


def _id(name: str = "id") -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    """Create the tables."""
    _accounts()
    _sessions()
    _mandates()
    _links()
    _kept_apart()


def _accounts() -> None:
    op.create_table(
        "account",
        _id(),
        _text("label"),
        _text("sign_in_name"),
        _text("display_name", nullable=True),
        _text("locale"),
        _choice("theme"),
        _choice("state"),
        _moment("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("label", name="uq_account_label"),
        sa.UniqueConstraint("sign_in_name", name="uq_account_sign_in_name"),
    )
    op.create_table(
        "credential",
        _id(),
        _id("account_id"),
        _text("hash"),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
        sa.UniqueConstraint("account_id", name="uq_credential_account_id"),
        _refers("credential", "account_id", "account"),
    )


def _sessions() -> None:
    op.create_table(
        "account_session",
        _id(),
        _id("account_id"),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _text("csrf"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("fresh_until", nullable=True),
        _moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
        sa.UniqueConstraint("token_hash", name="uq_account_session_token_hash"),
        _refers("account_session", "account_id", "account"),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])


def _mandates() -> None:
    op.create_table(
        "mandate",
        _id(),
        _id("account_id"),
        _choice("role"),
        _choice("scope"),
        _id("member_id"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        _text("granted_by"),
        _moment("ended_at", nullable=True),
        _text("ended_by", nullable=True),
        _text("ended_reason", nullable=True),
        _moment("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mandate"),
        _refers("mandate", "account_id", "account"),
        _refers("mandate", "member_id", "tenant"),
    )
    op.create_index("ix_mandate_account_id", "mandate", ["account_id"])
    op.create_index("ix_mandate_member_id", "mandate", ["member_id"])


def _links() -> None:
    op.create_table(
        "one_time_link",
        _id(),
        _id("account_id"),
        _choice("purpose"),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _text("made_by"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_link"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_link_token_hash"),
        _refers("one_time_link", "account_id", "account"),
    )
    op.create_index("ix_one_time_link_account_id", "one_time_link", ["account_id"])


def _kept_apart() -> None:
    op.create_table(
        "session_seen",
        _id("session_id"),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_seen"),
    )
    op.create_table(
        "sign_in_attempts",
        _text("key"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("last_at"),
        _moment("locked_until", nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_attempts"),
    )
    op.create_table(
        "rate_token",
        _text("key"),
        _moment("window_starts_at"),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_token"),
    )
