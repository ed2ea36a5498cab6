"""What stays at home is entered where the member is served, like what travels."""

from uuid import UUID

from sri_admin.kernel.errors import ElsewhereError
from sri_admin.meetings.queries.writer import is_written_here


def require_here(member_id: UUID) -> None:
    """Refuse with ElsewhereError unless this installation serves the member."""
    if not is_written_here(member_id):
        raise ElsewhereError
