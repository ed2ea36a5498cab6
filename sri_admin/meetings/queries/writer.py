"""Where the meetings of a member are written."""

from uuid import UUID

from sri_admin.federation import streams
from sri_admin.federation.stream_names import MEMBER_OPS


def is_written_here(member_id: UUID) -> bool:
    """Say whether a member's meetings are written at this installation."""
    return streams.writes_here(MEMBER_OPS, member_id)
