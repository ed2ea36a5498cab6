"""The figures of a month: what was expected, what was logged, who came, and what is not known."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.meetings.operations import meetings
from sri_admin.meetings.queries.figures import Figures, MonthFigures, month_figures
from sri_admin.meetings.queries.lives import lives_of
from sri_admin.meetings.rules.log import Outcome
from sri_admin.meetings.rules.meeting import MeetingState, Settlement, Step
from sri_admin.meetings.rules.schedule import last_day
from tests.make import meetings as meet
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database", "_in_may")
APRIL = date(2026, 4, 1)


@pytest.fixture
def _in_may() -> Any:
    with clock.running(clock.fixed(datetime(2026, 5, 12, 9, 0, tzinfo=UTC))):
        yield


@pytest.fixture
def member() -> UUID:
    return make.member("QM")


def figures(member_id: UUID, month: date = APRIL) -> MonthFigures:
    with transaction.reading(tenancy.only(member_id)):
        return month_figures(member_id, month)


def test_a_country_without_meetings_has_only_zeros(member: UUID) -> None:
    assert figures(member) == MonthFigures(by_settlement={})


def test_what_was_logged_is_summed_and_what_was_not_counted_is_told(member: UUID) -> None:
    library = meet.meeting(member)
    meet.logged(member, library, date(2026, 4, 7), people=9, first_time=2)
    meet.logged(member, library, date(2026, 4, 14), people=None, first_time=None)
    meet.logged(member, library, date(2026, 4, 21), outcome=Outcome.CANCELLED_PLANNED)
    assert figures(member) == MonthFigures(
        expected=4,
        logged=3,
        held=2,
        cancelled=1,
        attendances=9,
        first_time=2,
        uncounted=1,
        uncounted_first_time=1,
        active=1,
        by_settlement={
            Settlement.CITY: Figures(
                expected=4,
                logged=3,
                held=2,
                cancelled=1,
                attendances=9,
                first_time=2,
                uncounted=1,
                uncounted_first_time=1,
                active=1,
            )
        },
    )


def test_an_evening_on_which_nobody_came_is_logged_but_neither_held_nor_cancelled(member: UUID) -> None:
    library = meet.meeting(member)
    meet.logged(member, library, date(2026, 4, 7), outcome=Outcome.NOBODY_CAME)
    found = figures(member)
    assert (found.logged, found.held, found.cancelled, found.attendances) == (1, 0, 0, 0)


def test_a_correction_takes_the_place_of_the_first_log(member: UUID) -> None:
    library = meet.meeting(member)
    meet.logged(member, library, date(2026, 4, 7), people=61)
    meet.logged(member, library, date(2026, 4, 7), people=16)
    assert (figures(member).logged, figures(member).attendances) == (1, 16)


def test_an_evening_belongs_to_the_month_of_its_own_date(member: UUID) -> None:
    apia = meet.meeting(member, time_zone="Pacific/Apia", weekday=4, first_on=date(2026, 1, 1))
    meet.logged(member, apia, date(2026, 4, 30))
    assert (figures(member).held, figures(member, date(2026, 5, 1)).held) == (1, 0)


def test_a_hold_is_not_expected_and_a_closed_meeting_is_not_active(member: UUID) -> None:
    rests, ends = meet.meeting(member), meet.meeting(member, "Market hall")
    meet.step(member, rests, Step.HOLD, on=date(2026, 4, 10))
    meet.step(member, ends, Step.CLOSE, on=date(2026, 4, 20))
    found = figures(member)
    assert (found.expected, found.active) == (1 + 2, 0)
    meet.step(member, rests, Step.RESUME, on=date(2026, 5, 1))
    assert (figures(member).active, figures(member, date(2026, 5, 1)).active) == (0, 1)


def test_a_meeting_is_new_in_the_month_of_its_first_active_day_and_never_again(member: UUID) -> None:
    new = meet.meeting(member, first_on=date(2026, 4, 9))
    meet.step(member, new, Step.HOLD, on=date(2026, 4, 20))
    meet.step(member, new, Step.RESUME, on=date(2026, 5, 4))
    months = [figures(member, date(2026, month, 1)).new_meetings for month in (3, 4, 5)]
    assert months == [0, 1, 0]


def test_what_was_only_proposed_or_approved_counts_nowhere(member: UUID) -> None:
    for state in (MeetingState.PROPOSED, MeetingState.APPROVED):
        meet.meeting(member, state=state)
    assert figures(member) == MonthFigures(by_settlement={})


def test_kinds_of_places_are_told_apart_and_add_up(member: UUID) -> None:
    village = meet.meeting(member, "Barn", settlement=Settlement.VILLAGE, every_weeks=2)
    meet.meeting(member, settlement=Settlement.ONLINE)
    meet.logged(member, village, date(2026, 4, 14), people=4, first_time=0)
    found = figures(member)
    assert list(found.by_settlement) == [Settlement.ONLINE, Settlement.VILLAGE]
    for name in Figures.__dataclass_fields__:
        assert getattr(found, name) == sum(getattr(each, name) for each in found.by_settlement.values())
    assert (found.by_settlement[Settlement.VILLAGE].expected, found.by_settlement[Settlement.ONLINE].expected) == (2, 4)


def test_another_country_changes_nothing(member: UUID) -> None:
    other = make.member("QN")
    meet.logged(other, meet.meeting(other), date(2026, 4, 7))
    assert figures(member) == MonthFigures(by_settlement={})


def test_sums_of_the_database_are_those_of_each_meeting_by_its_own_rules(member: UUID) -> None:
    for day in range(1, 8):
        fortnightly = meet.meeting(member, weekday=day, every_weeks=2, first_on=date(2025, 1, day))
        meet.step(member, fortnightly, Step.HOLD, on=date(2026, 4, 3 * day))
        meet.step(member, fortnightly, Step.RESUME, on=date(2026, 4, 3 * day + 5))
    moved = meet.meeting(member, weekday=3)
    _moved(member, moved, weekday=5, first_on=date(2026, 4, 16))
    meet.meeting(member, weekday=1, first_on=date(2026, 4, 20), settlement=Settlement.VILLAGE, time_zone="Asia/Tokyo")
    closed = meet.meeting(member)
    meet.step(member, closed, Step.CLOSE, on=date(2026, 3, 31))
    for month in (date(2026, 3, 1), APRIL, date(2026, 5, 1)):
        found, by_life = figures(member, month), _by_life(member, month)
        assert (found.expected, found.active, found.new_meetings) == by_life


def _moved(member_id: UUID, meeting_id: UUID, **schedule: Any) -> None:
    by, values = meet.coordinator(member_id), {**meet.described(), "name": "Moved", **schedule}

    def move() -> None:
        meeting = meet.found(member_id, meeting_id)
        meetings.describe_meeting(by, meeting, values={**values, "community_id": meeting.community_id})

    make.writing(member_id, move)


def _by_life(member_id: UUID, month: date) -> tuple[int, int, int]:
    """Return expected, active and new meetings as their lives tell them, one by one."""
    last = last_day(month)
    with transaction.reading(tenancy.only(member_id)):
        lives = lives_of(member_id)
        days = [min(last, max(month, clock.today(life.meeting.time_zone))) for life in lives]
        return (
            sum(len(life.evenings(month, last)) for life in lives),
            sum(life.was_active(day) for life, day in zip(lives, days, strict=True)),
            sum(month <= (life.meeting.opened_on or month) <= last for life in lives),
        )
