"""How a finding stands follows from the rows of both sides, whatever their order; every set of rows has an answer."""

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.integrity.rules import finding_words as words
from sri_admin.integrity.rules.finding import (
    DUE_DAYS,
    OVER,
    POSSIBLE,
    WAITS_FOR_SRI,
    Act,
    FindingState,
    Issued,
    Move,
    Reply,
    Row,
    Severity,
    Standing,
    Step,
    due_on,
    milder,
    standing_of,
)

TODAY = date(2026, 6, 1)
BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
IDS = st.integers(1, 6).map(lambda number: UUID(int=number))
MOMENTS = st.integers(0, 50).map(lambda hours: BEGIN + timedelta(hours=hours))
SEVERITIES = st.sampled_from(Severity)
STEPS = st.lists(
    st.builds(
        Step,
        place=st.integers(1, 8),
        move=st.sampled_from(Move),
        severity=st.none() | SEVERITIES,
        due_on=st.none() | st.dates(TODAY, TODAY + timedelta(days=300)),
        about=st.none() | IDS,
    ),
    max_size=5,
    unique_by=lambda each: each.place,
)
REPLIES = st.lists(st.builds(Row, id=IDS, at=MOMENTS, reply=st.sampled_from(Reply)), max_size=4)
ROWS = st.lists(st.builds(Row, id=IDS, at=MOMENTS, about=IDS), max_size=4)
ISSUED = st.builds(Issued, severity=SEVERITIES, due_on=st.none() | st.just(TODAY))


@given(issued=ISSUED, steps=STEPS, replies=REPLIES, actions=ROWS, reports=ROWS, seed=st.integers())
def test_every_set_of_rows_has_one_standing_whatever_its_order(
    issued: Issued, steps: list[Step], replies: list[Row], actions: list[Row], reports: list[Row], seed: int
) -> None:
    def shuffled(rows: list) -> list:
        return random.Random(seed).sample(rows, len(rows))

    found = standing_of(issued, steps=steps, replies=replies, actions=actions, reports=reports)
    again = standing_of(
        issued,
        steps=shuffled(steps),
        replies=shuffled(replies),
        actions=shuffled(actions),
        reports=shuffled(reports) + reports,
    )
    assert found.state is again.state
    assert (found.severity, found.due_on, found.holds_renewals) == (again.severity, again.due_on, again.holds_renewals)


@given(issued=ISSUED, steps=STEPS, replies=REPLIES, actions=ROWS, reports=ROWS)
def test_what_sri_ended_no_row_of_the_country_opens_again(
    issued: Issued, steps: list[Step], replies: list[Row], actions: list[Row], reports: list[Row]
) -> None:
    alone = standing_of(issued, steps=steps)
    if {Move.WITHDRAW, Move.EFFECTIVE} & {each.move for each in steps}:
        assert alone.state in OVER
        assert standing_of(issued, steps=steps, replies=replies, actions=actions, reports=reports).state is alone.state


@given(issued=ISSUED, replies=REPLIES, actions=ROWS, reports=ROWS)
def test_a_country_alone_never_closes_what_asks_for_something(
    issued: Issued, replies: list[Row], actions: list[Row], reports: list[Row]
) -> None:
    found = standing_of(issued, replies=replies, actions=actions, reports=reports)
    assert found.is_open or issued.severity not in DUE_DAYS
    assert found.holds_renewals == (issued.severity is Severity.CRITICAL)


@given(issued=ISSUED, steps=STEPS, replies=REPLIES, actions=ROWS, reports=ROWS)
def test_whatever_stands_is_said_and_nothing_is_possible_once_it_is_over(
    issued: Issued, steps: list[Step], replies: list[Row], actions: list[Row], reports: list[Row]
) -> None:
    found = standing_of(issued, steps=steps, replies=replies, actions=actions, reports=reports)
    assert str(words.badge_of(found, on=TODAY).label)
    assert str(words.next_step(found))
    possible = {act for act in Act if found.is_possible(act)}
    assert not possible if found.state in OVER else True
    assert not (possible & {Act.DECIDE, Act.VERIFY}) or found.state in WAITS_FOR_SRI


def test_every_open_state_has_something_that_can_be_done() -> None:
    assert set().union(*POSSIBLE.values()) == set(FindingState) - OVER


@pytest.mark.parametrize(("severity", "days"), [("critical", 30), ("major", 90), ("minor", 180)])
def test_how_long_a_country_has_follows_from_the_weight(severity: str, days: int) -> None:
    assert due_on(Severity(severity), TODAY) == TODAY + timedelta(days=days)


def test_what_asks_for_nothing_has_no_day_and_closes_with_its_acknowledgement() -> None:
    issued = Issued(severity=Severity.OBSERVATION, due_on=due_on(Severity.OBSERVATION, TODAY))
    assert issued.due_on is None
    seen = Row(id=UUID(int=1), at=BEGIN, reply=Reply.ACKNOWLEDGE)
    assert [standing_of(issued, replies=each).state for each in ((), (seen,))] == [
        FindingState.ISSUED,
        FindingState.CLOSED,
    ]


def test_what_the_country_acknowledged_it_does_not_dispute_any_more() -> None:
    issued = Issued(severity=Severity.MAJOR, due_on=TODAY)
    seen, late = (
        Row(id=UUID(int=place), at=BEGIN + timedelta(hours=place), reply=reply)
        for place, reply in enumerate((Reply.ACKNOWLEDGE, Reply.DISPUTE), 1)
    )
    early = Row(id=UUID(int=3), at=BEGIN, reply=Reply.DISPUTE)
    found = [standing_of(issued, replies=each).state for each in ((early,), (seen, late), (early, seen))]
    assert found == [FindingState.DISPUTED, FindingState.ACKNOWLEDGED, FindingState.ACKNOWLEDGED]


def test_a_finding_is_downgraded_to_something_lighter_and_never_to_praise() -> None:
    assert milder(Severity.MAJOR) == [Severity.MINOR, Severity.OBSERVATION]
    assert milder(Severity.OBSERVATION) == []
    assert milder(Severity.GOOD_PRACTICE) == []


@pytest.mark.parametrize(("state", "late"), [(FindingState.PLANNED, True), (FindingState.REPORTED, False)])
def test_a_country_is_late_only_while_it_is_its_turn(state: FindingState, late: bool) -> None:
    standing = Standing(state=state, severity=Severity.MINOR, due_on=TODAY)
    assert not standing.is_overdue(TODAY)
    assert standing.is_overdue(TODAY + timedelta(days=1)) is late
