"""The log of one evening: four questions, answered in numbers and codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l

MOST_PEOPLE = 999
OLDEST = timedelta(days=400)
MISSING_FOR = timedelta(days=14)


class Outcome(StrEnum):
    """Whether the meeting took place. `taken_back` says that nothing was logged after all."""

    HELD = "held"
    HELD_ONLINE = "held_online"
    NOBODY_CAME = "nobody_came"
    CANCELLED_PLANNED = "cancelled_planned"
    CANCELLED_UNPLANNED = "cancelled_unplanned"
    TAKEN_BACK = "taken_back"

    @property
    def is_held(self) -> bool:
        """Say whether people met."""
        return self in HELD

    @property
    def is_cancelled(self) -> bool:
        """Say whether the meeting was called off."""
        return self in CANCELLED


HELD = frozenset({Outcome.HELD, Outcome.HELD_ONLINE})
CANCELLED = frozenset({Outcome.CANCELLED_PLANNED, Outcome.CANCELLED_UNPLANNED})
ANSWERS = tuple(each for each in Outcome if each is not Outcome.TAKEN_BACK)


class LedBy(StrEnum):
    """Who led, as seen by whoever logs; never a name."""

    ME = "me"
    CO_FACILITATOR = "co_facilitator"
    SOMEBODY_ELSE = "somebody_else"


@dataclass(frozen=True)
class Desk:
    """A meeting as the policy of logs sees it: its member, and the accounts that lead it today."""

    member_id: UUID
    led_by: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Answers:
    """What is kept of a log; None is "not counted", and nothing is counted where nobody met."""

    outcome: Outcome
    people: int | None = None
    first_time: int | None = None
    led_by: tuple[LedBy, ...] = ()


def answers_of(values: Mapping[str, Any]) -> Answers:
    """Return what is kept of the answers to a form; InvalidError if one of them is missing or contradicts another."""
    outcome = values["outcome"]
    if not outcome.is_held:
        return Answers(outcome, 0, 0) if outcome is Outcome.NOBODY_CAME else Answers(outcome)
    if values.get("people") == 0 and not values.get("people_uncounted"):
        return Answers(Outcome.NOBODY_CAME, 0, 0)
    people = _count(values, "people", _l("Say how many people came, or choose “Not counted”."))
    first_time = _count(values, "first_time", _l("Say how many came for the first time, or choose “Not counted”."))
    if people is not None and first_time is not None and first_time > people:
        message = _l("More people came for the first time than came at all. Correct one of the two numbers.")
        raise InvalidError([FieldError("first_time", message)])
    return Answers(outcome, people, first_time, tuple(dict.fromkeys(values.get("led_by") or ())))


def _count(values: Mapping[str, Any], name: str, missing: Any) -> int | None:
    if values.get(f"{name}_uncounted"):
        return None
    if values.get(name) is None:
        raise InvalidError([FieldError(name, missing)])
    return values[name]


def check_evening(on: date, *, today: date, was_active: bool) -> None:
    """Refuse to log a day to come, one long ago, or one on which the meeting was not running."""
    if on > today:
        raise InvalidError(_l("This evening is still to come. Log it when the meeting is over."))
    if today - on > OLDEST:
        raise InvalidError(_l("This evening lies more than a year back. It can no longer be logged."))
    if not was_active:
        raise ConflictError(
            _l("The meeting was not running on that day, so there is nothing to log."), code="not_active"
        )
