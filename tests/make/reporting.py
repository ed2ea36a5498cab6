"""Builders of returns: months filled in, approved, received and accepted; they act through the operations."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from sri_admin.kernel import actor as actors
from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.reporting.jobs import receive_returns
from sri_admin.reporting.models.returns import ReturnRevision
from sri_admin.reporting.operations import corrections, drafts, intake, proposals
from sri_admin.reporting.operations.catalogue import enter_catalogue
from sri_admin.reporting.queries.returns import (
    MonthView,
    intake_by_id,
    month_of,
    proposal_by_id,
    request_by_id,
    revision_by_id,
)
from sri_admin.reporting.rules.standing import Answer, CorrectionReason, GrantVerdict, IntakeState
from sri_admin.reporting.rules.validation import Severity
from sri_admin.reporting.rules.values import Cell, Explanation, ExplanationCode, Indicator, Status
from tests.make import members as make

T = TypeVar("T")
MONTH = date(2026, 10, 1)
NUMBERS: Mapping[str, int] = {
    Indicator.MEETINGS_HELD: 16,
    Indicator.ATTENDANCES: 120,
    Indicator.FIRST_TIME: 14,
    Indicator.FACILITATORS: 9,
    Indicator.NEW_MEETINGS: 0,
}


def ticking(since: datetime) -> clock.Clock:
    """Make a clock on which a hundredth of a second passes whenever it is looked at."""
    ticks = count()
    return lambda: since + next(ticks) * timedelta(milliseconds=10)


def catalogue() -> None:
    """Enter the indicators at the hub."""
    hub_id = make.hub()
    make.writing(hub_id, lambda: enter_catalogue(actors.system("test"), hub_id))


def cells(**numbers: int | None) -> dict[str, Cell]:
    """Return an answer to every question; a number that is None was not counted."""
    wanted: dict[str, int | None] = {**NUMBERS, **numbers}
    return {
        str(key): Cell(Status.NOT_COLLECTED, None) if number is None else Cell.counted(number)
        for key, number in wanted.items()
    }


def furnished(member_id: UUID) -> UUID:
    """Let a country have a bit of everything and return the id of the proposal of a month that came back."""
    catalogue()
    few: dict[str, Any] = {"meetings_held": 4, "first_time_attendances": 5}
    accepted(member_id, date(2026, 9, 1), attendances=40, **few)
    asked(member_id, date(2026, 9, 1))
    returned = approved(member_id, attendances=2000, **few)
    received(member_id)
    decided(member_id, returned, IntakeState.RETURNED)
    return returned


def entered(member_id: UUID, month: date = MONTH, *, by: Actor | None = None, **numbers: int | None) -> None:
    """Fill in a month and explain whatever the rules find unusual."""
    preparer = by or make.actor("coordinator", member_id)

    def enter() -> None:
        member = make.found(member_id)
        drafts.keep_draft(preparer, member, month, values={"cells": cells(**numbers)})
        work = drafts.working_on(month_of(member, month, at_home=True))
        reasons = [
            Explanation(each.rule.value, each.indicator, ExplanationCode.CHECKED)
            for each in work.found
            if each.severity is Severity.SOFT
        ]
        drafts.keep_draft(preparer, member, month, values={"explanations": reasons})

    make.writing(member_id, enter)


def proposed(member_id: UUID, month: date = MONTH, *, by: Actor | None = None, **numbers: int | None) -> UUID:
    """Fill in a month, send it to the approver, and return the proposal's id."""
    preparer = by or make.actor("coordinator", member_id)
    entered(member_id, month, by=preparer, **numbers)
    return sent(member_id, month, by=preparer)


def sent(member_id: UUID, month: date = MONTH, *, by: Actor | None = None, **values: Any) -> UUID:
    """Send what was entered for a month to the approver and return the proposal's id."""
    sender = by or make.actor("coordinator", member_id)
    return make.writing(member_id, lambda: proposals.propose(sender, make.found(member_id), month, values=values).id)


def approved(member_id: UUID, month: date = MONTH, *, by: Actor | None = None, **numbers: Any) -> UUID:
    """Bring a month through preparation and approval and return the revision's id."""
    return agreed(member_id, proposed(member_id, month, by=by, **numbers))


def agreed(member_id: UUID, proposal_id: UUID, *, by: Actor | None = None) -> UUID:
    """Let the chair approve a proposal."""
    chair = by or make.actor("chair", member_id)

    def approve() -> UUID:
        proposal = proposal_by_id(member_id, proposal_id)
        values = {"values_hash": proposal.values_hash}
        return proposals.approve(chair, make.found(member_id), proposal, values=values).id

    return make.writing(member_id, approve)


def given_back(
    member_id: UUID, proposal_id: UUID, reason: str = "Look at the attendances again.", *, by: Actor | None = None
) -> None:
    """Let the chair give a proposal back."""
    chair = by or make.actor("chair", member_id)

    def give_back() -> None:
        proposal = proposal_by_id(member_id, proposal_id)
        values = {"values_hash": proposal.values_hash, "verdict": Answer.GIVE_BACK, "reason": reason}
        proposals.give_back(chair, make.found(member_id), proposal, values=values)

    make.writing(member_id, give_back)


def received(member_id: UUID) -> None:
    """Let the hub judge what arrived."""
    make.writing(member_id, lambda: receive_returns(actors.system("test"), member_id=member_id))


def decided(
    member_id: UUID, revision_id: UUID, verdict: IntakeState = IntakeState.ACCEPTED, *, by: Actor | None = None
) -> None:
    """Let SRI accept or return a revision."""
    officer = by or make.actor("data_officer")

    def act() -> None:
        values = {"verdict": verdict, "reason": "Is the number of attendances right?"}
        intake.decide(officer, make.found(member_id), intake_by_id(member_id, revision_id), values=values)

    make.writing(member_id, act)


def accepted(member_id: UUID, month: date = MONTH, **numbers: Any) -> UUID:
    """Bring a month all the way until SRI has accepted it, at the hub."""
    made = agreed(member_id, proposed(member_id, month, by=None, **numbers))
    received(member_id)
    decided(member_id, made)
    return made


def asked(member_id: UUID, month: date = MONTH) -> UUID:
    """Ask SRI to let an accepted month be corrected."""
    preparer = make.actor("coordinator", member_id)
    values = {"reason": CorrectionReason.LATE_LOGS, "note": "Three logs came in by post."}
    return make.writing(
        member_id, lambda: corrections.ask_to_correct(preparer, make.found(member_id), month, values=values).id
    )


def answered(member_id: UUID, request_id: UUID, verdict: GrantVerdict = GrantVerdict.GRANTED, **more: Any) -> None:
    """Let SRI answer a request to correct."""
    officer = make.actor("data_officer")

    def answer() -> None:
        values = {"verdict": verdict, "reason": "Late.", **more}
        corrections.answer_request(officer, make.found(member_id), request_by_id(member_id, request_id), values=values)

    make.writing(member_id, answer)


def seen(member_id: UUID, month: date = MONTH, *, at_home: bool = True) -> MonthView:
    """Return how a month stands."""
    return read(lambda: month_of(make.found(member_id), month, at_home=at_home))


def revision(member_id: UUID, revision_id: UUID) -> ReturnRevision:
    """Return a revision."""
    return read(lambda: revision_by_id(member_id, revision_id))


def read(body: Callable[[], T]) -> T:
    """Read everything there is; rows go on as plain values."""
    with transaction.reading(tenancy.everywhere(make.every_member())):
        found = body()
        db.session.expunge_all()
        return found
