"""Values that follow from meetings and logs: proposed, never silently a zero, replaced by hand and set back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from sri_admin.kernel import clock
from sri_admin.meetings.queries.figures import Figures
from sri_admin.meetings.rules.log import Outcome
from sri_admin.members.rules.member import MemberState, Transition
from sri_admin.reporting.operations import drafts
from sri_admin.reporting.queries.drafts import Working, working_on
from sri_admin.reporting.queries.punctual import on_time
from sri_admin.reporting.queries.returns import earlier_numbers, month_of
from sri_admin.reporting.queries.statistics import own_numbers, statistics
from sri_admin.reporting.rules.months import Punctual, last_months
from sri_admin.reporting.rules.prefill import proposed
from sri_admin.reporting.rules.standing import IntakeState
from sri_admin.reporting.rules.totals import Total
from sri_admin.reporting.rules.values import Cell, Indicator, Status, cells_of
from tests.make import meetings
from tests.make import members as make
from tests.make import reporting as rep
from tests.make.reporting import MONTH

pytestmark = pytest.mark.usefixtures("database")
TUESDAYS = [date(2026, 10, day) for day in (6, 13, 20, 27)]


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is the 10th of November 2026."""
    with clock.running(rep.ticking(datetime(2026, 11, 10, 9, 0, tzinfo=UTC))):
        yield


@pytest.fixture
def member(november: None) -> UUID:
    """A licensed country that reports by months."""
    rep.catalogue()
    return make.member("QM", MemberState.LICENSED)


def since_june(code: str) -> UUID:
    """Make a country that is licensed since June."""
    with clock.running(rep.ticking(datetime(2026, 6, 10, 9, 0, tzinfo=UTC))):
        return make.member(code, MemberState.LICENSED)


def work(member: UUID) -> Working:
    return rep.read(lambda: working_on(month_of(make.found(member), MONTH, at_home=True)))


def kept(member: UUID, **cells: Cell | None) -> None:
    preparer = make.actor("coordinator", member)
    make.writing(member, lambda: drafts.keep_draft(preparer, make.found(member), MONTH, values={"cells": cells}))


def test_what_is_logged_is_proposed_and_what_is_not_logged_is_no_zero(member: UUID) -> None:
    meeting = meetings.meeting(member)
    before = work(member)
    for on in TUESDAYS[:3]:
        meetings.logged(member, meeting, on)
    after = work(member)
    assert [each.code for each in before.unanswered] == [*Indicator][:4]
    assert after.cells == {
        Indicator.MEETINGS_HELD: Cell.counted(3),
        Indicator.ATTENDANCES: Cell.counted(27),
        Indicator.FIRST_TIME: Cell.counted(6),
        Indicator.NEW_MEETINGS: Cell(Status.ZERO, 0),
    }
    assert (after.figures.logged, after.figures.expected) == (3, 4)


def test_a_meeting_took_place_also_if_nobody_came(member: UUID) -> None:
    meeting = meetings.meeting(member)
    meetings.logged(member, meeting, TUESDAYS[0])
    meetings.logged(member, meeting, TUESDAYS[1], outcome=Outcome.NOBODY_CAME)
    meetings.logged(member, meeting, TUESDAYS[2], outcome=Outcome.CANCELLED_PLANNED)
    found = work(member).cells
    assert (found[Indicator.MEETINGS_HELD], found[Indicator.ATTENDANCES]) == (Cell.counted(2), Cell.counted(9))


def test_a_number_nobody_counted_is_said_as_that(member: UUID) -> None:
    meeting = meetings.meeting(member)
    meetings.logged(member, meeting, TUESDAYS[0], people=None, first_time=None)
    found = work(member)
    assert found.cells[Indicator.ATTENDANCES] == Cell(Status.NOT_COLLECTED, None)
    meetings.logged(member, meeting, TUESDAYS[1])
    partly = work(member).proposed[Indicator.ATTENDANCES]
    assert (partly.cell, partly.uncounted) == (Cell(Status.ESTIMATED, 9), 1)


@pytest.mark.parametrize(
    ("came", "uncounted", "cell"),
    [
        (0, 9, Cell(Status.NOT_COLLECTED, None)),
        (0, 10, Cell(Status.NOT_COLLECTED, None)),
        (7, 9, Cell(Status.ESTIMATED, 7)),
        (0, 0, Cell(Status.ZERO, 0)),
        (7, 0, Cell(Status.REPORTED, 7)),
    ],
)
def test_what_was_counted_at_some_meetings_only_is_neither_a_zero_nor_a_count(
    came: int, uncounted: int, cell: Cell
) -> None:
    figures = Figures(logged=10, held=10, attendances=came, uncounted=uncounted)
    assert proposed(figures)[Indicator.ATTENDANCES].cell == cell


