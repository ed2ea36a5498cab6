"""Pages of meetings for boards, read-only for SRI: the list, one meeting, its steps."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import ElsewhereError, NotFoundError
from sri_admin.kernel.formats import joined, weekday
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.operations.meetings import take_step
from sri_admin.meetings.pages.history import history_of
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.communities import communities_of, community_by_id
from sri_admin.meetings.queries.leaders import desk_of, leaders_of, possible_leaders
from sri_admin.meetings.queries.meetings import counts_by_state, meeting_by_id, meetings_page
from sri_admin.meetings.queries.writer import is_written_here, writer_of_meetings
from sri_admin.meetings.rules import meeting as rules
from sri_admin.meetings.rules import words
from sri_admin.meetings.rules.meeting import MeetingState, Step, steps_from
from sri_admin.meetings.schemas import MeetingQuery, StepIn, step_named
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import member_by_id
from sri_admin.members.rules.words import PROGRAMME_TYPES
from sri_admin.web import about, paging
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.homes import Home

pages = Pages("meetings")
COLUMNS = {"name": _l("Meeting"), "when": _l("When"), "state": _l("State"), "confirmed": _l("Confirmed")}
GRAVE = frozenset({Step.CLOSE})
_AT = "/countries/<code>/meetings"
_ONE = f"{_AT}/<uuid:meeting_id>"


@pages.get(_AT, audience=Audience.MEMBER, template="meetings/list.html", query=MeetingQuery)
def meeting_list(actor: Actor, query: Mapping[str, Any], *, member: Tenant) -> dict[str, Any]:
    """Show the meetings of a country, filtered and sorted as asked."""
    POLICY.require(actor, "meetings.meeting.read", member.id)
    record, page = member_by_id(member.id), meetings_page(member.id, query)
    return {
        "member": record,
        "tabs": about.tabs(actor, member, "meetings.meeting_list"),
        "page": page,
        "rows": [(row, badge_of(row.meeting)) for row in page.rows],
        "paging": paging.pager(page, query),
        "columns": paging.sort_links(query, COLUMNS, default="when"),
        "counts": counts_by_state(member.id),
        "asked": _filters(member.id, query),
        "is_filtered": any(query.get(name) for name in (*_FILTERS, "unconfirmed")),
        "writer": writer_of_meetings(record),
        "words": words,
    }


@pages.get(_ONE, audience=Audience.MEMBER, template="meetings/show.html")
def meeting_show(actor: Actor, form: Form, *, member: Tenant, meeting_id: UUID) -> dict[str, Any]:
    """Show a meeting: how it stands, when it is, who leads it, what happened."""
    record, meeting = _read(actor, member, meeting_id)
    return {
        "form": form,
        "member": record,
        "meeting": meeting,
        "community": community_by_id(member.id, meeting.community_id),
        "badge": badge_of(meeting),
        "writer": writer_of_meetings(record),
        "steps": _steps(actor, meeting),
        "leaders": _leaders(actor, meeting),
        "programme": PROGRAMME_TYPES[meeting.programme_type],
        "audience": joined(str(words.AUDIENCES[rules.Audience(each)]) for each in meeting.audience),
        "may_confirm": _may_confirm(actor, meeting),
        "may_log": _may_log(actor, meeting),
        "this_month": f"{clock.today(meeting.time_zone):%Y-%m}",
        "history": history_of(actor, meeting),
        "words": words,
    }


@pages.get(f"{_ONE}/steps/<step>", audience=Audience.MEMBER, template="meetings/step.html")
def meeting_step(actor: Actor, form: Form, *, member: Tenant, meeting_id: UUID, step: str) -> dict[str, Any]:
    """Show what a step means before it is taken."""
    _record, meeting = own(actor, member, meeting_id, act=_step(step).value)
    taken = _step(step)
    return {
        "form": form,
        "member": member,
        "meeting": meeting,
        "step": taken,
        "is_open": taken in steps_from(meeting.state),
        "reasons": [(each.value, words.REASONS[each]) for each in rules.STEPS[taken].reasons],
        "is_hold": taken is Step.HOLD,
        "is_grave": taken in GRAVE,
        "today": clock.today(meeting.time_zone),
        "badge": badge_of(meeting),
        "words": words,
    }


@pages.post(f"{_ONE}/steps/<step>", audience=Audience.MEMBER, takes=StepIn, again=meeting_step)
def meeting_take_step(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, meeting_id: UUID, step: str
) -> SeeOther:
    """Take a step in the life of a meeting."""
    taken = _step(step)
    _record, meeting = own(actor, member, meeting_id, act=taken.value)
    take_step(actor, meeting, values={**values, "step": taken})
    if taken is Step.CONFIRM:
        name = str(meeting.names)
        return see_other(
            "meetings.meeting_list",
            code=member.code,
            unconfirmed="true",
            notice=_("Thank you. %(meeting)s counts as confirmed for 90 days.", meeting=name),
        )
    state = str(words.MEETING_STATES[meeting.state].label)
    notice = _("It is done. The meeting now stands as: %(state)s.", state=state)
    return see_other("meetings.meeting_show", code=member.code, meeting_id=meeting.id, notice=notice)


def badge_of(meeting: Meeting) -> words.Said:
    """Return the badge of a meeting on its own today."""
    return words.badge_of(
        meeting.state,
        confirmed_on=meeting.confirmed_on,
        expected_return=meeting.expected_return,
        today=clock.today(meeting.time_zone),
    )


def own(actor: Actor, member: Tenant, meeting_id: UUID, *, act: str) -> tuple[Member, Meeting]:
    """Return a meeting somebody may change here; ElsewhereError where it can only be read."""
    POLICY.require(actor, f"meetings.meeting.{act}", member.id)
    found = meeting_by_id(member.id, meeting_id)
    if not is_written_here(member.id):
        raise ElsewhereError
    return member_by_id(member.id), found


def _read(actor: Actor, member: Tenant, meeting_id: UUID) -> tuple[Member, Meeting]:
    POLICY.require(actor, "meetings.meeting.read", member.id)
    return member_by_id(member.id), meeting_by_id(member.id, meeting_id)


def _step(name: str) -> Step:
    found = step_named(name)
    if found is None:
        raise NotFoundError
    return found


def _steps(actor: Actor, meeting: Meeting) -> list[dict[str, Any]]:
    if not is_written_here(meeting.member_id):
        return []
    return [
        {
            "label": words.STEPS[step],
            "url": url_for("meetings.meeting_step", code=_code(meeting), meeting_id=meeting.id, step=step.value),
            "grave": step in GRAVE,
        }
        for step in steps_from(meeting.state)
        if POLICY.allows(actor, f"meetings.meeting.{step}", meeting)
    ]


def _may_confirm(actor: Actor, meeting: Meeting) -> bool:
    is_open = meeting.state is MeetingState.ACTIVE and is_written_here(meeting.member_id)
    return is_open and POLICY.allows(actor, f"meetings.meeting.{Step.CONFIRM}", meeting)


def _may_log(actor: Actor, meeting: Meeting) -> bool:
    is_open = meeting.opened_on is not None and is_written_here(meeting.member_id)
    return is_open and POLICY.allows(actor, "meetings.log.write", desk_of(meeting))


def _code(meeting: Meeting) -> str:
    return member_by_id(meeting.member_id).code


def _leaders(actor: Actor, meeting: Meeting) -> dict[str, Any] | None:
    """Return who leads a meeting and who could; None for those who may not know, or where nobody here does."""
    if not is_written_here(meeting.member_id) or not POLICY.allows(actor, "meetings.leader.read", meeting):
        return None
    now = leaders_of(meeting)
    names = {each.account.id for each in now}
    possible = possible_leaders(meeting.member_id) if POLICY.allows(actor, "meetings.leader.name", meeting) else []
    choices = [(each.id, each.display_name or each.sign_in_name) for each in possible if each.id not in names]
    return {"now": now, "choices": choices, "may_name": POLICY.allows(actor, "meetings.leader.name", meeting)}


_FILTERS = ("q", "state", "community_id", "weekday", "settlement")


def _filters(member_id: UUID, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    states = [(each.value, words.MEETING_STATES[each].label) for each in MeetingState]
    places = [(str(each.id), str(each.names)) for each in communities_of(member_id)]
    weekdays = [(str(each), weekday(each)) for each in range(1, 8)]
    settlements = [(each.value, label) for each, label in words.SETTLEMENTS.items()]
    return [
        {"name": "q", "label": _("Name"), "value": query.get("q"), "wide": True},
        _choice("state", _("State"), _("All states"), states, query),
        _choice("community_id", _("Community"), _("All communities"), places, query),
        _choice("weekday", _("Weekday"), _("All weekdays"), weekdays, query),
        _choice("settlement", _("Kind of place"), _("All kinds"), settlements, query),
    ]


def _choice(name: str, label: str, every: str, choices: list[Any], query: Mapping[str, Any]) -> dict[str, Any]:
    value = query.get(name)
    return {"name": name, "label": label, "value": value or "", "choices": [("", every), *choices]}


_LIST, _OWN = Home(POLICY, "meetings.meeting.read"), Home(POLICY, "meetings.own.read")
MENU = (
    MenuEntry(
        label=_l("My meetings"),
        endpoint="meetings.own_list",
        icon="house",
        place=12,
        shown=lambda actor: actor.holds("facilitator") and _OWN.shown(actor),
        url=lambda actor: url_for("meetings.own_list", code=_OWN.code(actor)),
        covers=frozenset(f"meetings.{each}" for each in ("log_new", "log_saved")),
    ),
    MenuEntry(
        label=_l("Meetings"),
        endpoint="meetings.meeting_list",
        icon="calendar3",
        place=20,
        shown=_LIST.shown,
        url=lambda actor: url_for("meetings.meeting_list", code=_LIST.code(actor)),
        covers=frozenset(
            f"meetings.{each}"
            for each in (
                *("meeting_new", "meeting_show", "meeting_edit", "meeting_step", "month_show"),
                *("community_list", "community_new", "community_edit"),
            )
        ),
    ),
)
