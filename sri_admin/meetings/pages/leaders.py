"""Naming on a meeting's page who leads it; the doors stand beside that page's own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.tenancy import Tenant
from sri_admin.meetings.operations.leaders import end_leader, name_leader
from sri_admin.meetings.pages.meetings import meeting_show, pages
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.leaders import leader_by_id
from sri_admin.meetings.queries.meetings import meeting_by_id
from sri_admin.meetings.schemas import LeaderIn
from sri_admin.web.doors import Audience, SeeOther, see_other

_AT = "/countries/<code>/meetings/<uuid:meeting_id>/leaders"


@pages.post(_AT, audience=Audience.MEMBER, takes=LeaderIn, again=meeting_show)
def leader_name(actor: Actor, values: Mapping[str, Any], *, member: Tenant, meeting_id: UUID) -> SeeOther:
    """Let somebody lead a meeting."""
    POLICY.require(actor, "meetings.leader.name", member.id)
    name_leader(actor, meeting_by_id(member.id, meeting_id), values=values)
    return _back(member, meeting_id, _("It is entered. The log of every evening now waits for this person."))


@pages.post(f"{_AT}/<uuid:leader_id>/end", audience=Audience.MEMBER)
def leader_end(actor: Actor, *, member: Tenant, meeting_id: UUID, leader_id: UUID) -> SeeOther:
    """Note that somebody leads a meeting no longer."""
    POLICY.require(actor, "meetings.leader.end", member.id)
    end_leader(actor, leader_by_id(meeting_by_id(member.id, meeting_id), leader_id))
    return _back(member, meeting_id, _("It is ended. What was logged stays."))


def _back(member: Tenant, meeting_id: UUID, notice: str) -> SeeOther:
    return see_other("meetings.meeting_show", code=member.code, meeting_id=meeting_id, notice=notice)
