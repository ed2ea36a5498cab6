"""Create the tables of points and methods, and let a mandate be for one language.

Safety: new tables, one nullable column and a check that every row of before fulfils.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import protect

revision = "0060"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the column."""
    op.create_table(
        "program_point",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_program_point_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_program_point"),
        sa.UniqueConstraint("member_id", "code", name="uq_program_point_member_id_code"),
    )
    op.create_table(
        "program_method",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("points", sa.ARRAY(sa.Text()), nullable=False, comment="codes of points"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name="fk_program_method_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_program_method"),
        sa.UniqueConstraint("member_id", "code", name="uq_program_method_member_id_code"),
    )
    for table in ("program_point", "program_method"):
        protect(op.get_bind(), table, public=True)
    op.add_column(
        "mandate", sa.Column("language", sa.Text(), nullable=True, comment="tag, for roles that reach one language")
    )
    op.create_check_constraint("ck_mandate_language", "mandate", "(scope = 'language') = (language is not null)")
