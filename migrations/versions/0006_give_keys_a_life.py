"""Give keys a life: where they begin and end, why; control keys that ended; what a node knows of the hub's time.

Safety: new columns that may be empty, and a new table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from sri_admin.kernel.row_security import protect

revision = "0006"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and the table."""
    _of_nodes()
    _of_the_hub()
    next_key = "takes the place of auth_key when it is first used"
    op.add_column("node", sa.Column("next_auth_key", JSONB(), comment=next_key))
    next_sign = "takes the place of sign_key with next_auth_key"
    op.add_column("node", sa.Column("next_sign_key", sa.LargeBinary(), comment=next_sign))
    head = "when the hub signed its newest control head known here"
    op.add_column("hub_contact", sa.Column("head_at", _MOMENT, comment=head))
    op.add_column("hub_contact", sa.Column("seen_at", _MOMENT, comment="the latest moment seen since, by any clock"))


def _of_nodes() -> None:
    for column in (
        sa.Column("begins", JSONB(), comment="by stream, its first epoch and number"),
        sa.Column("ends", JSONB(), comment="by stream, its last epoch and number"),
        sa.Column("ended_because", sa.Text()),
        sa.Column("statement", sa.Text(), comment="the rotation that brought it, signed by both keys"),
    ):
        op.add_column("sync_node_key", column)


def _of_the_hub() -> None:
    op.create_table(
        "sync_control_key",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("ends", JSONB(), nullable=False, comment="by stream, its last epoch and number"),
        sa.Column("ended_because", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_sync_control_key"),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_sync_control_key_member_id"),
        sa.UniqueConstraint("member_id", "kid", name="uq_sync_control_key_member_id_kid"),
    )
    protect(op.get_bind(), "sync_control_key")
