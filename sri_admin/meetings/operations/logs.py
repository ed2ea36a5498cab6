"""Logging evenings, one at a time or a month at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import FieldError, InvalidError, NotFoundError
from sri_admin.kernel.work import record
from sri_admin.meetings.events import MeetingLogged
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.operations.writing import require_here
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.leaders import desk_of
from sri_admin.meetings.queries.lives import Life, life_of
from sri_admin.meetings.queries.logs import find_log, last_revision
from sri_admin.meetings.rules.log import Answers, LedBy, Outcome, answers_of, check_evening

Values = Mapping[str, Any]


def log_meeting(actor: Actor, meeting: Meeting, *, values: Values) -> MeetingLog:
    """Log an evening; what was logged of it before is corrected by this. The same id again answers with the first."""
    _require(actor, meeting)
    given = values.get("record_id") or values.get("id")
    known = db.session.get(MeetingLog, (meeting.member_id, given)) if given else None
    return known or _log(actor, meeting, life_of(meeting), values={**values, "id": given or ids.new()})


def _require(actor: Actor, meeting: Meeting) -> None:
    POLICY.require(actor, "meetings.log.write", desk_of(meeting))
    require_here(meeting.member_id)


def _log(actor: Actor, meeting: Meeting, life: Life | None, *, values: Values) -> MeetingLog:
    before = find_log(meeting, values["on"])
    answers = answers_of({"led_by": [LedBy(each) for each in before.led_by] if before else (), **values})
    was_active = life is not None and life.was_active(values["on"])
    check_evening(values["on"], today=clock.today(meeting.time_zone), was_active=was_active)
    if before is not None and _answers(before) == answers:
        return before
    return _keep(actor, meeting, answers, values=values)


def log_evenings(actor: Actor, meeting: Meeting, *, values: Sequence[Values]) -> list[MeetingLog]:
    """Log several evenings of a meeting as they stand on a sheet of paper, all of them or none.

    InvalidError names the fields of every evening that is wrong, such as `people_7` for the 7th.
    """
    _require(actor, meeting)
    kept: list[MeetingLog] = []
    faults: list[FieldError] = []
    life = life_of(meeting)
    for each in values:
        try:
            kept.append(_log(actor, meeting, life, values={**each, "id": ids.new()}))
        except InvalidError as error:
            day = each["on"].day
            faults += [FieldError(f"{fault.field or 'outcome'}_{day}", fault.message) for fault in error.fields]
    if faults:
        raise InvalidError(faults)
    return kept


def take_back_log(actor: Actor, meeting: Meeting, *, values: Values) -> MeetingLog:
    """Take back the log of an evening: it counts as not logged."""
    POLICY.require(actor, "meetings.log.take_back", desk_of(meeting))
    require_here(meeting.member_id)
    if find_log(meeting, values["on"]) is None:
        raise NotFoundError
    return _keep(actor, meeting, Answers(Outcome.TAKEN_BACK), values={**values, "id": ids.new()})


def _keep(actor: Actor, meeting: Meeting, answers: Answers, *, values: Values) -> MeetingLog:
    on, revision = values["on"], last_revision(meeting, values["on"]) + 1
    log = MeetingLog(
        member_id=meeting.member_id,
        id=values["id"],
        meeting_id=meeting.id,
        on=on,
        revision=revision,
        outcome=answers.outcome,
        people=answers.people,
        first_time=answers.first_time,
        led_by=[each.value for each in answers.led_by],
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(log)
    event = MeetingLogged(
        member_id=meeting.member_id,
        subject=meeting.id,
        on=on,
        outcome=answers.outcome,
        is_correction=revision > 1,
    )
    record(actor, event, log)
    return log


def _answers(log: MeetingLog) -> Answers:
    return Answers(log.outcome, log.people, log.first_time, tuple(LedBy(each) for each in log.led_by))
