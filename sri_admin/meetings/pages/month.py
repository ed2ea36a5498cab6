"""A month of one meeting as a grid, for whoever types from paper: one row an evening, one send for all of them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import FieldError, InvalidError, NotFoundError
from sri_admin.kernel.formats import date_full
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.tenancy import Tenant
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.operations.logs import log_evenings
from sri_admin.meetings.pages.logs import day_of
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.evenings import evenings_of_month
from sri_admin.meetings.queries.leaders import desk_of
from sri_admin.meetings.queries.meetings import meeting_by_id
from sri_admin.meetings.queries.writer import is_written_here
from sri_admin.meetings.rules import words
from sri_admin.meetings.rules.log import ANSWERS, MOST_PEOPLE, Outcome
from sri_admin.meetings.rules.schedule import next_month
from sri_admin.meetings.schemas import MonthIn
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form, fold_digits

pages = Pages("meetings")
_AT = "/countries/<code>/meetings/<uuid:meeting_id>/months/<month>"
NOT_COUNTED = "?"


@pages.get(_AT, audience=Audience.MEMBER, template="meetings/month.html")
def month_show(actor: Actor, form: Form, *, member: Tenant, meeting_id: UUID, month: str) -> dict[str, Any]:
    """Show the evenings of a month with what was logged of each, to be typed from paper."""
    meeting, first = _meeting(actor, member, meeting_id), _month(month)
    today = clock.today(meeting.time_zone)
    rows = [each for each in evenings_of_month(meeting, first) if each.on <= today]
    before, after = date.fromordinal(first.toordinal() - 1).replace(day=1), next_month(first)
    return {
        "form": form,
        "member": member,
        "meeting": meeting,
        "month": first,
        "rows": [(each, date_full(each.on), _stored(each.log)) for each in rows],
        "outcomes": [(each.value, words.OUTCOMES[each]) for each in ANSWERS],
        "before": _address(member, meeting, before),
        "after": _address(member, meeting, after) if after <= today else None,
        "url": _address(member, meeting, first),
        "is_here": is_written_here(member.id),
        "not_counted": NOT_COUNTED,
    }


@pages.post(_AT, audience=Audience.MEMBER, takes=MonthIn, again=month_show)
def month_save(actor: Actor, values: Mapping[str, Any], *, member: Tenant, meeting_id: UUID, month: str) -> SeeOther:
    """Log the evenings of a month that were filled in."""
    meeting, first = _meeting(actor, member, meeting_id), _month(month)
    log_evenings(actor, meeting, values=list(_rows(first, values)))
    return see_other(_address(member, meeting, first), notice=_("Thank you. It is saved."))


def _meeting(actor: Actor, member: Tenant, meeting_id: UUID) -> Meeting:
    meeting = meeting_by_id(member.id, meeting_id)
    POLICY.require(actor, "meetings.log.write", desk_of(meeting))
    return meeting


def _month(text: str) -> date:
    first = day_of(f"{text}-01")
    if not date(2000, 1, 1) <= first <= date(2100, 1, 1):
        raise NotFoundError
    return first


def _address(member: Tenant, meeting: Meeting, month: date) -> str:
    return url_for("meetings.month_show", code=member.code, meeting_id=meeting.id, month=f"{month:%Y-%m}")


def _stored(log: MeetingLog | None) -> dict[str, Any]:
    if log is None:
        return {}
    counts = {"people": log.people, "first_time": log.first_time} if log.outcome.is_held else {}
    shown = {name: NOT_COUNTED if count is None else count for name, count in counts.items()}
    return {"outcome": log.outcome.value, **shown}


def _rows(month: date, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was filled in, one row an evening; a row with numbers alone says that the meeting was held."""
    for number in range(1, 32):
        told = {name: values.get(f"{name}_{number}") for name in ("outcome", "people", "first_time")}
        if any(told.values()):
            yield {
                "on": _day(month, number),
                "outcome": told["outcome"] or Outcome.HELD,
                **_count("people", number, told["people"]),
                **_count("first_time", number, told["first_time"]),
            }


def _day(month: date, number: int) -> date:
    try:
        return month.replace(day=number)
    except ValueError:
        raise NotFoundError from None


def _count(name: str, number: int, text: str | None) -> dict[str, Any]:
    """Return one count as it was typed: a number, nothing, or the mark for "not counted"."""
    if text == NOT_COUNTED:
        return {f"{name}_uncounted": True}
    if not text:
        return {}
    folded = fold_digits(text)
    if not folded.isdecimal() or int(folded) > MOST_PEOPLE:
        raise InvalidError([FieldError(f"{name}_{number}", _l("Write a whole number, or ? where nobody counted."))])
    return {name: int(folded)}
