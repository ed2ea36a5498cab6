"""Entering meetings, correcting what is said of them, and the steps of their life."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.meetings.events import MeetingDescribed, MeetingEntered, MeetingStepTaken
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, PastSchedule
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.communities import parents_of
from sri_admin.meetings.queries.lives import schedule_of
from sri_admin.meetings.queries.meetings import events_of, past_schedules_of
from sri_admin.meetings.rules.meeting import MeetingState, Step, check_day, check_return, next_state
from sri_admin.meetings.rules.naming import search_text
from sri_admin.members.models.member import Member

Values = Mapping[str, Any]
_SAID = ("community_id", "programme_type", "venue", "settlement", "access")
_SCHEDULE = ("weekday", "starts_at", "minutes", "time_zone", "first_on", "every_weeks")
_RUNS = (Step.ACTIVATE, Step.RESUME, Step.CONFIRM)


def enter_meeting(actor: Actor, member: Member, *, values: Values) -> Meeting:
    """Propose a meeting; the same id again answers with the first entry."""
    POLICY.require(actor, "meetings.meeting.enter", member)
    meeting_id = values.get("record_id") or values.get("id") or ids.new()
    known = db.session.get(Meeting, (member.member_id, meeting_id))
    if known is not None:
        return known
    meeting = Meeting(
        member_id=member.member_id,
        id=meeting_id,
        state=MeetingState.PROPOSED,
        state_since=clock.today(values.get("time_zone") or member.time_zone),
        **_said(values, Text.of(values["name"], member.default_locale), time_zone=member.time_zone),
    )
    _check_community(meeting)
    db.session.add(meeting)
    event = MeetingEntered(
        member_id=member.member_id, subject=meeting.id, settlement=meeting.settlement, first_on=meeting.first_on
    )
    record(actor, event, meeting)
    return meeting


def describe_meeting(actor: Actor, meeting: Meeting, *, values: Values) -> Meeting:
    """Correct what is said of a meeting; with a later first day its schedule changes from that day on."""
    POLICY.require(actor, "meetings.meeting.describe", meeting)
    check_version(meeting, values.get("version"))
    names = meeting.names.with_text(meeting.names.source, values["name"])
    said = _said(values, names, time_zone=meeting.time_zone)
    changed = tuple(name for name, value in said.items() if value != getattr(meeting, name))
    if not changed:
        return meeting
    rows: list[Base] = [meeting]
    if said["first_on"] != meeting.first_on:
        rows += _kept_schedule(actor, meeting, said["first_on"])
    for name in changed:
        setattr(meeting, name, said[name])
    _check_community(meeting)
    shown = tuple(name for name in changed if name != "search")
    record(actor, MeetingDescribed(member_id=meeting.member_id, subject=meeting.id, changed=shown), *rows)
    return meeting


def take_step(actor: Actor, meeting: Meeting, *, values: Values) -> Meeting:
    """Take a step in the life of a meeting, or confirm that it runs; the same record_id again changes nothing."""
    step: Step = values["step"]
    POLICY.require(actor, f"meetings.meeting.{step}", meeting)
    event_id = values.get("record_id") or ids.new()
    if db.session.get(MeetingEvent, (meeting.member_id, event_id)) is not None:
        return meeting
    check_version(meeting, values.get("version"))
    reason, today = values.get("reason"), clock.today(meeting.time_zone)
    on, before = values.get("on") or today, meeting.state
    target = next_state(before, step, reason=reason)
    last = next(iter(events_of(meeting)[::-1]), None)
    check_day(on, today=today, not_before=last.on if last else None)
    check_return(step, on, values.get("expected_return"))
    taken = MeetingEvent(
        member_id=meeting.member_id,
        id=event_id,
        meeting_id=meeting.id,
        number=last.number + 1 if last else 1,
        step=step,
        from_state=before,
        to_state=target,
        on=on,
        reason=reason,
        expected_return=values.get("expected_return"),
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(taken)
    _move(meeting, taken)
    event = MeetingStepTaken(
        member_id=meeting.member_id,
        subject=meeting.id,
        step=step,
        to_state=target,
        on=on,
        reason=reason,
        expected_return=taken.expected_return,
    )
    record(actor, event, meeting, taken)
    return meeting


def _move(meeting: Meeting, taken: MeetingEvent) -> None:
    if taken.step in _RUNS:
        meeting.confirmed_on = taken.on
    if taken.step is Step.CONFIRM:
        return
    meeting.state, meeting.state_since = taken.to_state, taken.on
    holds_reason = taken.to_state in {MeetingState.ON_HOLD, MeetingState.CLOSED}
    meeting.reason = taken.reason if holds_reason else None
    meeting.expected_return = taken.expected_return
    if taken.step is Step.ACTIVATE and meeting.opened_on is None:
        meeting.opened_on = max(taken.on, meeting.first_on)


def _said(values: Values, names: Text, *, time_zone: str) -> dict[str, Any]:
    return {
        "names": names,
        "search": search_text(names),
        **{name: values[name] for name in _SAID},
        **{name: values[name] for name in _SCHEDULE if name in values},
        "time_zone": values.get("time_zone") or time_zone,
        "every_weeks": values.get("every_weeks", 1),
        "audience": sorted(each.value for each in values.get("audience", ())),
        "languages": sorted(set(values["languages"])),
    }


def _check_community(meeting: Meeting) -> None:
    if meeting.community_id not in parents_of(meeting.member_id):
        raise InvalidError([FieldError("community_id", _l("Choose a community from the list."))])


def _kept_schedule(actor: Actor, meeting: Meeting, first_on: date) -> list[Base]:
    """Keep the schedule that counted until now, if the meeting ran by it and another one begins later."""
    past = past_schedules_of(meeting)
    if past and first_on <= past[-1].first_on:
        message = _l("An earlier schedule of this meeting begins after this day. Choose a later one.")
        raise InvalidError([FieldError("first_on", message)])
    if meeting.opened_on is None or first_on <= meeting.first_on:
        return []
    kept = PastSchedule(
        member_id=meeting.member_id,
        id=ids.new(),
        meeting_id=meeting.id,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
        **vars(schedule_of(meeting)),
    )
    db.session.add(kept)
    return [kept]
