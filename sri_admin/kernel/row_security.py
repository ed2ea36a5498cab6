"""The policies of row-level security, in the one form every table has; used by migrations and by the catalogue test."""

from psycopg import sql
from sqlalchemy import Connection, text

_READ = "member_id = any(array(select unnest(nullif(current_setting('app.members', true), '')::uuid[])))"
_SHARED = (
    "member_id = any(array(select unnest(nullif(current_setting('app.members', true), '')::uuid[])"
    " union all select id from tenant where kind = 'hub' and"
    " nullif(current_setting('app.members', true), '') is not null))"
)
_WRITE = "member_id = nullif(current_setting('app.member', true), '')::uuid"


def protect(
    bind: Connection, table: str, *, public: bool = False, shared: bool = False, append_only: bool = False
) -> None:
    """Close a table to all but its tenant.

    `public` opens reading, `shared` opens the hub's rows to whoever reads anything, `append_only` refuses change and
    removal.
    """
    database = bind.scalar(text("select current_database()"))
    owner, backup = f"{database}_owner", f"{database}_backup"
    _run(bind, "alter table {table} enable row level security", table)
    _run(bind, "alter table {table} force row level security", table)
    _run(bind, "create policy owner_all on {table} to {role} using (true) with check (true)", table, owner)
    _run(bind, "create policy backup_read on {table} for select to {role} using (true)", table, backup)
    reading = "true" if public else _SHARED if shared else _READ
    _run(bind, f"create policy tenant_read on {{table}} for select using ({reading})", table)
    _run(bind, f"create policy tenant_insert on {{table}} for insert with check ({_WRITE})", table)
    if not append_only:
        _run(bind, f"create policy tenant_update on {{table}} for update using ({_WRITE}) with check ({_WRITE})", table)
        _run(bind, f"create policy tenant_delete on {{table}} for delete using ({_WRITE})", table)


def let_forget(bind: Connection, table: str) -> None:
    """Let the rows of an append-only table be changed; a trigger of its migration says which change that may be."""
    _run(bind, f"create policy tenant_update on {{table}} for update using ({_WRITE}) with check ({_WRITE})", table)


def let_step_back(bind: Connection, table: str) -> None:
    """Let rows of an append-only table be removed by a transaction that says it takes lines back, and by no other."""
    stepping = "current_setting('app.stepping_back', true) = 'on'"
    _run(bind, f"create policy tenant_delete on {{table}} for delete using ({_WRITE} and {stepping})", table)


def _run(bind: Connection, statement: str, table: str, role: str = "") -> None:
    composed = sql.SQL(statement).format(table=sql.Identifier(table), role=sql.Identifier(role or "public"))  # pyright: ignore[reportArgumentType] - only our own constants are joined above
    bind.exec_driver_sql(composed.as_string())
