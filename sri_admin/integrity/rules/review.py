"""What SRI says of one answer, and what then counts."""

from enum import StrEnum
from typing import Final

from sri_admin.integrity.rules.answers import Answer

LONGEST_COMMENT: Final = 2000


class Verdict(StrEnum):
    """Whether SRI sees an answer as the country does."""

    AGREES = "agrees"
    DIFFERS = "differs"


def settled(own: Answer, verdict: Verdict | None, score: Answer | None) -> Answer | None:
    """Return what counts after the review: the country's answer or SRI's; None while nobody reviewed it."""
    if verdict is None:
        return None
    return own if verdict is Verdict.AGREES else score
