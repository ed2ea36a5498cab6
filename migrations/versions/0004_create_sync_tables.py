"""Create the tables of the sync engine: streams, lines, what was set aside, evidence, keys and grants.

Safety: new tables only.
"""

import sqlalchemy as sa
from alembic import op

from sri_admin.kernel.row_security import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _streams()
    _lines()
    _aside()
    _control()


def _streams() -> None:
    op.create_table(
        "sync_stream",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cls", sa.String(40), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("base_chain", sa.LargeBinary(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("peer_n", sa.BigInteger(), nullable=False),
        sa.Column("peer_chain", sa.LargeBinary(), nullable=True),
        sa.Column(
            "statement", sa.LargeBinary(), nullable=True, comment="the other side's last sealed receipt or checkpoint"
        ),
        sa.Column("receipt", sa.LargeBinary(), nullable=True, comment="the last receipt given for a replica"),
        sa.Column("trouble", sa.Text(), nullable=True, comment="why the stream was stopped"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_stream"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_stream_member_id"),
        sa.UniqueConstraint("member_id", "name", name="uq_sync_stream_member_id_name"),
    )
    protect(op.get_bind(), "sync_stream")


def _lines() -> None:
    op.create_table(
        "sync_line",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("rec", sa.Uuid(), nullable=True),
        sa.Column("rev", sa.BigInteger(), nullable=True),
        sa.Column("ends", sa.Boolean(), nullable=False, comment="last line of its transaction"),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "stream_id", "epoch", "n", name="pk_sync_line"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_line_member_id"),
    )
    op.create_index("ix_sync_line_record", "sync_line", ["member_id", "rec", "rev"])
    protect(op.get_bind(), "sync_line", append_only=True)


def _aside() -> None:
    op.create_table(
        "sync_aside",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rec", sa.Uuid(), nullable=True),
        sa.Column("rev", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("waiting_for", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_aside"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_aside_member_id"),
        sa.UniqueConstraint("member_id", "stream_id", "epoch", "n", name="uq_sync_aside_member_id_stream_id_epoch_n"),
    )
    op.create_index("ix_sync_aside_waiting_for", "sync_aside", ["member_id", "waiting_for"])
    protect(op.get_bind(), "sync_aside")
    op.create_table(
        "sync_evidence",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("against", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_evidence"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_evidence_member_id"),
    )
    protect(op.get_bind(), "sync_evidence", append_only=True)


def _control() -> None:
    op.create_table(
        "sync_node_key",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="the member the node serves"),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False, comment="base64url of 32 bytes"),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_node_key"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_node_key_member_id"),
    )
    protect(op.get_bind(), "sync_node_key")
    op.create_table(
        "sync_grant",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=True, comment="the node that writes; absent for the hub"),
        sa.Column("base_chain", sa.Text(), nullable=True, comment="hex"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_grant"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_grant_member_id"),
        sa.UniqueConstraint("member_id", "stream", "epoch", name="uq_sync_grant_member_id_stream_epoch"),
    )
    protect(op.get_bind(), "sync_grant")
