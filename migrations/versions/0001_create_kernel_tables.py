"""Create the tables of the kernel: tenants, the installation, its history, the job queue.

Safety: the first migration; there is nothing yet.
"""

import psycopg
import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.audit import GENESIS
from sri_admin.kernel.row_security import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _tenancy()
    _audit()
    _repeats()
    # Raw: the queue's schema is many statements with percent signs in them.
    driver: psycopg.Connection = op.get_bind().connection.driver_connection  # pyright: ignore[reportAssignmentType] - psycopg is our driver
    driver.execute(SchemaManager.get_schema().encode())


def _tenancy() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.UniqueConstraint("code", name="uq_tenant_code"),
    )
    op.create_index("uq_tenant_one_hub", "tenant", ["kind"], unique=True, postgresql_where=sa.text("kind = 'hub'"))
    op.create_table(
        "installation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_installation_tenant_id"),
    )


def _audit() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    heads = sa.table("audit_head", sa.column("id"), sa.column("n"), sa.column("chain", sa.LargeBinary()))
    op.bulk_insert(heads, [{"id": 1, "n": 0, "chain": GENESIS}])
    op.create_table(
        "audit_entry",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_audit_entry"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_audit_entry_member_id"),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["member_id", "subject", "n"])
    op.create_index("ix_audit_entry_n", "audit_entry", ["n"])
    protect(op.get_bind(), "audit_entry", append_only=True)
    op.create_table(
        "audit_personal",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_audit_personal"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_audit_personal_member_id"),
        sa.UniqueConstraint("member_id", "entry_id", "field", name="uq_audit_personal_member_id_entry_id_field"),
    )
    protect(op.get_bind(), "audit_personal")


def _repeats() -> None:
    op.create_table(
        "answered_request",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_answered_request"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_answered_request_member_id"),
    )
    protect(op.get_bind(), "answered_request")
