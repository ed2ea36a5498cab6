"""The rules of meetings without a database: dates of a schedule, steps, answers of a log, the tree of communities."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.kernel.errors import AppError, ConflictError, InvalidError
from sri_admin.meetings.rules.community import ancestors, check_parent
from sri_admin.meetings.rules.log import Answers, LedBy, Outcome, answers_of, check_evening
from sri_admin.meetings.rules.meeting import (
    STEPS,
    MeetingState,
    Reason,
    Step,
    check_day,
    check_return,
    is_confirmed,
    next_state,
    steps_from,
)
from sri_admin.meetings.rules.schedule import (
    Schedule,
    Turn,
    begins,
    dates,
    ends,
    expected,
    how_many,
    is_active,
    last_day,
    month_of,
    next_month,
)

ACTIVE, ON_HOLD, CLOSED = MeetingState.ACTIVE, MeetingState.ON_HOLD, MeetingState.CLOSED
ZONES = ["UTC", "Europe/Warsaw", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def schedule(**more: Any) -> Schedule:
    tuesdays: dict[str, Any] = {
        "weekday": 2,
        "starts_at": time(18, 30),
        "minutes": 90,
        "time_zone": "UTC",
        "first_on": date(2026, 1, 1),
    }
    return Schedule(**{**tuesdays, **more})


schedules = st.builds(
    Schedule,
    weekday=st.integers(1, 7),
    starts_at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    minutes=st.integers(15, 600),
    time_zone=st.sampled_from(ZONES),
    first_on=days,
    every_weeks=st.sampled_from([1, 2]),
)


@given(schedules, days, st.integers(0, 800))
def test_the_dates_of_a_schedule_are_exactly_its_weekdays_at_its_stride(
    each: Schedule, since: date, length: int
) -> None:
    until = since + timedelta(days=length)
    found = list(dates(each, since, until))
    first = next(
        day for day in (each.first_on + timedelta(days=n) for n in range(7)) if day.isoweekday() == each.weekday
    )
    every_day = (since + timedelta(days=n) for n in range(length + 1))
    stride = 7 * each.every_weeks
    assert found == [day for day in every_day if day >= first and (day - first).days % stride == 0]


@given(schedules, days)
def test_months_leave_out_no_date_and_count_none_twice(each: Schedule, day: date) -> None:
    months = [month_of(day)]
    for _more in range(5):
        months.append(next_month(months[-1]))
    by_month = [found for month in months for found in dates(each, month, last_day(month))]
    assert by_month == list(dates(each, months[0], last_day(months[-1])))


@given(days)
def test_a_month_ends_the_day_before_the_next_one(day: date) -> None:
    month = month_of(day)
    assert (month.day, next_month(month).day, last_day(month) + timedelta(days=1)) == (1, 1, next_month(month))
    assert month <= day <= last_day(month)


@given(st.lists(st.tuples(days, st.sampled_from([ACTIVE, ON_HOLD, CLOSED])), max_size=8), schedules, days)
def test_a_date_is_expected_exactly_while_the_meeting_is_active(
    steps: list[tuple[date, MeetingState]], each: Schedule, since: date
) -> None:
    turns, until = [Turn(*step) for step in sorted(steps, key=lambda step: step[0])], since + timedelta(days=200)
    for day in dates(each, since, until):
        last = [turn.state for turn in turns if turn.on <= day][-1:]
        assert (day in expected([each], turns, since, until)) == is_active(turns, day) == (last == [ACTIVE])


@given(
    st.lists(st.tuples(days, st.sampled_from([ACTIVE, ON_HOLD, CLOSED])), max_size=8),
    st.lists(schedules, min_size=1, max_size=3),
    days,
    st.integers(0, 300),
)
def test_as_many_dates_are_counted_as_are_expected(
    steps: list[tuple[date, MeetingState]], pieces: list[Schedule], since: date, length: int
) -> None:
    turns = [Turn(*step) for step in sorted(steps, key=lambda step: step[0])]
    ordered, until = sorted(pieces, key=lambda each: each.first_on), since + timedelta(days=length)
    assert how_many(ordered, turns, since, until) == len(expected(ordered, turns, since, until))


def test_a_hold_takes_out_the_evenings_from_its_first_day_to_the_day_before_the_return() -> None:
    turns = [Turn(date(2026, 3, 1), ACTIVE), Turn(date(2026, 4, 7), ON_HOLD), Turn(date(2026, 4, 21), ACTIVE)]
    found = expected([schedule()], turns, date(2026, 4, 1), date(2026, 4, 30))
    assert found == [date(2026, 4, 21), date(2026, 4, 28)]


def test_a_meeting_closed_on_its_own_day_is_not_expected_that_evening() -> None:
    turns = [Turn(date(2026, 3, 1), ACTIVE), Turn(date(2026, 4, 14), CLOSED)]
    assert expected([schedule()], turns, date(2026, 4, 1), date(2026, 4, 30)) == [date(2026, 4, 7)]


def test_two_steps_on_one_day_leave_the_last_one_standing() -> None:
    day = date(2026, 4, 7)
    assert not is_active(
        [Turn(date(2026, 1, 1), ACTIVE), Turn(day, ON_HOLD), Turn(day, ACTIVE), Turn(day, CLOSED)], day
    )


def test_a_schedule_counts_until_the_next_one_begins() -> None:
    moved = schedule(weekday=4, first_on=date(2026, 4, 16))
    turns = [Turn(date(2026, 1, 1), ACTIVE)]
    found = expected([schedule(), moved], turns, date(2026, 4, 1), date(2026, 4, 30))
    assert [each.day for each in found] == [7, 14, 16, 23, 30]


@given(st.lists(schedules, min_size=1, max_size=4, unique_by=lambda each: each.first_on), days)
def test_changing_the_schedule_never_changes_the_evenings_before(pieces: list[Schedule], since: date) -> None:
    ordered = sorted(pieces, key=lambda each: each.first_on)
    turns, until = [Turn(date(2019, 1, 1), ACTIVE)], since + timedelta(days=400)
    before = (
        [day for day in expected(ordered[:-1], turns, since, until) if day < ordered[-1].first_on]
        if ordered[:-1]
        else []
    )
    assert [day for day in expected(ordered, turns, since, until) if day < ordered[-1].first_on] == before


@given(schedules, days)
def test_a_meeting_begins_at_its_local_hour_whatever_the_clocks_do(each: Schedule, day: date) -> None:
    begun = begins(each, day)
    local = begun.astimezone(ZoneInfo(each.time_zone))
    shown = datetime.combine(local.date(), local.time())
    asked = datetime.combine(day, each.starts_at)
    assert begun.tzinfo is UTC
    # Only an hour the clocks leave out is told later than it was asked for.
    assert timedelta(0) <= shown - asked <= (timedelta(hours=24) if shown != asked else timedelta(0))
    assert ends(each, day) - begun == timedelta(minutes=each.minutes)


@pytest.mark.parametrize(
    ("day", "hour", "begun"),
    [
        (date(2026, 3, 24), time(18, 30), "2026-03-24T17:30:00+00:00"),
        (date(2026, 3, 31), time(18, 30), "2026-03-31T16:30:00+00:00"),
        (date(2026, 3, 29), time(2, 30), "2026-03-29T01:30:00+00:00"),
        (date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00+00:00"),
    ],
)
def test_summer_time_moves_the_moment_but_not_the_hour(day: date, hour: time, begun: str) -> None:
    assert begins(schedule(starts_at=hour, time_zone="Europe/Warsaw"), day).isoformat() == begun


def test_every_state_but_none_is_a_dead_end() -> None:
    assert {state: bool(steps_from(state)) for state in MeetingState} == dict.fromkeys(MeetingState, True)


@pytest.mark.parametrize("state", list(MeetingState))
@pytest.mark.parametrize("step", list(Step))
def test_a_step_leads_where_the_table_says_or_is_refused(state: MeetingState, step: Step) -> None:
    rule = STEPS[step]
    reason = rule.reasons[0] if rule.reasons else None
    if state in rule.sources:
        assert next_state(state, step, reason=reason) is rule.target
    else:
        with pytest.raises(ConflictError):
            next_state(state, step, reason=reason)


@pytest.mark.parametrize("step", [Step.HOLD, Step.CLOSE, Step.SEND_BACK, Step.REOPEN])
def test_a_step_back_needs_a_reason_that_fits(step: Step) -> None:
    state = next(iter(STEPS[step].sources))
    for reason in (None, *(set(Reason) - set(STEPS[step].reasons))):
        with pytest.raises(InvalidError):
            next_state(state, step, reason=reason)


def test_a_step_forward_takes_no_reason() -> None:
    with pytest.raises(InvalidError):
        next_state(MeetingState.PROPOSED, Step.APPROVE, reason=Reason.OTHER)


def test_a_step_is_taken_neither_ahead_nor_before_the_last_one() -> None:
    today = date(2026, 4, 14)
    check_day(today, today=today, not_before=today)
    for on, before in ((date(2026, 4, 15), None), (date(2026, 4, 1), date(2026, 4, 2))):
        with pytest.raises(InvalidError):
            check_day(on, today=today, not_before=before)


def test_a_return_belongs_to_a_hold_and_lies_after_it() -> None:
    day = date(2026, 4, 14)
    check_return(Step.HOLD, day, day + timedelta(days=1))
    check_return(Step.CLOSE, day, None)
    for step, back in ((Step.HOLD, day), (Step.CLOSE, day + timedelta(days=1))):
        with pytest.raises(InvalidError):
            check_return(step, day, back)


@pytest.mark.parametrize(("age", "confirmed"), [(0, True), (90, True), (91, False)])
def test_a_confirmation_holds_for_ninety_days(age: int, confirmed: bool) -> None:
    today = date(2026, 4, 14)
    assert is_confirmed(today - timedelta(days=age), today=today) is confirmed
    assert not is_confirmed(None, today=today)


HELD: dict[str, Any] = {"outcome": Outcome.HELD, "people": 9, "first_time": 2, "led_by": [LedBy.ME]}


def test_the_four_answers_are_kept() -> None:
    assert answers_of(HELD) == Answers(Outcome.HELD, 9, 2, (LedBy.ME,))


def test_not_counted_is_not_zero() -> None:
    not_counted = {**HELD, "people": None, "first_time": None, "people_uncounted": True, "first_time_uncounted": True}
    assert answers_of(not_counted) == Answers(Outcome.HELD, None, None, (LedBy.ME,))
    assert answers_of({**HELD, "people_uncounted": True}).people is None
    assert answers_of({**HELD, "first_time": 0}).first_time == 0


@pytest.mark.parametrize("name", ["people", "first_time"])
def test_a_number_that_is_missing_is_asked_for(name: str) -> None:
    with pytest.raises(InvalidError) as refused:
        answers_of({**HELD, name: None})
    assert refused.value.fields[0].field == name


def test_more_newcomers_than_people_are_refused() -> None:
    with pytest.raises(InvalidError) as refused:
        answers_of({**HELD, "first_time": 10})
    assert refused.value.fields[0].field == "first_time"


def test_a_meeting_without_people_is_one_to_which_nobody_came() -> None:
    empty = Answers(Outcome.NOBODY_CAME, 0, 0)
    assert (answers_of({**HELD, "people": 0}), answers_of({"outcome": Outcome.NOBODY_CAME})) == (empty, empty)


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED_PLANNED, Outcome.CANCELLED_UNPLANNED])
def test_a_cancelled_evening_keeps_no_numbers(outcome: Outcome) -> None:
    assert answers_of({**HELD, "outcome": outcome}) == Answers(outcome)


@given(st.sampled_from(Outcome), st.none() | st.integers(0, 999), st.none() | st.integers(0, 999), st.booleans())
def test_what_is_kept_never_contradicts_itself(
    outcome: Outcome, people: int | None, first_time: int | None, uncounted: bool
) -> None:
    values = {"outcome": outcome, "people": people, "first_time": first_time, "people_uncounted": uncounted}
    try:
        kept = answers_of(values)
    except AppError:
        return
    assert kept.people is None or kept.first_time is None or kept.first_time <= kept.people
    assert kept.outcome.is_held or kept.people in {None, 0}
    assert not (kept.outcome.is_held and kept.people == 0)


@pytest.mark.parametrize(
    ("day", "active"), [(date(2026, 4, 15), True), (date(2025, 3, 1), True), (date(2026, 4, 1), False)]
)
def test_an_evening_to_come_long_ago_or_without_a_meeting_cannot_be_logged(day: date, active: bool) -> None:
    with pytest.raises(AppError):
        check_evening(day, today=date(2026, 4, 14), was_active=active)


ids = st.integers(0, 6).map(lambda number: UUID(int=number))


@given(st.dictionaries(ids, st.none() | ids), ids, st.none() | ids)
def test_no_parent_that_is_accepted_closes_a_circle(
    given_parents: dict[UUID, UUID | None], own: UUID, parent: UUID | None
) -> None:
    parents = {each: above for each, above in given_parents.items() if above is None or above.int < each.int}
    try:
        check_parent(own, parent, parents=parents)
    except InvalidError:
        assert parent is not None
        assert parent not in parents or own in ancestors(parent, parents=parents)
        return
    after = {**parents, own: parent}
    assert parent is None or own not in ancestors(parent, parents=after)