def test_a_value_changed_by_hand_says_so_and_can_be_set_back(member: UUID) -> None:
    meeting = meetings.meeting(member)
    meetings.logged(member, meeting, TUESDAYS[0])
    kept(member, attendances=Cell.counted(40))
    changed = work(member)
    kept(member, attendances=None)
    back = work(member)
    assert (changed.cells["attendances"].value, changed.is_by_hand("attendances")) == (40, True)
    assert (back.cells["attendances"].value, back.is_by_hand("attendances")) == (9, False)


def test_what_nobody_touched_follows_a_log_that_comes_later(member: UUID) -> None:
    meeting = meetings.meeting(member)
    meetings.logged(member, meeting, TUESDAYS[0])
    kept(member, certified_facilitators=Cell.counted(7))
    meetings.logged(member, meeting, TUESDAYS[1])
    assert work(member).cells["attendances"].value == 18


def test_a_return_in_time_one_late_and_one_missing(member: UUID) -> None:
    early = since_june("QN")
    for month, moment in ((7, datetime(2026, 8, 14, tzinfo=UTC)), (8, datetime(2026, 10, 1, tzinfo=UTC))):
        with clock.running(rep.ticking(moment)):
            rep.approved(early, date(2026, month, 1))
    found = rep.read(lambda: on_time(early, date(2026, 8, 1), date(2026, 12, 31)))
    assert found == Punctual(expected=3, on_time=1, late=1, missing=1)
    assert rep.read(lambda: on_time(member, date(2026, 8, 1), date(2026, 11, 9))) == Punctual(0, 0, 0, 0)


def test_totals_hold_what_was_accepted_and_say_of_how_many(member: UUID) -> None:
    first, second = since_june("QN"), since_june("QP")
    rep.accepted(first, attendances=120)
    rep.approved(second, attendances=999)
    rep.received(second)
    found = rep.read(lambda: statistics(last_months(date(2026, 11, 10), 12)))
    assert found.total("attendances", MONTH) == Total(120, reported=1, estimated=0, expected=2)


def test_a_country_counts_as_its_own_what_sri_accepted_and_what_is_on_its_way_but_nothing_that_came_back() -> None:
    rep.catalogue()
    member = since_june("QN")
    for month in (6, 7, 8, 9):
        rep.approved(member, date(2026, month, 1), attendances=100 + month)
    rep.received(member)
    for month, verdict in ((6, IntakeState.ACCEPTED), (7, IntakeState.RETURNED)):
        (row,) = rep.seen(member, date(2026, month, 1)).rows.revisions
        rep.decided(member, row.id, verdict)
    own = rep.read(lambda: own_numbers(make.found(member), last_months(date(2026, 11, 10), 6)))
    totals = [each.total("attendances") for each in own]
    assert [each.value for each in totals] == [None, 106, None, 108, 109, None]
    assert [(each.reported, each.expected) for each in totals] == [(0, 0), (1, 1), (0, 1), (1, 1), (1, 1), (0, 1)]


def test_a_country_that_left_stays_in_the_months_in_which_it_was_licensed(member: UUID) -> None:
    leaving = since_june("QN")
    since_june("QP")
    rep.accepted(leaving, attendances=120)
    months = last_months(date(2026, 11, 10), 12)
    before = rep.read(lambda: statistics(months).totals("attendances"))
    for transition in (Transition.BEGIN_WITHDRAWAL, Transition.WITHDRAW):
        make.step(leaving, transition)
    after = rep.read(lambda: statistics(months).totals("attendances"))
    assert after == before
    assert after[-1] == Total(120, reported=1, estimated=0, expected=2)


def test_a_correction_counts_once_it_is_accepted(member: UUID) -> None:
    rep.accepted(member, attendances=120)
    rep.answered(member, rep.asked(member))
    corrected = rep.approved(member, attendances=130)
    rep.received(member)
    assert official(member) == 120
    rep.decided(member, corrected)
    assert official(member) == 130


def official(member: UUID) -> int | None:
    """Return the attendances that count, once it is sure that the statistics and the month's own page say the same."""
    counted = rep.read(lambda: statistics([MONTH]).total("attendances", MONTH).value)
    row = rep.seen(member, at_home=False).official
    assert row is not None
    assert cells_of(row.cells)["attendances"].value == counted
    return counted


def test_only_the_last_twelve_months_are_read_to_tell_what_is_usual(member: UUID) -> None:
    months = last_months(MONTH, 14)
    for number, month in enumerate(months):
        rep.approved(member, month, attendances=100 + number)
    earlier = rep.read(lambda: earlier_numbers(member, MONTH, known_at=clock.now()))
    assert earlier["attendances"] == [100 + number for number in range(13, 1, -1)]
