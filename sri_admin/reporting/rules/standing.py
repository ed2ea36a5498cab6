"""How the return of a month stands: a pure total function of what both sides wrote.

The member's side: drafts and proposals (known only where they are made), revisions, requests. SRI's side: intakes and
grants. Each row has one writer; they may arrive in any order, and the same set always gives the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from sri_admin.reporting.rules.values import ReturnKind

# Who may approve a return for a country, by role.
APPROVERS: Final = ("chair", "member_administrator")


class IntakeState(StrEnum):
    """What became of a revision at the hub."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    QUARANTINED = "quarantined"


class Answer(StrEnum):
    """What an approver says of a proposal."""

    APPROVE = "approve"
    GIVE_BACK = "give_back"


class GrantVerdict(StrEnum):
    """What SRI says of a request to correct."""

    GRANTED = "granted"
    REFUSED = "refused"


class CorrectionReason(StrEnum):
    """Why an accepted revision has to be corrected."""

    MISTAKE = "mistake"
    LATE_LOGS = "late_logs"
    COUNTED_DIFFERENTLY = "counted_differently"
    OTHER = "other"


class State(StrEnum):
    """How a month stands."""

    NOT_STARTED = "not_started"
    PREPARING = "preparing"
    TO_APPROVE = "to_approve"
    GIVEN_BACK = "given_back"
    TO_SEND = "to_send"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    QUARANTINED = "quarantined"
    CORRECTION_ASKED = "correction_asked"
    CORRECTION_GRANTED = "correction_granted"
    CORRECTION_REFUSED = "correction_refused"


_UNDONE = frozenset({State.GIVEN_BACK, State.RETURNED, State.QUARANTINED})
MISSING = frozenset({State.NOT_STARTED, State.PREPARING, State.TO_APPROVE, State.GIVEN_BACK})


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A revision sent to the approver: which number, which sending of it, and what was answered."""

    id: str
    revision: int
    sending: int
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True)
class Approved:
    """An approved revision and what SRI did with it, if that is known here."""

    id: str
    revision: int
    kind: ReturnKind
    intake: IntakeState | None = None
    correction: str | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request to correct an accepted revision, and SRI's answer."""

    id: str
    revision: int
    verdict: GrantVerdict | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Everything both sides wrote about one month of one member."""

    has_draft: bool = False
    proposals: Sequence[Proposed] = ()
    revisions: Sequence[Approved] = ()
    requests: Sequence[Asked] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a month stands: its state, the newest revision, the official one, and an open request to correct."""

    state: State
    newest: Approved | None = None
    official: Approved | None = None
    proposal: Proposed | None = None
    request: Asked | None = None

    @property
    def is_in(self) -> bool:
        """Say whether a sound revision was approved."""
        return self.newest is not None and self.state is not State.QUARANTINED


def standing_of(sides: Sides, *, today: date) -> Standing:
    """Say how a month stands on a day."""
    revisions = sorted(sides.revisions, key=lambda each: (each.revision, each.id))
    newest = revisions[-1] if revisions else None
    official = next((each for each in reversed(revisions) if each.intake is IntakeState.ACCEPTED), None)
    proposal = _open_proposal(sides.proposals, newest)
    request = _request(sides.requests, official)
    state = _state(sides, newest, proposal)
    standing = Standing(state=state, newest=newest, official=official, proposal=proposal, request=request)
    if official is not None and state in _UNDONE and open_grant(standing, today=today) is None:
        state = State.ACCEPTED  # nobody may go on with that correction any more, and what was accepted counts
    if state is State.ACCEPTED and request is not None:
        state = _correcting(request, today)
    return replace(standing, state=state)


def next_revision(sides: Sides) -> int:
    """Return the number of the revision that would be approved next."""
    return max((each.revision for each in sides.revisions), default=0) + 1


def next_sending(sides: Sides, revision: int) -> int:
    """Return how often a revision will have been sent to the approver."""
    return max((each.sending for each in sides.proposals if each.revision == revision), default=0) + 1


def next_kind(standing: Standing) -> ReturnKind:
    """Return why the next revision would be made."""
    if standing.official is not None:
        return ReturnKind.CORRECTION
    return ReturnKind.RESUBMISSION if standing.newest is not None else ReturnKind.ORIGINAL


def may_prepare(standing: Standing, *, today: date) -> bool:
    """Say whether a further revision may be made: after acceptance only while a grant lasts."""
    return standing.official is None or open_grant(standing, today=today) is not None


def open_grant(standing: Standing, *, today: date) -> Asked | None:
    """Return the grant under which the accepted revision may be corrected on a day."""
    request = standing.request
    if request is None or request.verdict is not GrantVerdict.GRANTED or request.until is None:
        return None
    return request if today <= request.until else None


def _open_proposal(proposals: Sequence[Proposed], newest: Approved | None) -> Proposed | None:
    ordered = sorted(proposals, key=lambda each: (each.revision, each.sending, each.id))
    last = ordered[-1] if ordered else None
    if last is None or last.answer is Answer.APPROVE or (newest is not None and last.revision <= newest.revision):
        return None
    return last


def _request(requests: Sequence[Asked], official: Approved | None) -> Asked | None:
    # A request is about one accepted revision: once a correction of it is accepted, it is done with.
    if official is None:
        return None
    mine = sorted((each for each in requests if each.revision == official.revision), key=lambda each: each.id)
    waiting = [each for each in mine if each.verdict is None]
    return waiting[-1] if waiting else mine[-1] if mine else None


def _state(sides: Sides, newest: Approved | None, proposal: Proposed | None) -> State:
    if proposal is not None:
        return State.TO_APPROVE if proposal.answer is None else State.GIVEN_BACK
    if newest is None:
        return State.PREPARING if sides.has_draft else State.NOT_STARTED
    if newest.intake is None:
        return State.TO_SEND
    return State(newest.intake.value)


def _correcting(request: Asked, today: date) -> State:
    if request.verdict is None:
        return State.CORRECTION_ASKED
    if request.verdict is GrantVerdict.REFUSED:
        return State.CORRECTION_REFUSED
    is_open = request.until is not None and today <= request.until
    return State.CORRECTION_GRANTED if is_open else State.ACCEPTED
