"""Refuse a second member's exclusive grant of a place, and leave a member its own agreements side by side.

Safety: the table is locked for as long as the new constraint reads it; it asks for less than the old one, so every
row fits.
"""

from alembic import op

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the constraint that looks across members alone in the place of the one that looked across agreements."""
    op.drop_constraint("ex_member_territory_exclusive", "member_territory")
    op.execute(
        "alter table member_territory add constraint ex_member_territory_exclusive exclude using gist ("
        "member_id with <>, country with =, int4range(part_from, part_to) with &&, "
        "daterange(valid_from, valid_to) with &&) where (exclusive) deferrable initially deferred"
    )
