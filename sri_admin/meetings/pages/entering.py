"""Pages on which meetings and communities are entered and corrected."""

from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel import i18n
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import ElsewhereError
from sri_admin.kernel.formats import language_name, weekday
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.tenancy import Tenant
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.operations.communities import describe_community, enter_community
from sri_admin.meetings.operations.meetings import describe_meeting, enter_meeting
from sri_admin.meetings.pages.meetings import own
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.communities import communities_of, community_by_id, tree_of
from sri_admin.meetings.queries.meetings import languages_in_use
from sri_admin.meetings.queries.writer import is_written_here, writer_of_meetings
from sri_admin.meetings.rules import words
from sri_admin.meetings.schemas import CommunityIn, MeetingIn
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.rules.words import PROGRAMME_TYPES
from sri_admin.web import about
from sri_admin.web.conflict import Answer, conflict_of, show_choices, show_date
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("meetings")
_AT = "/countries/<code>/meetings"
_PLACES = "/countries/<code>/communities"
ANSWERS = {
    "name": Answer(_l("Name")),
    "programme_type": Answer(_l("Programme"), show_choices(PROGRAMME_TYPES)),
    "audience": Answer(_l("Meant for"), show_choices(words.AUDIENCES)),
    "languages": Answer(_l("Languages")),
    "venue": Answer(_l("How people come together"), show_choices(words.VENUES)),
    "settlement": Answer(_l("Kind of place"), show_choices(words.SETTLEMENTS)),
    "access": Answer(_l("Who can come"), show_choices(words.ACCESSES)),
    "weekday": Answer(_l("Weekday"), lambda raw: weekday(int(raw)) if raw in set("1234567") else raw),
    "starts_at": Answer(_l("Begins at")),
    "minutes": Answer(_l("Minutes")),
    "every_weeks": Answer(_l("How often")),
    "time_zone": Answer(_l("Time zone")),
    "first_on": Answer(_l("From which day on"), show_date),
}
PLACE_ANSWERS = {
    "name": Answer(_l("Name")),
    "kind": Answer(_l("Kind"), show_choices(words.COMMUNITY_KINDS)),
    "time_zone": Answer(_l("Time zone")),
}


@pages.get(f"{_AT}/new", audience=Audience.MEMBER, template="meetings/form.html")
def meeting_new(actor: Actor, form: Form, *, member: Tenant) -> dict[str, Any]:
    """Show the form for a meeting that is not here yet."""
    record = _keeps(actor, member, "meeting.enter")
    url = url_for("meetings.meeting_enter", code=member.code)
    stored = {"time_zone": record.time_zone, "first_on": today_of(record), "minutes": 90, "every_weeks": 1}
    stored |= {"languages": [record.default_locale], "audience": []}
    return {**_asked(record), "form": form, "meeting": None, "stored": stored, "conflict": None, "url": url}


@pages.post(_AT, audience=Audience.MEMBER, takes=MeetingIn, again=meeting_new)
def meeting_enter(actor: Actor, values: dict[str, Any], *, member: Tenant) -> SeeOther:
    """Propose a meeting."""
    meeting = enter_meeting(actor, _keeps(actor, member, "meeting.enter"), values=values)
    notice = _("The meeting is proposed. It counts once it is approved and runs.")
    return see_other("meetings.meeting_show", code=member.code, meeting_id=meeting.id, notice=notice)


@pages.get(f"{_AT}/<uuid:meeting_id>/edit", audience=Audience.MEMBER, template="meetings/form.html")
def meeting_edit(actor: Actor, form: Form, *, member: Tenant, meeting_id: UUID) -> dict[str, Any]:
    """Show the form that corrects a meeting; if somebody else did so meanwhile, both texts."""
    record, meeting = own(actor, member, meeting_id, act="describe")
    url, stored = url_for("meetings.meeting_edit", code=member.code, meeting_id=meeting_id), _stored(meeting)
    conflict = conflict_of(form, ANSWERS, stored, url=url)
    return {**_asked(record), "form": form, "meeting": meeting, "stored": stored, "conflict": conflict, "url": url}


@pages.post(f"{_AT}/<uuid:meeting_id>/edit", audience=Audience.MEMBER, takes=MeetingIn, again=meeting_edit)
def meeting_describe(actor: Actor, values: dict[str, Any], *, member: Tenant, meeting_id: UUID) -> SeeOther:
    """Correct a meeting."""
    _record, meeting = own(actor, member, meeting_id, act="describe")
    describe_meeting(actor, meeting, values=values)
    notice = _("The correction is saved.")
    return see_other("meetings.meeting_show", code=member.code, meeting_id=meeting_id, notice=notice)


