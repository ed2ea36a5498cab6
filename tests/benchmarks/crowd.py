"""Sixty countries after two years of work: meetings, returns and logs as the operations would have left them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from uuid import UUID

import psycopg

from sri_admin.kernel import clock, ids
from sri_admin.kernel.text import Text
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, PastSchedule
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.log import LedBy, Outcome
from sri_admin.meetings.rules.meeting import STEPS, Access, MeetingState, Settlement, Step, Venue
from sri_admin.meetings.rules.naming import search_text
from sri_admin.members.rules.agreement import ProgrammeType
from sri_admin.members.rules.member import MemberState, Transition
from sri_admin.reporting.models.returns import ProposalAnswer, ReturnIntake, ReturnProposal, ReturnRevision
from sri_admin.reporting.queries.catalogue import data_set_for
from sri_admin.reporting.rules.months import after, last_months
from sri_admin.reporting.rules.standing import Answer, IntakeState
from sri_admin.reporting.rules.values import Cell, Content, Indicator, ReturnKind, cells_to_wire, values_hash
from tests.benchmarks.bulk import Row, connected, copy, settle
from tests.make import members as make
from tests.make import reporting as rep

COMMUNITIES, MONTHS, LOGGED_DAYS = 120, 24, 45
_SOME, _BEGAN = Random(4), timedelta(days=31 * MONTHS + 60)
_WAYS: dict[MeetingState, tuple[Step, ...]] = {
    MeetingState.PROPOSED: (),
    MeetingState.ACTIVE: (Step.APPROVE, Step.ACTIVATE),
    MeetingState.ON_HOLD: (Step.APPROVE, Step.ACTIVATE, Step.HOLD),
    MeetingState.CLOSED: (Step.APPROVE, Step.ACTIVATE, Step.CLOSE),
}
_SHARES = (2, 90, 4, 4)


def gathered(members: int, meetings: int) -> list[UUID]:
    """Make countries that have worked for two years, each with meetings and monthly returns; the first keeps logs."""
    rep.catalogue()
    made = [_licensed(number) for number in range(members)]
    data_set = rep.read(lambda: data_set_for(clock.today().replace(day=1)).id)
    with connected() as connection:
        for member_id in made:
            _fill_meetings(connection, member_id, meetings, with_logs=member_id == made[0])
            _fill_returns(connection, member_id, data_set)
        settle(connection)
    return made


def _licensed(number: int) -> UUID:
    with clock.running(clock.skewed(-_BEGAN)):
        member_id = make.member(f"Q{number:02}", MemberState.IN_FORMATION)
        make.signed(member_id, territories=[f"QM-{number}"], ends_on=clock.today() + _BEGAN + timedelta(days=400))
        make.step(member_id, Transition.LICENSE)
    return member_id


def _fill_meetings(connection: psycopg.Connection, member_id: UUID, number: int, *, with_logs: bool) -> None:
    places = [_community(member_id, each) for each in range(COMMUNITIES)]
    copy(connection, Community, places)
    rows = [_meeting(member_id, each, _SOME.choice(places)["id"]) for each in range(number)]
    copy(connection, Meeting, rows)
    copy(connection, MeetingEvent, [step for row in rows for step in _steps(row)])
    copy(connection, PastSchedule, [_past(row) for row in rows[::20]])
    if with_logs:
        copy(connection, MeetingLog, [log for row in rows if row["opened_on"] for log in _logs(row)])


def _community(member_id: UUID, number: int) -> Row:
    return {
        "member_id": member_id,
        "id": ids.new(),
        "version": 1,
        "kind": CommunityKind.CITY,
        "parent_id": None,
        "names": Text.of(f"Town {number}", pl=f"Miasto {number}"),
        "sensitive": False,
        "time_zone": "UTC",
    }


def _meeting(member_id: UUID, number: int, community_id: UUID) -> Row:
    (state,) = _SOME.choices(list(_WAYS), _SHARES)
    first_on = clock.today() - timedelta(days=_SOME.randrange(60, _BEGAN.days))
    names, way = Text.of(f"Meeting {number} by the harbour", pl=f"Spotkanie {number}"), _WAYS[state]
    return {
        "member_id": member_id,
        "id": ids.new(),
        "version": 1 + len(way),
        "community_id": community_id,
        "names": names,
        "programme_type": ProgrammeType.FOUR_POINT,
        "audience": [],
        "languages": ["en"],
        "venue": Venue.IN_PERSON,
        "settlement": _SOME.choice(list(Settlement)),
        "access": Access.PUBLIC_OPEN,
        "weekday": _SOME.randint(1, 7),
        "starts_at": time(_SOME.randint(9, 20)),
        "minutes": 90,
        "time_zone": "UTC",
        "first_on": first_on,
        "every_weeks": 1,
        "state": state,
        "state_since": _day_of_step(first_on, len(way)),
        "reason": STEPS[way[-1]].reasons[0] if way and STEPS[way[-1]].reasons else None,
        "expected_return": None,
        "opened_on": _day_of_step(first_on, 2) if way else None,
        "confirmed_on": clock.today() - timedelta(days=_SOME.randrange(0, 100)) if way else None,
        "search": search_text(names),
    }


def _day_of_step(first_on: date, number: int) -> date:
    return first_on + timedelta(days=(0, 0, 1, 40)[number])


def _steps(meeting: Row) -> Iterator[Row]:
    before = MeetingState.PROPOSED
    for number, step in enumerate(_WAYS[meeting["state"]], start=1):
        on, rule = _day_of_step(meeting["first_on"], number), STEPS[step]
        yield {
            "member_id": meeting["member_id"],
            "id": ids.new(),
            "meeting_id": meeting["id"],
            "number": number,
            "step": step,
            "from_state": before,
            "to_state": rule.target,
            "on": on,
            "reason": rule.reasons[0] if rule.reasons else None,
            "expected_return": None,
            **_by(on, "coordinator"),
        }
        before = rule.target


def _past(meeting: Row) -> Row:
    same = ("member_id", "starts_at", "minutes", "time_zone", "every_weeks")
    return {
        **{name: meeting[name] for name in same},
        "id": ids.new(),
        "meeting_id": meeting["id"],
        "weekday": 1,
        "first_on": meeting["first_on"] - timedelta(days=90),
        **_by(meeting["first_on"], "coordinator"),
    }


def _logs(meeting: Row) -> Iterator[Row]:
    day = clock.today() - timedelta(days=LOGGED_DAYS)
    day += timedelta(days=(meeting["weekday"] - day.isoweekday()) % 7)
    while day < clock.today():
        people = _SOME.randint(3, 15)
        yield {
            "member_id": meeting["member_id"],
            "id": ids.new(),
            "meeting_id": meeting["id"],
            "on": day,
            "revision": 1,
            "outcome": Outcome.HELD,
            "people": people,
            "first_time": people // 4,
            "led_by": [LedBy.ME],
            **_by(day, "facilitator"),
        }
        day += timedelta(days=7)


def _by(on: date, role: str) -> Row:
    return {"at": _noon(on), "actor": f"usr_{role}", "role": role}


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(12), UTC)


def _fill_returns(connection: psycopg.Connection, member_id: UUID, data_set: UUID) -> None:
    # The newest month is not sent yet, so that there is one to prepare; the one before waits for SRI.
    *done, waiting, _newest = last_months(clock.today(), MONTHS)
    proposals = [_proposal(member_id, month, data_set) for month in (*done, waiting)]
    revisions = [_revision(each) for each in proposals]
    copy(connection, ReturnProposal, proposals)
    copy(connection, ProposalAnswer, map(_answer, proposals))
    copy(connection, ReturnRevision, revisions)
    copy(connection, ReturnIntake, map(partial(_intake, waiting=waiting), revisions))


def _proposal(member_id: UUID, month: date, data_set: UUID) -> Row:
    held = _SOME.randint(18_000, 20_000)
    numbers = {
        Indicator.MEETINGS_HELD: held,
        Indicator.ATTENDANCES: held * 9,
        Indicator.FIRST_TIME: held * 2,
        Indicator.FACILITATORS: 3_000,
        Indicator.NEW_MEETINGS: _SOME.randint(0, 90),
    }
    cells = {key.value: Cell.counted(number) for key, number in numbers.items()}
    content = Content(
        member=str(member_id),
        month=month,
        revision=1,
        kind=ReturnKind.ORIGINAL,
        data_set=str(data_set),
        cells=cells,
        expected=20_000,
        logged=held,
    )
    return {
        "member_id": member_id,
        "id": ids.new(),
        "month": month,
        "revision": 1,
        "kind": ReturnKind.ORIGINAL,
        "data_set_id": data_set,
        "cells": cells_to_wire(cells),
        "explanations": [],
        "expected": 20_000,
        "logged": held,
        "correction_id": None,
        "values_hash": values_hash(content),
        "prepared_by": "usr_coordinator",
        "prepared_at": _noon(after(month) + timedelta(days=2)),
        "sending": 1,
    }


def _answer(proposal: Row) -> Row:
    return {
        **{name: proposal[name] for name in ("member_id", "values_hash", "prepared_by")},
        "id": ids.new(),
        "proposal_id": proposal["id"],
        "verdict": Answer.APPROVE,
        "reason": "",
        "at": proposal["prepared_at"] + timedelta(hours=1),
        "actor": "usr_chair",
        "role": "chair",
    }


def _revision(proposal: Row) -> Row:
    return {
        **{name: value for name, value in proposal.items() if name != "sending"},
        "approved_by": "usr_chair",
        "approved_role": "chair",
        "approved_at": proposal["prepared_at"] + timedelta(hours=1),
        "kid": "0" * 16,
        "signature": "A" * 86,
    }


def _intake(revision: Row, *, waiting: date) -> Row:
    is_open = revision["month"] == waiting
    return {
        **{name: revision[name] for name in ("member_id", "month", "revision", "values_hash")},
        "id": ids.new(),
        "version": 1 if is_open else 2,
        "revision_id": revision["id"],
        "authors": ["usr_chair", "usr_coordinator"],
        "state": IntakeState.RECEIVED if is_open else IntakeState.ACCEPTED,
        "fault": None,
        "received_at": revision["approved_at"] + timedelta(minutes=5),
        "reason": "",
        "decided_by": None if is_open else "usr_officer",
        "decided_role": None if is_open else "data_officer",
        "decided_at": None if is_open else revision["approved_at"] + timedelta(days=1),
    }
