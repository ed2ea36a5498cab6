"""Who writes a member's records: the hub, or a node of the member's own."""

from dataclasses import dataclass

from sri_admin.federation import streams
from sri_admin.federation.stream_names import HUB_MEMBER, MEMBER_OPS, StreamClass
from sri_admin.members.models.member import Member
from sri_admin.members.rules.member import Hosting


@dataclass(frozen=True)
class Writer:
    """Who writes, and whether that is this installation."""

    by: Hosting
    is_here: bool


def writer_of(stream: StreamClass, member: Member) -> Writer:
    """Return who writes the records of one stream of a member."""
    by = member.hosting if stream is MEMBER_OPS else Hosting.HUB
    return Writer(by, streams.writes_here(stream, member.member_id))


def file_writer(member: Member) -> Writer:
    """Return who writes a member's file: agreements, places, states."""
    return writer_of(HUB_MEMBER, member)


def office_writer(member: Member) -> Writer:
    """Return who writes what the member says of itself: its office holders."""
    return writer_of(MEMBER_OPS, member)
