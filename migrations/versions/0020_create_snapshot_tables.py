"""Let streams have a horizon, and keep snapshots while they come.

Safety: new tables, and new columns that may be empty.
"""

import sqlalchemy as sa
from alembic import op

from sri_admin.kernel.row_security import protect

revision = "0020"
down_revision = "0061"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_HORIZON = (
    sa.Column("horizon_epoch", sa.Integer(), comment="up to here only the newest line of each record is kept"),
    sa.Column("horizon_n", sa.BigInteger()),
    sa.Column("horizon_chain", sa.LargeBinary()),
    sa.Column("horizon_records", sa.BigInteger(), comment="lines kept up to the horizon"),
    sa.Column("horizon_digest", sa.LargeBinary(), comment="of these lines (docs/federation.md §15.2)"),
)


def upgrade() -> None:
    """Create the tables and columns."""
    for column in _HORIZON:
        op.add_column("sync_stream", column)
    _marks()
    _snapshots()
    _lines()
    for table in ("sync_mark", "sync_snapshot", "sync_snapshot_line"):
        protect(op.get_bind(), table)


def _marks() -> None:
    op.create_table(
        "sync_mark",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_mark"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_mark_member_id"),
        sa.UniqueConstraint("member_id", "stream_id", "epoch", "n", name="uq_sync_mark_member_id_stream_id_epoch_n"),
    )


def _snapshots() -> None:
    op.create_table(
        "sync_snapshot",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False, comment="as it was signed"),
        sa.Column("records", sa.BigInteger(), nullable=False, comment="lines it has in all"),
        sa.Column("held", sa.BigInteger(), nullable=False, comment="lines that are here"),
        sa.Column("after_epoch", sa.Integer(), nullable=False, comment="place of the last line that is here"),
        sa.Column("after_n", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.LargeBinary(), nullable=False, comment="digest of the lines that are here"),
        sa.Column("removes", sa.BigInteger(), comment="records that would go, once all is here"),
        sa.Column("standing", sa.BigInteger(), comment="records that stood before"),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("moved_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_snapshot"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_snapshot_member_id"),
        sa.UniqueConstraint("member_id", "stream", name="uq_sync_snapshot_member_id_stream"),
    )


def _lines() -> None:
    op.create_table(
        "sync_snapshot_line",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("rec", sa.Uuid()),
        sa.Column("rev", sa.BigInteger()),
        sa.Column("ends", sa.Boolean(), nullable=False, comment="last line of its transaction"),
        sa.Column("removal", sa.Boolean(), nullable=False, comment="it removes its record"),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "snapshot_id", "epoch", "n", name="pk_sync_snapshot_line"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_snapshot_line_member_id"),
    )
