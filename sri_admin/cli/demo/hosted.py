"""The countries that work at the hub: what they report; and the one whose board signs in there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sri_admin.cli.demo import assess, judged, people
from sri_admin.cli.demo.meetings import Year
from sri_admin.cli.demo.past import Habit, Past
from sri_admin.cli.demo.returns import Returns, months_between
from sri_admin.people.rules import Role

WITH_BOARD = "QP"
# How the others that work at the hub report.
HABITS = {
    "QQ": Habit(meetings=24),
    "QR": Habit(meetings=41, late=25),
    "QS": Habit(meetings=13, late=35, missing=15),
    "QT": Habit(meetings=18, late=30, missing=20),
    "QV": Habit(meetings=9, late=20, missing=15),
    "QW": Habit(meetings=12),
    "QX": Habit(meetings=6, late=20),
    "QY": Habit(meetings=10, late=30),
    "QZ": Habit(meetings=7, late=40, missing=25),
    "XC": Habit(meetings=5),
    "XD": Habit(meetings=16, late=30, missing=10),
    "XE": Habit(meetings=33),
    "XF": Habit(meetings=21, late=15),
    "XG": Habit(meetings=8, late=30, missing=30),
}
_SIGNS_IN_SINCE = 75
_ANSWERED_ON = -8
Deed = tuple[int, Callable[[], Any]]


def deeds(code: str, member_id: UUID, hub_id: UUID, *, licensed: tuple[int, int]) -> Iterator[Deed]:
    """Yield what a country did at the hub, and what SRI answered, by day; it was licensed between two days."""
    if code != WITH_BOARD and code not in HABITS:
        return
    preparer, approver, officer = (
        people.invented(role, tenant)
        for role, tenant in ((Role.COORDINATOR, member_id), (Role.CHAIR, member_id), (Role.DATA_OFFICER, hub_id))
    )
    if code in HABITS:
        past = Past(member_id, code, preparer, approver, officer)
        yield from past.deeds(months_between(*licensed), HABITS[code])
        return
    returns = Returns(member_id, code, preparer, approver, -licensed[0])
    yield from returns.deeds(from_logs=False, but=1)
    yield from returns.answered(officer)
    yield from _board(returns)


def _board(returns: Returns) -> Iterator[Deed]:
    member_id, code = returns.member_id, returns.code
    yield -_SIGNS_IN_SINCE, lambda: people.welcome(people.HOSTED, member_id)
    yield from Year(member_id, code, "en", people.invented(Role.COORDINATOR, member_id), None, _SIGNS_IN_SINCE).deeds()

    def board() -> Returns:
        return replace(returns, preparer=people.found(people.SECRETARY), approver=people.found(people.PRESIDENT))

    yield returns.last_prepared(), lambda: board().prepare_last(send=True)
    yield _ANSWERED_ON, lambda: assess.answer(people.found(people.SECRETARY), member_id, judged.BEGUN)
