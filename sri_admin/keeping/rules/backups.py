"""When a backup is due, how a run of one stands, and when somebody has to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SILENT_FOR, WAITING_FOR = timedelta(minutes=15), timedelta(hours=1)
AGAIN_AFTER = timedelta(hours=1)
LATE_AFTER_TIMES = 2
BY_HAND = timedelta(days=7)  # what is expected of people where no backup is made by itself


class RunState(StrEnum):
    """How far the run of a backup is."""

    WAITING = "waiting"
    WRITING = "writing"
    READING = "reading"
    WHOLE = "whole"
    FAILED = "failed"


class Shown(StrEnum):
    """What people see of a run: its state, or that nothing was heard of it for too long."""

    WAITING = "waiting"
    WRITING = "writing"
    READING = "reading"
    WHOLE = "whole"
    FAILED = "failed"
    BROKEN_OFF = "broken_off"


@dataclass(frozen=True)
class Run:
    """What there is to know of a run: its state, its last sign of life, the moment it shows, its end."""

    state: RunState
    seen_at: datetime
    cut_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What the settings say: whether a backup can be made without a person, and every how many hours."""

    can_run: bool
    every_hours: int

    @property
    def every(self) -> timedelta | None:
        """Return how long there is between two backups; None if none is made by itself."""
        return timedelta(hours=self.every_hours) if self.every_hours else None


def shown(run: Run, now: datetime) -> Shown:
    """Return how a run stands; one that works and gave no sign for a quarter of an hour was broken off."""
    patience = {RunState.WAITING: WAITING_FOR, RunState.WRITING: SILENT_FOR, RunState.READING: SILENT_FOR}
    limit = patience.get(run.state)
    if limit is not None and now - run.seen_at > limit:
        return Shown.BROKEN_OFF
    return Shown(run.state.value)


def is_under_way(run: Run, now: datetime) -> bool:
    """Say whether a run waits or works."""
    return shown(run, now) in {Shown.WAITING, Shown.WRITING, Shown.READING}


def last_whole(runs: Sequence[Run]) -> datetime | None:
    """Return of which moment the newest backup is that was read back and found whole."""
    return max((run.cut_at for run in runs if run.state is RunState.WHOLE and run.cut_at), default=None)


def is_due(runs: Sequence[Run], plan: Plan, now: datetime) -> bool:
    """Say whether a backup is to be made now: the last one is old enough, none works, none failed an hour ago."""
    if plan.every is None or not plan.can_run or any(is_under_way(run, now) for run in runs):
        return False
    if any(run.state is RunState.FAILED and run.finished_at and now - run.finished_at < AGAIN_AFTER for run in runs):
        return False
    last = last_whole(runs)
    return last is None or now - last >= plan.every


def is_late(last: datetime | None, plan: Plan, *, since: datetime, now: datetime) -> bool:
    """Say whether somebody has to look: the last whole backup is older than twice the time between two.

    `since` is when the installation was made; before that there was nothing to keep.
    """
    return now - (last or since) > LATE_AFTER_TIMES * (plan.every or BY_HAND)
