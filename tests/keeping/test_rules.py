"""When a backup is due, when a run counts as broken off, when somebody has to look."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.keeping.rules.backups import (
    BY_HAND,
    Plan,
    Run,
    RunState,
    Shown,
    is_due,
    is_late,
    is_under_way,
    last_whole,
    shown,
)
from sri_admin.keeping.rules.words import STATES, why

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAILY = Plan(can_run=True, every_hours=24)
HOUR = timedelta(hours=1)

runs = st.builds(
    Run,
    st.sampled_from(RunState),
    st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda ago: NOW - ago),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda ago: NOW - ago),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda ago: NOW - ago),
)


def whole(ago: timedelta) -> Run:
    """A backup that was read back, of a while ago."""
    return Run(RunState.WHOLE, NOW - ago, cut_at=NOW - ago, finished_at=NOW - ago)


@pytest.mark.parametrize(
    ("last", "due"),
    [([], True), ([whole(23 * HOUR)], False), ([whole(24 * HOUR)], True), ([whole(30 * HOUR), whole(HOUR)], False)],
)
def test_a_backup_is_due_when_the_last_whole_one_is_old_enough(last: list[Run], *, due: bool) -> None:
    assert is_due(last, DAILY, NOW) is due


@pytest.mark.parametrize("plan", [Plan(can_run=False, every_hours=24), Plan(can_run=True, every_hours=0)])
def test_without_a_schedule_or_a_place_none_is_due(plan: Plan) -> None:
    assert not is_due([], plan, NOW)


def test_after_a_failure_the_next_try_waits_an_hour() -> None:
    failed = Run(RunState.FAILED, NOW, finished_at=NOW)
    assert [is_due([failed], DAILY, NOW + each) for each in (timedelta(minutes=59), HOUR)] == [False, True]


def test_a_run_that_gives_no_sign_was_broken_off_and_stands_in_nobodys_way() -> None:
    run = Run(RunState.WRITING, NOW)
    later = NOW + timedelta(minutes=16)
    assert (shown(run, NOW), shown(run, later)) == (Shown.WRITING, Shown.BROKEN_OFF)
    assert (is_due([run], DAILY, NOW), is_due([run], DAILY, later)) == (False, True)


@pytest.mark.parametrize(
    ("plan", "old"), [(DAILY, timedelta(hours=48)), (Plan(can_run=False, every_hours=0), 2 * BY_HAND)]
)
def test_somebody_has_to_look_once_the_last_whole_one_is_twice_as_old(plan: Plan, old: timedelta) -> None:
    since = NOW - timedelta(days=400)
    assert [is_late(NOW - old - more, plan, since=since, now=NOW) for more in (timedelta(0), HOUR)] == [False, True]


def test_a_new_installation_has_nothing_to_keep_yet() -> None:
    assert not is_late(None, DAILY, since=NOW - HOUR, now=NOW)


@given(st.lists(runs, max_size=6))
def test_whatever_the_runs_only_a_whole_one_counts(found: list[Run]) -> None:
    last = last_whole(found)
    assert last is None or any(run.state is RunState.WHOLE and run.cut_at == last for run in found)
    assert not (is_due(found, DAILY, NOW) and any(is_under_way(run, NOW) for run in found))
    assert is_late(last, DAILY, since=NOW - timedelta(days=400), now=NOW) == (
        last is None or NOW - last > timedelta(hours=48)
    )


def test_every_state_has_its_word_and_every_failure_a_reason() -> None:
    assert set(STATES) == set(Shown)
    assert all(why(each, "something new") for each in (Shown.FAILED, Shown.BROKEN_OFF))
    assert not any(why(each, None) for each in set(Shown) - {Shown.FAILED, Shown.BROKEN_OFF})
