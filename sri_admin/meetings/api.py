"""Communities, meetings and logs as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.paging import Page
from sri_admin.kernel.tenancy import Tenant
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.operations import communities as community_operations
from sri_admin.meetings.operations import meetings as operations
from sri_admin.meetings.operations.logs import log_meeting
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.communities import communities_of, community_by_id
from sri_admin.meetings.queries.meetings import meeting_by_id, meetings_page
from sri_admin.meetings.schemas import (
    CommunityIn,
    CommunityOut,
    CommunityRows,
    LogIn,
    LogOut,
    MeetingIn,
    MeetingOut,
    MeetingPage,
    MeetingQuery,
    StepIn,
    step_named,
)
from sri_admin.members.queries.members import member_by_id
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("meetings", description="Where and when people meet, and the log of each evening.")
_MEETINGS = "/members/<code>/meetings"
_MEETING = f"{_MEETINGS}/<uuid:meeting_id>"
_COMMUNITIES = "/members/<code>/communities"
Values = dict[str, Any]


@api.get(_COMMUNITIES, audience=Audience.MEMBER, gives=CommunityRows)
def communities(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List the communities of a member."""
    POLICY.require(actor, "meetings.meeting.read", member.id)
    return {"rows": communities_of(member.id)}


@api.post(_COMMUNITIES, audience=Audience.MEMBER, takes=CommunityIn, gives=CommunityOut, created=True)
def community_create(actor: Actor, values: Values, *, member: Tenant) -> Community:
    """Enter a community."""
    return community_operations.enter_community(actor, member_by_id(member.id), values=values)


@api.put(
    f"{_COMMUNITIES}/<uuid:community_id>",
    audience=Audience.MEMBER,
    takes=CommunityIn,
    gives=CommunityOut,
    versioned=True,
)
def community_change(actor: Actor, values: Values, *, member: Tenant, community_id: UUID) -> Community:
    """Correct a community."""
    POLICY.require(actor, "meetings.community.describe", member.id)
    return community_operations.describe_community(actor, community_by_id(member.id, community_id), values=values)


@api.get(_MEETINGS, audience=Audience.MEMBER, query=MeetingQuery, gives=MeetingPage)
def meetings(actor: Actor, query: Mapping[str, Any], *, member: Tenant) -> Page[Meeting]:
    """List the meetings of a member."""
    POLICY.require(actor, "meetings.meeting.read", member.id)
    page = meetings_page(member.id, query)
    return Page([row.meeting for row in page.rows], page.total, page.number, page.size)


@api.post(_MEETINGS, audience=Audience.MEMBER, takes=MeetingIn, gives=MeetingOut, created=True)
def meeting_create(actor: Actor, values: Values, *, member: Tenant) -> Meeting:
    """Propose a meeting."""
    return operations.enter_meeting(actor, member_by_id(member.id), values=values)


@api.get(_MEETING, audience=Audience.MEMBER, gives=MeetingOut)
def meeting(actor: Actor, *, member: Tenant, meeting_id: UUID) -> Meeting:
    """Return a meeting."""
    POLICY.require(actor, "meetings.meeting.read", member.id)
    return meeting_by_id(member.id, meeting_id)


@api.put(_MEETING, audience=Audience.MEMBER, takes=MeetingIn, gives=MeetingOut, versioned=True)
def meeting_change(actor: Actor, values: Values, *, member: Tenant, meeting_id: UUID) -> Meeting:
    """Correct a meeting."""
    POLICY.require(actor, "meetings.meeting.describe", member.id)
    return operations.describe_meeting(actor, meeting_by_id(member.id, meeting_id), values=values)


@api.post(f"{_MEETING}/steps/<step>", audience=Audience.MEMBER, takes=StepIn, gives=MeetingOut, versioned=True)
def meeting_step_take(actor: Actor, values: Values, *, member: Tenant, meeting_id: UUID, step: str) -> Meeting:
    """Take a step in the life of a meeting, `confirm` among them."""
    taken = step_named(step)
    if taken is None:
        raise NotFoundError
    POLICY.require(actor, f"meetings.meeting.{taken}", member.id)
    return operations.take_step(actor, meeting_by_id(member.id, meeting_id), values={**values, "step": taken})


@api.post(f"{_MEETING}/logs", audience=Audience.MEMBER, takes=LogIn, gives=LogOut, created=True)
def meeting_log(actor: Actor, values: Values, *, member: Tenant, meeting_id: UUID) -> MeetingLog:
    """Log an evening; a second log of the same evening corrects the first."""
    return log_meeting(actor, meeting_by_id(member.id, meeting_id), values=values)
