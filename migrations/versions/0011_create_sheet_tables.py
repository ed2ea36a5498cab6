"""Create the tables of exports and imports, and the log of what was taken out.

Safety: new tables only.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sri_admin.kernel.row_security import protect

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _exports()
    _imports()
    for table in ("sheet_export", "sheet_import", "import_row", "import_effect"):
        protect(op.get_bind(), table)


def _of_tenant(table: str, *columns: Any) -> None:
    op.create_table(
        table,
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["member_id"], ["tenant.id"], name=f"fk_{table}_member_id"),
        sa.PrimaryKeyConstraint("member_id", "id", name=f"pk_{table}"),
    )


def _exports() -> None:
    _of_tenant(
        "sheet_export",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("separator", sa.Text(), nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("query", postgresql.JSONB(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_sheet_export_expires_at", "sheet_export", ["member_id", "expires_at"])
    op.create_table(
        "export_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False, comment="made or fetched"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_export_note"),
    )


def _imports() -> None:
    _of_tenant(
        "sheet_import",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="the file, until it is imported"),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column(
            "month_first",
            sa.Boolean(),
            nullable=True,
            comment="the answer to how 03/04/2026 is meant, if it was needed",
        ),
        sa.Column("is_unclear", sa.Boolean(), nullable=False, comment="some dates can be read in two ways"),
        sa.Column("ignored", sa.ARRAY(sa.Text()), nullable=False, comment="headings nothing is read of"),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_sheet_import_asked_at", "sheet_import", ["member_id", "asked_at"])
    _of_tenant(
        "import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="the row's number in the file"),
        sa.Column("target", sa.Text(), nullable=False, comment="code of the member it is about"),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("faults", postgresql.JSONB(), nullable=False, comment="column, key, reason"),
        sa.Column("version", sa.Integer(), nullable=True, comment="of the record it would change, when it was checked"),
        sa.ForeignKeyConstraint(
            ["member_id", "import_id"],
            ["sheet_import.member_id", "sheet_import.id"],
            name="fk_import_row_member_id_import_id",
        ),
        sa.UniqueConstraint("member_id", "import_id", "number", name="uq_import_row_member_id_import_id_number"),
    )
    _of_tenant(
        "import_effect",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False, comment="the record it made or changed"),
        sa.Column("before", postgresql.JSONB(), nullable=True, comment="what it said before"),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the record, once it was done"),
    )
    op.create_index("ix_import_effect_import_id", "import_effect", ["member_id", "import_id"])
