"""Months that countries closed long ago: each is written whole, as its board and SRI would have left it.

A month that goes through every operation takes ten times as long; these are too many for somebody who waits.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sri_admin.federation.seals import seal
from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.work import record
from sri_admin.reporting.events import ReturnApproved, ReturnDecided, ReturnReceived
from sri_admin.reporting.models.returns import ReturnIntake, ReturnRevision
from sri_admin.reporting.queries.catalogue import data_set_for
from sri_admin.reporting.queries.returns import approval_of, content_of, earlier_numbers
from sri_admin.reporting.rules.months import due_on
from sri_admin.reporting.rules.standing import IntakeState
from sri_admin.reporting.rules.validation import Given, Severity, findings
from sri_admin.reporting.rules.values import (
    APPROVAL_DOMAIN,
    Cell,
    Explanation,
    ExplanationCode,
    Indicator,
    ReturnKind,
    cells_to_wire,
    explanations_to_wire,
    values_hash,
)

_PREPARED_BEFORE = timedelta(hours=3)
_EARLIEST, _LEAST_LATE, _MOST_LATE = 10, 1, 24  # days before and after a return is due
Deed = tuple[int, Callable[[], Any]]


@dataclass(frozen=True)
class Habit:
    """How a country reports: how many meetings it holds in a month, and of a hundred months how many come how."""

    meetings: int
    late: int = 10
    missing: int = 0


@dataclass(frozen=True)
class Past:
    """The months of one country: who prepared and approved them, and who accepted them at SRI."""

    member_id: UUID
    code: str
    preparer: Actor
    approver: Actor
    officer: Actor

    def deeds(self, months: Sequence[date], habit: Habit) -> Iterator[Deed]:
        """Yield what became of each month, counted in days from today."""
        for month, day in came(self.code, months, habit).items():
            yield day, partial(self.close, month, _numbers(habit, _chance("numbers", self.code, month)))

    def close(self, month: date, numbers: dict[str, int]) -> None:
        """Leave a month approved, received and accepted on one day."""
        revision = self.approve(month, numbers)
        intake = ReturnIntake(
            member_id=self.member_id,
            id=ids.new(),
            revision_id=revision.id,
            month=month,
            revision=revision.revision,
            values_hash=revision.values_hash,
            authors=sorted({revision.prepared_by, revision.approved_by}),
            state=IntakeState.ACCEPTED,
            received_at=clock.now(),
            reason="",
            decided_by=self.officer.label,
            decided_role=self.officer.role,
            decided_at=clock.now(),
        )
        db.session.add(intake)
        told: dict[str, Any] = {"member_id": self.member_id, "subject": revision.id, "month": month, "revision": 1}
        record(self.officer, ReturnReceived(**told, fault=None), intake)
        record(self.officer, ReturnDecided(**told, verdict=intake.state.value, reason=""), intake)

    def approve(self, month: date, numbers: dict[str, int]) -> ReturnRevision:
        """Leave a month prepared, explained where a rule asks for it, approved and signed."""
        cells, now = {key: Cell.counted(number) for key, number in numbers.items()}, clock.now()
        row = ReturnRevision(
            member_id=self.member_id,
            id=ids.new(),
            month=month,
            revision=1,
            kind=ReturnKind.ORIGINAL,
            data_set_id=data_set_for(month).id,
            cells=cells_to_wire(cells),
            explanations=explanations_to_wire(self._reasons(month, cells)),
            prepared_by=self.preparer.label,
            prepared_at=now - _PREPARED_BEFORE,
            approved_by=self.approver.label,
            approved_role=self.approver.role,
            approved_at=now,
        )
        row.values_hash = values_hash(content_of(row, self.member_id))
        row.kid, row.signature = seal(APPROVAL_DOMAIN, approval_of(row))
        db.session.add(row)
        event = ReturnApproved(
            member_id=self.member_id,
            subject=row.id,
            month=month,
            revision=1,
            kind=row.kind.value,
            values_hash=row.values_hash,
        )
        record(self.approver, event, row)
        return row

    def _reasons(self, month: date, cells: dict[str, Cell]) -> list[Explanation]:
        earlier = earlier_numbers(self.member_id, month, known_at=clock.now() - _PREPARED_BEFORE)
        found = findings(Given(cells, None, earlier))
        soft = [each for each in found if each.severity is Severity.SOFT]
        return [Explanation(each.rule.value, each.indicator, ExplanationCode.CHECKED) for each in soft]


def came(code: str, months: Sequence[date], habit: Habit) -> dict[date, int]:
    """Return on which day each month of a country came, counted from today; some are late, some never came."""
    days = {month: _day(month, habit, _chance("day", code, month)) for month in months}
    return {month: day for month, day in days.items() if day is not None and day < 0}


def _chance(*names: object) -> random.Random:
    return random.Random(" ".join(map(str, names)))  # noqa: S311 - a story, the same every time


def _day(month: date, habit: Habit, chance: random.Random) -> int | None:
    fate, due = chance.randrange(100), (due_on(month) - clock.today()).days
    if fate < habit.missing:
        return None
    if fate < habit.missing + habit.late:
        return due + chance.randint(_LEAST_LATE, _MOST_LATE)
    return due - chance.randint(0, _EARLIEST)


def _numbers(habit: Habit, chance: random.Random) -> dict[str, int]:
    held = round(habit.meetings * chance.uniform(0.85, 1.1))
    people = round(held * chance.uniform(6.5, 8.5))
    return {
        Indicator.MEETINGS_HELD.value: held,
        Indicator.ATTENDANCES.value: people,
        Indicator.FIRST_TIME.value: round(people * chance.uniform(0.1, 0.16)),
        Indicator.FACILITATORS.value: round(habit.meetings / 3) + chance.choice((0, 0, 1)),
        Indicator.NEW_MEETINGS.value: chance.choice((0, 0, 0, 1)),
    }
