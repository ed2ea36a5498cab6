"""Criteria that are computed: from which numbers, and which step of the scale follows from them."""

from collections.abc import Mapping
from typing import Final

from sri_admin.integrity.rules.answers import Answer

NAMES: Final = frozenset({"expected", "on_time", "late", "missing"})
_IN_PLACE, _STARTED = 80, 50  # percent of what was expected


def is_sound(numbers: Mapping[str, int]) -> bool:
    """Say whether numbers can be true: all there, none below zero, and their parts add up."""
    if set(numbers) != NAMES or min(numbers.values()) < 0:
        return False
    return numbers["on_time"] + numbers["late"] + numbers["missing"] == numbers["expected"]


def level_of(numbers: Mapping[str, int]) -> Answer:
    """Return the step of the scale: 3 if every return came in time, 2 from 80 percent, 1 from half of them."""
    expected, on_time = numbers["expected"], numbers["on_time"]
    if not expected:
        return Answer.NOT_APPLICABLE
    if on_time == expected:
        return Answer.REVIEWED
    share = 100 * on_time // expected
    return Answer.IN_PLACE if share >= _IN_PLACE else Answer.STARTED if share >= _STARTED else Answer.NOT_IN_PLACE
