"""The returns of the demonstration's countries: prepared, approved by a second person, sent, accepted."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sri_admin.kernel import actor as actors
from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import member_by_id
from sri_admin.reporting.models.returns import ReturnIntake
from sri_admin.reporting.operations import corrections, drafts, intake, proposals
from sri_admin.reporting.queries.drafts import working_on
from sri_admin.reporting.queries.returns import month_of, without_intake
from sri_admin.reporting.rules.months import after, before, first_of, months
from sri_admin.reporting.rules.standing import CorrectionReason, IntakeState
from sri_admin.reporting.rules.validation import Severity
from sri_admin.reporting.rules.values import Cell, Explanation, ExplanationCode, Indicator

_PREPARED_ON, _APPROVED_ON, _DECIDED_ON = 5, 8, 10  # day of the next month
_FACILITATORS = 9
_ASK_BACK = "Twice as many first visits as in the months before. Was an open day counted in?"
_LATE_SHEET = "A sheet of the village meeting turned up after the month was sent."
_HUB = actors.system("demo")
Deed = tuple[int, Callable[[], Any]]


@dataclass(frozen=True)
class Returns:
    """The returns of one country: who prepares and approves them, and since how many days it has been licensed."""

    member_id: UUID
    code: str
    preparer: Actor
    approver: Actor
    days: int

    def months(self) -> list[date]:
        """Return the months that are over at whose end the country was licensed, the oldest first."""
        return months_between(-self.days, 0)

    def deeds(self, *, from_logs: bool, but: int = 0) -> Iterator[Deed]:
        """Yield what the board did, counted in days from today; the last `but` months wait for somebody.

        Without logs the numbers are those a country of that size would have; so are those of its first month.
        """
        known, chance = self.months(), random.Random(f"returns of {self.code}")  # noqa: S311 - the same every time
        for month in known[: len(known) - but]:
            numbers = None if from_logs and month > known[0] else _numbers(chance)
            yield _day(month, _PREPARED_ON), self._prepare(month, numbers)
            yield _day(month, _APPROVED_ON), self._approve(month)

    def answered(self, officer: Actor) -> Iterator[Deed]:
        """Yield what SRI did with the returns of a country that works at the hub."""
        for month in self.months():
            yield _day(month, _APPROVED_ON), self._take_in
            yield _day(month, _DECIDED_ON), lambda month=month: self._accept(officer, month)

    def _take_in(self) -> None:
        for revision in without_intake(self.member_id):
            intake.receive(_HUB, member_by_id(self.member_id), revision)

    def _accept(self, officer: Actor, month: date) -> None:
        for each in received(self.member_id, [month]):
            decide(officer, each)

    def last_prepared(self) -> int:
        """Return on which day the last month is prepared, counted from today."""
        return _day(self.months()[-1], _PREPARED_ON)

    def prepare_last(self, *, send: bool) -> None:
        """Leave the last month to the second person, or half done to the first."""
        self._prepare(self.months()[-1], None, send=send)()

    def _prepare(self, month: date, numbers: Mapping[str, int] | None, *, send: bool = True) -> Callable[[], Any]:
        def prepare() -> None:
            member = member_by_id(self.member_id)
            # What the logs say is proposed already; the rest is entered.
            counted = numbers or ({Indicator.FACILITATORS: _FACILITATORS} if send else {})
            cells = {key: Cell.counted(number) for key, number in counted.items()}
            drafts.keep_draft(self.preparer, member, month, values={"cells": cells})
            if send:
                self._hand_on(member, month)

        return prepare

    def _hand_on(self, member: Member, month: date) -> None:
        work = working_on(month_of(member, month, at_home=True))
        reasons = [
            Explanation(each.rule.value, each.indicator, ExplanationCode.CHECKED)
            for each in work.found
            if each.severity is Severity.SOFT
        ]
        if reasons:
            drafts.keep_draft(self.preparer, member, month, values={"explanations": reasons})
        proposals.propose(self.preparer, member, month, values={})

    def _approve(self, month: date) -> Callable[[], Any]:
        def approve() -> None:
            member = member_by_id(self.member_id)
            proposal = month_of(member, month, at_home=True).proposal
            assert proposal is not None, f"{self.code} {month}"
            proposals.approve(self.approver, member, proposal, values={"values_hash": proposal.values_hash})

        return approve


def months_between(first: int, last: int) -> list[date]:
    """Return the months that were over before the last of two days, each counted from today, the oldest first."""
    since, until = (clock.today() + timedelta(days=each) for each in (first, last))
    return list(months(first_of(since), before(first_of(until))))


def received(member_id: UUID, months: Sequence[date]) -> list[ReturnIntake]:
    """Return what was taken in of a country and waits for SRI's answer, the oldest month first."""
    member = member_by_id(member_id)
    views = (month_of(member, month, at_home=False) for month in months)
    intakes = (each for view in views for each in view.rows.intakes.values())
    return sorted((each for each in intakes if each.state is IntakeState.RECEIVED), key=lambda each: each.month)


def accept_all(officer: Actor, member_id: UUID, *, back: bool) -> None:
    """Accept what waits of a country but the newest: that one goes `back` with a question, or goes on waiting."""
    waiting = received(member_id, list(months(clock.today() - timedelta(days=400), clock.today())))
    for each in waiting[:-1]:
        decide(officer, each)
    if back and waiting:
        decide(officer, waiting[-1], back=True)


def decide(officer: Actor, found: ReturnIntake, *, back: bool = False) -> None:
    """Accept a return, or send it back with a question."""
    values = {"verdict": IntakeState.RETURNED if back else IntakeState.ACCEPTED, "reason": _ASK_BACK if back else ""}
    intake.decide(officer, member_by_id(found.member_id), found, values=values)


def ask_to_correct(board: Returns) -> Callable[[], Any]:
    """Return what lets a board ask for the correction of a month it sent some time ago."""
    month = board.months()[-4]
    values = {"reason": CorrectionReason.LATE_LOGS, "note": _LATE_SHEET}
    return lambda: corrections.ask_to_correct(board.preparer, member_by_id(board.member_id), month, values=values)


def _numbers(chance: random.Random) -> dict[str, int]:
    held = chance.randint(14, 22)
    people = sum(chance.randint(4, 12) for _ in range(held))
    return {
        Indicator.MEETINGS_HELD: held,
        Indicator.ATTENDANCES: people,
        Indicator.FIRST_TIME: round(people * chance.uniform(0.08, 0.2)),
        Indicator.FACILITATORS: chance.randint(5, 8),
        Indicator.NEW_MEETINGS: chance.choice((0, 0, 0, 1)),
    }


def _day(month: date, day: int) -> int:
    """Return a day of the month that follows, in days from today; never one to come."""
    return min((after(month) - clock.today()).days + day - 1, -1)
