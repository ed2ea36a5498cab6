"""Where the meetings of a member are written."""

from uuid import UUID

from sri_admin.federation import streams
from sri_admin.federation.stream_names import MEMBER_OPS
from sri_admin.members.models.member import Member
from sri_admin.members.queries.streams import Writer, writer_of


def is_written_here(member_id: UUID) -> bool:
    """Say whether a member's meetings are written at this installation."""
    return streams.writes_here(MEMBER_OPS, member_id)


def writer_of_meetings(member: Member) -> Writer:
    """Return who writes the meetings of a member."""
    return writer_of(MEMBER_OPS, member)
