"""The countries that work at the hub: what they report; and the one whose board signs in there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sri_admin.cli.demo import assess, judged, people
from sri_admin.cli.demo.meetings import Year
from sri_admin.cli.demo.returns import Returns
from sri_admin.people.rules import Role

# Countries that work at the hub and report; the last month of some is late.
REPORTING, LATE = ("QP", "QQ", "QT", "QW"), ("QT",)
WITH_BOARD = "QP"
_SIGNS_IN_SINCE = 75
_ANSWERED_ON = -8
Deed = tuple[int, Callable[[], Any]]


def deeds(code: str, member_id: UUID, hub_id: UUID, *, days: int) -> Iterator[Deed]:
    """Yield what a country did at the hub, and what SRI answered, by day."""
    if code not in REPORTING:
        return
    preparer, approver, officer = (
        people.invented(role, tenant)
        for role, tenant in ((Role.COORDINATOR, member_id), (Role.CHAIR, member_id), (Role.DATA_OFFICER, hub_id))
    )
    returns = Returns(member_id, code, preparer, approver, days)
    yield from returns.deeds(from_logs=False, but=1 if code in (*LATE, WITH_BOARD) else 0)
    yield from returns.answered(officer)
    if code == WITH_BOARD:
        yield from _board(returns)


def _board(returns: Returns) -> Iterator[Deed]:
    member_id, code = returns.member_id, returns.code
    yield -_SIGNS_IN_SINCE, lambda: people.welcome(people.HOSTED, member_id)
    yield from Year(member_id, code, "en", people.invented(Role.COORDINATOR, member_id), None, _SIGNS_IN_SINCE).deeds()

    def board() -> Returns:
        return replace(returns, preparer=people.found(people.SECRETARY), approver=people.found(people.PRESIDENT))

    yield returns.last_prepared(), lambda: board().prepare_last(send=True)
    yield _ANSWERED_ON, lambda: assess.answer(people.found(people.SECRETARY), member_id, judged.BEGUN)
