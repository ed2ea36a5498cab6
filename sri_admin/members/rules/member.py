"""The life of a member country: its states and the only ways between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l

LONGEST_EMERGENCY_DAYS = 30


class MemberKind(StrEnum):
    """What kind of body it is."""

    COUNTRY = "country"
    TERRITORY = "territory"
    MULTI_COUNTRY = "multi_country"
    ONLINE_REGION = "online_region"


class MemberState(StrEnum):
    """Where a member stands."""

    PROSPECT = "prospect"
    APPLICANT = "applicant"
    DECLINED = "declined"
    IN_FORMATION = "in_formation"
    LICENSED = "licensed"
    SUSPENDED = "suspended"
    DORMANT = "dormant"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"


class Hosting(StrEnum):
    """Where the member's own records are written: at the hub, or at a node of its own."""

    HUB = "hub"
    NODE = "node"


class Listing(StrEnum):
    """How much of the member strangers may see; `hidden` protects people in unsafe places."""

    FULL = "full"
    CONTACT = "contact"
    HIDDEN = "hidden"


class SuspensionKind(StrEnum):
    """How far a suspension reaches; an emergency one ends by itself."""

    PARTIAL = "partial"
    FULL = "full"
    EMERGENCY = "emergency"


class Transition(StrEnum):
    """A step in the life of a member."""

    APPLY = "apply"
    ACCEPT = "accept"
    DECLINE = "decline"
    LICENSE = "license"
    SUSPEND = "suspend"
    LIFT_SUSPENSION = "lift_suspension"
    MARK_DORMANT = "mark_dormant"
    WAKE = "wake"
    BEGIN_WITHDRAWAL = "begin_withdrawal"
    WITHDRAW = "withdraw"
    TERMINATE = "terminate"
    REAPPLY = "reapply"


@dataclass(frozen=True)
class Step:
    """From which states a transition leads where, and whether somebody has to be told why."""

    sources: frozenset[MemberState]
    target: MemberState
    needs_reason: bool


def _step(target: MemberState, *sources: MemberState, needs_reason: bool = False) -> Step:
    return Step(frozenset(sources), target, needs_reason)


_S = MemberState
STEPS: Mapping[Transition, Step] = {
    Transition.APPLY: _step(_S.APPLICANT, _S.PROSPECT),
    Transition.ACCEPT: _step(_S.IN_FORMATION, _S.APPLICANT),
    Transition.DECLINE: _step(_S.DECLINED, _S.APPLICANT, needs_reason=True),
    Transition.LICENSE: _step(_S.LICENSED, _S.IN_FORMATION),
    Transition.SUSPEND: _step(_S.SUSPENDED, _S.LICENSED, needs_reason=True),
    Transition.LIFT_SUSPENSION: _step(_S.LICENSED, _S.SUSPENDED, needs_reason=True),
    Transition.MARK_DORMANT: _step(_S.DORMANT, _S.LICENSED, needs_reason=True),
    Transition.WAKE: _step(_S.LICENSED, _S.DORMANT, needs_reason=True),
    Transition.BEGIN_WITHDRAWAL: _step(_S.WITHDRAWING, _S.LICENSED, _S.SUSPENDED, _S.DORMANT, needs_reason=True),
    Transition.WITHDRAW: _step(_S.WITHDRAWN, _S.WITHDRAWING, needs_reason=True),
    Transition.TERMINATE: _step(_S.TERMINATED, _S.WITHDRAWING, needs_reason=True),
    Transition.REAPPLY: _step(_S.APPLICANT, _S.WITHDRAWN, _S.TERMINATED, needs_reason=True),
}
SEATED = frozenset({_S.LICENSED, _S.SUSPENDED, _S.DORMANT, _S.WITHDRAWING})
# Where an agreement gives anything: who has left, or is asking anew, has nothing of one that nobody closed.
UNDER_AGREEMENT = SEATED | {_S.IN_FORMATION}


def steps_from(state: MemberState) -> list[Transition]:
    """Return the transitions open to a member, in the order of the table."""
    return [transition for transition, step in STEPS.items() if state in step.sources]


def next_state(state: MemberState, transition: Transition, *, reason: str | None) -> MemberState:
    """Return where a transition leads; ConflictError if not from here, InvalidError if a reason is missing."""
    step = STEPS[transition]
    if state not in step.sources:
        message = _l("This step is not possible from where the country stands now. Look at its page again.")
        raise ConflictError(message, code="wrong_state", state=state.value, transition=transition.value)
    if step.needs_reason and not (reason or "").strip():
        raise InvalidError([FieldError("reason", _l("Please say why. The board will read this sentence."))])
    return step.target


def check_suspension(kind: SuspensionKind | None, *, on: date, until: date | None) -> None:
    """Refuse a suspension without a kind, and an emergency one without an end within 30 days."""
    if kind is None:
        raise InvalidError([FieldError("kind", _l("Please say how far the suspension reaches."))])
    if kind is SuspensionKind.EMERGENCY and until is None:
        raise InvalidError([FieldError("until", _l("An emergency suspension ends by itself. Please say when."))])
    if until is not None and until < on:
        raise InvalidError([FieldError("until", _l("The suspension would end before it begins."))])
    if kind is SuspensionKind.EMERGENCY and until is not None and (until - on).days > LONGEST_EMERGENCY_DAYS:
        message = _l("An emergency suspension lasts at most %(days)s days.", days=LONGEST_EMERGENCY_DAYS)
        raise InvalidError([FieldError("until", message)])