@pages.get(_PLACES, audience=Audience.MEMBER, template="meetings/communities.html")
def community_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show the communities of a country as a tree."""
    POLICY.require(actor, "meetings.meeting.read", member.id)
    record = member_by_id(member.id)
    return {
        "member": record,
        "tabs": about.tabs(actor, member, "meetings.community_list"),
        "rows": tree_of(member.id),
        "writer": writer_of_meetings(record),
        "words": words,
    }


@pages.get(f"{_PLACES}/new", audience=Audience.MEMBER, template="meetings/community_form.html")
def community_new(actor: Actor, form: Form, *, member: Tenant) -> dict[str, Any]:
    """Show the form for a community that is not here yet."""
    record = _keeps(actor, member, "community.enter")
    url = url_for("meetings.community_enter", code=member.code)
    stored = {"time_zone": record.time_zone}
    return {**_place_asked(record), "form": form, "community": None, "stored": stored, "conflict": None, "url": url}


@pages.post(_PLACES, audience=Audience.MEMBER, takes=CommunityIn, again=community_new)
def community_enter(actor: Actor, values: dict[str, Any], *, member: Tenant) -> SeeOther:
    """Enter a community."""
    enter_community(actor, _keeps(actor, member, "community.enter"), values=values)
    return see_other("meetings.community_list", code=member.code, notice=_("It is entered. Thank you."))


@pages.get(f"{_PLACES}/<uuid:community_id>", audience=Audience.MEMBER, template="meetings/community_form.html")
def community_edit(actor: Actor, form: Form, *, member: Tenant, community_id: UUID) -> dict[str, Any]:
    """Show the form that corrects a community; if somebody else did so meanwhile, both texts."""
    record = _keeps(actor, member, "community.describe")
    community = community_by_id(member.id, community_id)
    url, stored = url_for("meetings.community_edit", code=member.code, community_id=community_id), _said(community)
    return {
        **_place_asked(record, without=community_id),
        "form": form,
        "community": community,
        "stored": stored,
        "conflict": conflict_of(form, PLACE_ANSWERS, stored, url=url),
        "url": url,
    }


@pages.post(f"{_PLACES}/<uuid:community_id>", audience=Audience.MEMBER, takes=CommunityIn, again=community_edit)
def community_describe(actor: Actor, values: dict[str, Any], *, member: Tenant, community_id: UUID) -> SeeOther:
    """Correct a community."""
    _keeps(actor, member, "community.describe")
    describe_community(actor, community_by_id(member.id, community_id), values=values)
    return see_other("meetings.community_list", code=member.code, notice=_("The correction is saved."))


def _keeps(actor: Actor, member: Tenant, act: str) -> Member:
    POLICY.require(actor, f"meetings.{act}", member.id)
    if not is_written_here(member.id):
        raise ElsewhereError
    return member_by_id(member.id)


def _asked(member: Member) -> dict[str, Any]:
    tags = {member.default_locale, *i18n.available(), *languages_in_use(member.member_id)}
    return {
        "member": member,
        "communities": [(each.id, str(each.names)) for each in communities_of(member.member_id)],
        "weekdays": [(each, weekday(each)) for each in range(1, 8)],
        "languages": sorted(((tag, language_name(tag)) for tag in tags), key=lambda each: each[1]),
        "programmes": list(PROGRAMME_TYPES.items()),
        "words": words,
    }


def _place_asked(member: Member, *, without: UUID | None = None) -> dict[str, Any]:
    others = [each for each in communities_of(member.member_id) if each.id != without]
    return {"member": member, "communities": [(each.id, str(each.names)) for each in others], "words": words}


def _stored(meeting: Meeting) -> dict[str, Any]:
    plain = {name: getattr(meeting, name) for name in ANSWERS if name not in {"name", "starts_at"}}
    hour = meeting.starts_at.strftime("%H:%M")
    return {**plain, **_named(meeting), "starts_at": hour, "community_id": meeting.community_id}


def _said(community: Community) -> dict[str, Any]:
    plain = {name: getattr(community, name) for name in ("kind", "parent_id", "sensitive", "time_zone")}
    return {**plain, **_named(community)}


def _named(row: Meeting | Community) -> dict[str, Any]:
    return {"name": row.names.texts[row.names.source]}
