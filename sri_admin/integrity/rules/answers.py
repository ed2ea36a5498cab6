"""What can be answered to a criterion, and when an answer is complete."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

LONGEST_STATEMENT: Final = 2000
LONGEST_REASON: Final = 1000
MOST_EVIDENCE: Final = 20


class Answer(StrEnum):
    """How far something is in place; or that it does not apply, or that nobody can tell."""

    NOT_IN_PLACE = "0"
    STARTED = "1"
    IN_PLACE = "2"
    REVIEWED = "3"
    NOT_APPLICABLE = "not_applicable"
    CANNOT_TELL = "cannot_tell"

    @property
    def level(self) -> int | None:
        """The step of the scale, 0 to 3; None beside the scale."""
        return int(self.value) if self.value.isdigit() else None


class Lack(StrEnum):
    """Why an answer cannot be handed in as it is."""

    ANSWER = "answer"
    REASON = "reason"
    PROOF = "proof"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was answered to one criterion."""

    answer: Answer | None = None
    reason: str = ""
    statement: str = ""
    evidence: Collection[UUID] = ()


def lack_of(given: Given, *, is_computed: bool = False) -> Lack | None:
    """Say what an answer lacks: what does not apply needs a reason, what is in place needs something to see it by."""
    if is_computed:
        return None
    if given.answer is None:
        return Lack.ANSWER
    if given.answer is Answer.NOT_APPLICABLE:
        return None if given.reason.strip() else Lack.REASON
    is_in_place = given.answer in {Answer.IN_PLACE, Answer.REVIEWED}
    return Lack.PROOF if is_in_place and not (given.statement.strip() or given.evidence) else None
