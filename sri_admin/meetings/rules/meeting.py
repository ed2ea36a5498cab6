"""The life of a meeting: what can be said of it, its states and the only ways between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l

CONFIRMED_FOR = timedelta(days=90)
SHORTEST, LONGEST = 15, 600  # minutes


class Venue(StrEnum):
    """How people come together."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    HYBRID = "hybrid"
    PHONE = "phone"


class Settlement(StrEnum):
    """What kind of place a meeting serves; figures are told apart by it."""

    ONLINE = "online"
    CITY = "city"
    TOWN = "town"
    VILLAGE = "village"
    RURAL = "rural"
    INSTITUTION = "institution"


class Access(StrEnum):
    """Who can come."""

    PUBLIC_OPEN = "public_open"
    REGISTER_FIRST = "public_register_first"
    CLOSED_SETTING = "closed_setting"
    RESTRICTED_AUDIENCE = "restricted_audience"
    INVITATION = "invitation"


class Audience(StrEnum):
    """Whom a meeting is meant for in particular; none of them means everybody."""

    WOMEN = "women"
    MEN = "men"
    LGBTQ = "lgbtq"
    YOUNG_ADULTS = "young_adults"
    TEENS = "teens"
    OLDER_ADULTS = "older_adults"
    VETERANS = "veterans"
    FIRST_RESPONDERS = "first_responders"
    HEALTH_PROFESSIONALS = "health_professionals"
    STUDENTS = "students"
    PARENTS_CARERS = "parents_carers"
    NEWCOMERS = "newcomers"
    DEAF_SIGNING = "deaf_signing"


class MeetingState(StrEnum):
    """Where a meeting stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


class Step(StrEnum):
    """A step in the life of a meeting; the last one says that it still runs."""

    APPROVE = "approve"
    SEND_BACK = "send_back"
    ACTIVATE = "activate"
    HOLD = "hold"
    RESUME = "resume"
    CLOSE = "close"
    REOPEN = "reopen"
    CONFIRM = "confirm"


class Reason(StrEnum):
    """Why a step was taken; a code, so that nothing is said about anybody."""

    FACILITATOR_LEFT = "facilitator_left"
    VENUE_LOST = "venue_lost"
    LOW_ATTENDANCE = "low_attendance"
    HOLIDAY = "holiday"
    EMERGENCY = "emergency"
    MOVED_ONLINE = "moved_online"
    MERGED = "merged"
    INTEGRITY = "integrity"
    SEASONAL = "seasonal"
    MISTAKE = "mistake"
    NOT_READY = "not_ready"
    OTHER = "other"


@dataclass(frozen=True)
class StepRule:
    """From which states a step leads where, and which reasons it takes; none means that it needs none."""

    sources: frozenset[MeetingState]
    target: MeetingState
    reasons: tuple[Reason, ...] = ()


_S, _R = MeetingState, Reason
_LOST = (_R.FACILITATOR_LEFT, _R.VENUE_LOST, _R.LOW_ATTENDANCE)
STEPS: Mapping[Step, StepRule] = {
    Step.APPROVE: StepRule(frozenset({_S.PROPOSED}), _S.APPROVED),
    Step.SEND_BACK: StepRule(frozenset({_S.APPROVED}), _S.PROPOSED, (_R.NOT_READY, _R.MISTAKE, _R.INTEGRITY, _R.OTHER)),
    Step.ACTIVATE: StepRule(frozenset({_S.APPROVED}), _S.ACTIVE),
    Step.HOLD: StepRule(
        frozenset({_S.ACTIVE}), _S.ON_HOLD, (_R.HOLIDAY, _R.SEASONAL, *_LOST, _R.EMERGENCY, _R.INTEGRITY, _R.OTHER)
    ),
    Step.RESUME: StepRule(frozenset({_S.ON_HOLD}), _S.ACTIVE),
    Step.CLOSE: StepRule(
        frozenset({_S.PROPOSED, _S.APPROVED, _S.ACTIVE, _S.ON_HOLD}),
        _S.CLOSED,
        (*_LOST, _R.MOVED_ONLINE, _R.MERGED, _R.INTEGRITY, _R.MISTAKE, _R.OTHER),
    ),
    Step.REOPEN: StepRule(frozenset({_S.CLOSED}), _S.APPROVED, (_R.MISTAKE, _R.OTHER)),
    Step.CONFIRM: StepRule(frozenset({_S.ACTIVE}), _S.ACTIVE),
}


def steps_from(state: MeetingState) -> list[Step]:
    """Return the steps that lead a meeting somewhere else, in the order of the table."""
    return [step for step, rule in STEPS.items() if state in rule.sources and step is not Step.CONFIRM]


def next_state(state: MeetingState, step: Step, *, reason: Reason | None) -> MeetingState:
    """Return where a step leads; ConflictError if not from here, InvalidError for a reason that does not fit."""
    rule = STEPS[step]
    if state not in rule.sources:
        message = _l("This step is not possible from where the meeting stands now. Look at its page again.")
        raise ConflictError(message, code="wrong_state", state=state.value, step=step.value)
    if rule.reasons and reason not in rule.reasons:
        raise InvalidError([FieldError("reason", _l("Choose the reason that fits best."))])
    if reason is not None and not rule.reasons:
        raise InvalidError([FieldError("reason", _l("This step needs no reason."))])
    return rule.target


def check_day(on: date, *, today: date, not_before: date | None) -> None:
    """Refuse a step on a day to come, or before the last step that was taken."""
    if on > today:
        raise InvalidError([FieldError("on", _l("This day is still to come. Take the step on the day itself."))])
    if not_before is not None and on < not_before:
        raise InvalidError([FieldError("on", _l("The meeting took another step after this day. Choose a later one."))])


def check_return(step: Step, on: date, expected_return: date | None) -> None:
    """Refuse a day of return for anything but a hold, and one that lies before it."""
    if expected_return is None:
        return
    if step is not Step.HOLD:
        raise InvalidError([FieldError("expected_return", _l("Only a meeting on hold has a day of return."))])
    if expected_return <= on:
        raise InvalidError([FieldError("expected_return", _l("The day of return lies before the hold begins."))])


def is_confirmed(confirmed_on: date | None, *, today: date) -> bool:
    """Say whether somebody said within the last 90 days that a meeting still runs."""
    return confirmed_on is not None and today - confirmed_on <= CONFIRMED_FOR
