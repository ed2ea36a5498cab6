"""Let the payload of a line be erased, and nothing else of it.

Safety: a new policy and a new trigger on one table; no rows are read or changed.
"""

from alembic import op

from sri_admin.kernel.row_security import let_forget

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None

# A line may only become what docs/federation.md §3.3 says: its place, and the hash of what stood there.
_CHECK = """
create function sync_line_erase() returns trigger language plpgsql as $$
declare
    erased json := convert_from(new.line, 'UTF8')::json;
begin
    if erased->>'k' is distinct from 'x'
        or erased->>'h' is distinct from encode(sha256(old.line), 'hex')
        or (new.member_id, new.stream_id, new.epoch, new.n, new.kind, new.rec, new.rev, new.ends, new.chain)
            is distinct from
            (old.member_id, old.stream_id, old.epoch, old.n, old.kind, old.rec, old.rev, old.ends, old.chain)
    then
        raise exception 'a line is erased or stays as it is' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$
"""


def upgrade() -> None:
    """Allow it."""
    let_forget(op.get_bind(), "sync_line")
    op.execute(_CHECK)
    op.execute(
        "create trigger sync_line_erase before update on sync_line for each row execute function sync_line_erase()"
    )
