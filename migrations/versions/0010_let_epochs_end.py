"""Keep epochs that ended, what was handed back, incarnations of nodes, and hand-overs; let lines be taken back.

Safety: new tables and columns; existing rows need nothing but what is filled in here.
"""

import sqlalchemy as sa
from alembic import op

from sri_admin.kernel.row_security import let_step_back, protect

revision = "0010"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
STEP_BACK = ("sync_line", "member_event", "agreement_event")


def upgrade() -> None:
    """Create the tables and columns."""
    proof = sa.Column("proof", sa.LargeBinary(), comment="the statement the last page taken ended with")
    op.add_column("sync_stream", proof)
    closing = sa.Column("closing", sa.Boolean(), nullable=False, server_default=sa.false())
    closing.comment = "nothing is written while it is handed over"
    op.add_column("sync_stream", closing)
    op.alter_column("sync_stream", "closing", server_default=None)
    op.add_column("sync_grant", sa.Column("base_n", sa.BigInteger(), comment="last number of the epoch before it"))
    _epochs()
    _salvage()
    _incarnations()
    _handovers()
    for table in STEP_BACK:
        let_step_back(op.get_bind(), table)


def _of_tenant(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{name}_member_id"),
    )
    protect(op.get_bind(), name)


def _epochs() -> None:
    _of_tenant(
        "sync_epoch",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("base_chain", sa.LargeBinary()),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("member_id", "stream_id", "epoch", name="uq_sync_epoch_member_id_stream_id_epoch"),
    )


def _salvage() -> None:
    _of_tenant(
        "sync_salvage",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("h", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("rec", sa.Uuid()),
        sa.Column("rev", sa.BigInteger()),
        sa.Column("line", sa.LargeBinary(), nullable=False, comment="as its writer made it"),
        sa.Column("source", sa.Uuid(), nullable=False, comment="the installation it was written at or handed back by"),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), comment="why it was left out"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("settled_at", _MOMENT),
        sa.Column("settled_by", sa.Text()),
        sa.UniqueConstraint("member_id", "stream", "h", name="uq_sync_salvage_member_id_stream_h"),
    )


def _incarnations() -> None:
    op.create_table(
        "node_incarnation",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("statement", sa.LargeBinary(), comment="the node's signed announcement"),
        sa.Column("announced_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT),
        sa.PrimaryKeyConstraint("node_id", "incarnation", name="pk_node_incarnation"),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name="fk_node_incarnation_node_id"),
    )
    op.execute(
        "insert into node_incarnation (node_id, incarnation, state, announced_at)"
        " select id, incarnation, 'current', approved_at from node"
    )


def _handovers() -> None:
    _of_tenant(
        "handover",
        sa.Column("direction", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("accepted", sa.LargeBinary(), comment="the node's signed acceptance"),
        sa.Column("settled_at", _MOMENT),
        sa.Column("settled_by", sa.Text()),
    )
    op.create_index(
        "uq_handover_one_open", "handover", ["member_id"], unique=True, postgresql_where=sa.text("state = 'closing'")
    )
