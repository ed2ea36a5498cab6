"""How an assessment stands, as it follows from the rows of both sides."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class CycleState(StrEnum):
    """Whether a round of assessments is going on."""

    OPEN = "open"
    CLOSED = "closed"


class Step(StrEnum):
    """What SRI does with a snapshot."""

    RECEIVE = "receive"
    BEGIN = "begin"
    RETURN = "return"
    FINISH = "finish"


class HubState(StrEnum):
    """How a snapshot stands at SRI."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    REVIEWED = "reviewed"


class LocalState(StrEnum):
    """How far a country is with its next snapshot."""

    NOTHING = "nothing"
    BEGUN = "begun"
    PROPOSED = "proposed"
    GIVEN_BACK = "given_back"


class Stage(StrEnum):
    """How an assessment stands for people."""

    AWAITED = "awaited"
    NOT_STARTED = "not_started"
    ANSWERING = "answering"
    TO_SIGN = "to_sign"
    GIVEN_BACK = "given_back"
    SENT = "sent"
    RECEIVED = "received"
    RETURNED = "returned"
    UNDER_REVIEW = "under_review"
    REVIEWED = "reviewed"
    LAPSED = "lapsed"


_STEPS: Final[Mapping[tuple[HubState | None, Step], HubState]] = {
    (None, Step.RECEIVE): HubState.RECEIVED,
    (HubState.RECEIVED, Step.BEGIN): HubState.UNDER_REVIEW,
    (HubState.RECEIVED, Step.RETURN): HubState.RETURNED,
    (HubState.UNDER_REVIEW, Step.RETURN): HubState.RETURNED,
    (HubState.UNDER_REVIEW, Step.FINISH): HubState.REVIEWED,
}
_AT_HUB: Final[Mapping[HubState, Stage]] = {
    HubState.RECEIVED: Stage.RECEIVED,
    HubState.UNDER_REVIEW: Stage.UNDER_REVIEW,
    HubState.REVIEWED: Stage.REVIEWED,
}
_AT_HOME: Final[Mapping[LocalState | None, Stage]] = {
    None: Stage.AWAITED,
    LocalState.NOTHING: Stage.NOT_STARTED,
    LocalState.BEGUN: Stage.ANSWERING,
    LocalState.PROPOSED: Stage.TO_SIGN,
    LocalState.GIVEN_BACK: Stage.GIVEN_BACK,
}
_AGAIN: Final[Mapping[LocalState | None, Stage]] = {
    LocalState.PROPOSED: Stage.TO_SIGN,
    LocalState.GIVEN_BACK: Stage.GIVEN_BACK,
}


def after(state: HubState | None, step: Step) -> HubState | None:
    """Return what a step leads to; None if it cannot be taken there."""
    return _STEPS.get((state, step))


def state_after(steps: Iterable[Step]) -> HubState | None:
    """Return where steps in their order lead; one that cannot be taken changes nothing."""
    state: HubState | None = None
    for step in steps:
        state = after(state, step) or state
    return state


def stage_of(*, local: LocalState | None, is_signed: bool, at_hub: HubState | None, is_closed: bool = False) -> Stage:
    """Say how an assessment stands: `local` is None where the country's own rows are not kept.

    `is_signed` and `at_hub` are about its newest snapshot.
    """
    if is_signed and at_hub is None:
        return Stage.SENT
    if is_signed and at_hub is not None and at_hub is not HubState.RETURNED:
        return _AT_HUB[at_hub]
    if is_closed:
        return Stage.LAPSED
    return _AGAIN.get(local, Stage.RETURNED) if is_signed else _AT_HOME[local]
