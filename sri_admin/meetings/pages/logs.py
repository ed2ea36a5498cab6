"""Pages for those who lead a meeting: their evenings, the four questions about one of them, and what was saved.

Nothing here asks the hub: a log is read and written at this installation alone.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.formats import date_full, hour, month
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.tenancy import Tenant
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.operations.logs import log_meeting, take_back_log
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.evenings import (
    Evening,
    evening_on,
    evenings_of_month,
    missing_of,
    next_evening,
    recent_evenings,
)
from sri_admin.meetings.queries.leaders import desk_of, led_by
from sri_admin.meetings.queries.lives import life_of, lives_of
from sri_admin.meetings.queries.meetings import meeting_by_id
from sri_admin.meetings.queries.writer import is_written_here
from sri_admin.meetings.rules import words
from sri_admin.meetings.rules.log import ANSWERS, LedBy, Outcome
from sri_admin.meetings.rules.schedule import month_of
from sri_admin.meetings.schemas import AnswersIn
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("meetings")
_LOG = "/countries/<code>/meetings/<uuid:meeting_id>/log/<day>"


@pages.get("/countries/<code>/my-meetings", audience=Audience.MEMBER, template="meetings/own.html")
def own_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show somebody the evenings of the meetings they lead: what is still to be logged, what comes next."""
    POLICY.require(actor, "meetings.own.read", member.id)
    led = led_by(actor, member.id)
    evenings = recent_evenings(member.id, meetings=led)
    ahead = [next_evening(life) for life in lives_of(member.id, meetings=led)]
    return {
        "member": member,
        "meetings": led,
        "missing": missing_of(evenings),
        "logged": [each for each in evenings if each.log is not None],
        "ahead": sorted((each for each in ahead if each is not None), key=lambda each: each.on),
        "is_here": is_written_here(member.id),
        "told": told,
        "spoken": spoken,
    }


@pages.get(_LOG, audience=Audience.MEMBER, template="meetings/log.html")
def log_new(actor: Actor, form: Form, *, member: Tenant, meeting_id: UUID, day: str) -> dict[str, Any]:
    """Ask the four questions about an evening, with what was answered before."""
    meeting, evening = _evening(actor, member, meeting_id, day)
    return {
        "form": form,
        "member": member,
        "meeting": meeting,
        "evening": evening,
        "when": spoken(evening),
        "stored": _stored(actor, evening.log),
        "outcomes": [(each.value, words.OUTCOMES[each]) for each in ANSWERS],
        "leaders": [(each.value, label) for each, label in words.LED_BY.items()],
        "is_to_come": evening.on > clock.today(meeting.time_zone),
        "is_here": is_written_here(member.id),
        "url": url_for("meetings.log_save", code=member.code, meeting_id=meeting_id, day=day),
    }


@pages.post(_LOG, audience=Audience.MEMBER, takes=AnswersIn, again=log_new)
def log_save(actor: Actor, values: Mapping[str, Any], *, member: Tenant, meeting_id: UUID, day: str) -> SeeOther:
    """Log an evening."""
    meeting, evening = _evening(actor, member, meeting_id, day)
    log_meeting(actor, meeting, values={**values, "on": evening.on})
    return see_other("meetings.log_saved", code=member.code, meeting_id=meeting_id, day=day)


@pages.get(f"{_LOG}/saved", audience=Audience.MEMBER, template="meetings/saved.html")
def log_saved(actor: Actor, *, member: Tenant, meeting_id: UUID, day: str) -> dict[str, Any]:
    """Show what was saved, how far the month is, and what comes next."""
    meeting, evening = _evening(actor, member, meeting_id, day)
    if evening.log is None:
        raise NotFoundError
    found = evenings_of_month(meeting, month_of(evening.on))
    done, life = sum(each.log is not None for each in found), life_of(meeting)
    ahead = next_evening(life) if life else None
    return {
        "member": member,
        "meeting": meeting,
        "day": day,
        "seats": [{"state": "here" if each.log else "awaited"} for each in found],
        "progress": ngettext(
            "%(done)s of %(num)s meeting in %(month)s",
            "%(done)s of %(num)s meetings in %(month)s",
            len(found),
            done=done,
            month=month(evening.on),
        ),
        "told": told(evening.log),
        "next": spoken(ahead) if ahead else None,
        "is_own": meeting_id in led_by(actor, member.id),
    }


@pages.post(f"{_LOG}/back", audience=Audience.MEMBER)
def log_take_back(actor: Actor, *, member: Tenant, meeting_id: UUID, day: str) -> SeeOther:
    """Take back the log of an evening."""
    meeting, evening = _evening(actor, member, meeting_id, day)
    take_back_log(actor, meeting, values={"on": evening.on})
    notice = _("The log of %(day)s is taken back. It counts as not logged.", day=date_full(evening.on))
    if meeting_id in led_by(actor, member.id):
        return see_other("meetings.own_list", code=member.code, notice=notice)
    return see_other("meetings.meeting_show", code=member.code, meeting_id=meeting_id, notice=notice)


def spoken(evening: Evening) -> str:
    """Return a meeting with the day and hour of an evening."""
    said = {
        "meeting": str(evening.meeting.names),
        "day": date_full(evening.on),
        "hour": hour(evening.schedule.starts_at),
    }
    return _("%(meeting)s, %(day)s, %(hour)s", **said)


def told(log: MeetingLog) -> str:
    """Return in a sentence what was logged of an evening."""
    if log.outcome is Outcome.NOBODY_CAME:
        return _("Nobody came.")
    if log.outcome.is_cancelled:
        return _("The meeting did not take place.")
    if log.people is None:
        return _("The meeting took place. Nobody counted how many came.")
    came = ngettext("%(num)s person came", "%(num)s people came", log.people)
    if log.first_time is None:
        return _("%(came)s. Nobody counted how many for the first time.", came=came)
    new = ngettext("%(num)s for the first time", "%(num)s for the first time", log.first_time)
    return _("%(came)s, %(new)s.", came=came, new=new)


def _evening(actor: Actor, member: Tenant, meeting_id: UUID, day: str) -> tuple[Meeting, Evening]:
    on, meeting = day_of(day), meeting_by_id(member.id, meeting_id)
    POLICY.require(actor, "meetings.log.write", desk_of(meeting))
    evening = evening_on(meeting, on)
    if evening is None:
        raise NotFoundError
    return meeting, evening


def day_of(text: str) -> date:
    """Return the date an address names; NotFoundError for anything but YYYY-MM-DD."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise NotFoundError from None
    if found.isoformat() != text:
        raise NotFoundError
    return found


def _stored(actor: Actor, log: MeetingLog | None) -> dict[str, Any]:
    if log is None:
        return {"led_by": [LedBy.ME.value] if actor.holds("facilitator") else []}
    is_held = log.outcome.is_held
    return {
        "outcome": log.outcome.value,
        "people": log.people,
        "people_uncounted": is_held and log.people is None,
        "first_time": log.first_time,
        "first_time_uncounted": is_held and log.first_time is None,
        "led_by": log.led_by,
    }
