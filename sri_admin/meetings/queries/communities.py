"""What is read about communities and their tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.rules.meeting import MeetingState
from sri_admin.members.rules.naming import sorting_key


@dataclass(frozen=True)
class TreeRow:
    """A community at its place in the tree: how deep it lies, and how many meetings it has, running and in all."""

    community: Community
    depth: int
    running: int
    meetings: int


def community_by_id(member_id: UUID, community_id: UUID) -> Community:
    """Return a community of a member; NotFoundError if there is none."""
    found = db.session.get(Community, (member_id, community_id))
    if found is None:
        raise NotFoundError
    return found


def communities_of(member_id: UUID) -> list[Community]:
    """Return the communities of a member, in the order of their names."""
    rows = db.session.scalars(sa.select(Community).where(Community.member_id == member_id))
    return sorted(rows, key=lambda each: (sorting_key(str(each.names)), each.id))


def parents_of(member_id: UUID) -> dict[UUID, UUID | None]:
    """Return what each community of a member lies within."""
    rows = db.session.execute(sa.select(Community.id, Community.parent_id).where(Community.member_id == member_id))
    return {row.id: row.parent_id for row in rows}


def tree_of(member_id: UUID) -> list[TreeRow]:
    """Return the communities of a member as a tree, each below the one it lies within."""
    known = communities_of(member_id)
    below: dict[UUID | None, list[Community]] = {}
    for each in known:
        below.setdefault(each.parent_id, []).append(each)
    return list(_walk(below, None, 0, counted=_meetings_in(member_id)))


def _walk(
    below: Mapping[UUID | None, list[Community]], parent: UUID | None, depth: int, *, counted: Mapping[UUID, sa.Row]
) -> Iterator[TreeRow]:
    for each in below.get(parent, ()):
        found = counted.get(each.id)
        yield TreeRow(each, depth, found.running if found else 0, found.meetings if found else 0)
        yield from _walk(below, each.id, depth + 1, counted=counted)


def _meetings_in(member_id: UUID) -> dict[UUID, sa.Row]:
    is_running = Meeting.state == MeetingState.ACTIVE
    counts = (
        sa.select(
            Meeting.community_id,
            sa.func.count().label("meetings"),
            sa.func.count().filter(is_running).label("running"),
        )
        .where(Meeting.member_id == member_id)
        .group_by(Meeting.community_id)
    )
    return {row.community_id: row for row in db.session.execute(counts)}
