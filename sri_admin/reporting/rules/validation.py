"""The checks of a return: one table of rules, the same at the node and at the hub.

Hard rules are about what cannot be; nothing that breaks one is sent or taken in. Soft rules are about what is unusual;
it goes on with an explanation. What a rule needs and nobody reported makes it silent, never wrong.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Final

from sri_admin.reporting.rules.values import Cell, Explanation, Indicator

# Robust outlier, reference oversight-and-reporting.md §5.3: median and MAD of log1p over at most twelve months.
MOST_MONTHS: Final = 12
_FEWEST_MONTHS, _DEVIATIONS, _SCALE, _LEAST_SPREAD, _LEAST_CHANGE = 4, 3.5, 1.4826, 0.1, 5
_LEAST_SHARE, _LEAST_JUMP = 0.5, 20
_MOST_AT_ONE, _MOST_TIMES_EXPECTED = 60, 3


class Severity(StrEnum):
    """Whether a finding stops a return or asks for an explanation."""

    HARD = "hard"
    SOFT = "soft"


class RuleCode(StrEnum):
    """The stable names of the rules."""

    FIRST_TIME = "first_time_over_attendances"
    HELD_LIMIT = "held_over_limit"
    UNUSUAL = "unusual"
    HELD_EXPECTED = "held_over_expected"
    PER_MEETING = "attendance_per_meeting"


@dataclass(frozen=True)
class Given:
    """What the rules look at: the values, how many meetings were expected, and the values of earlier months."""

    cells: Mapping[str, Cell]
    expected: int | None = None
    earlier: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def number(self, indicator: str) -> int | None:
        """Return the number of an indicator, if there is one."""
        cell = self.cells.get(indicator)
        return cell.value if cell else None


@dataclass(frozen=True)
class Finding:
    """What a rule found: about which indicator, its number, and what it was held against."""

    rule: RuleCode
    severity: Severity
    indicator: str
    number: int
    against: int

    @property
    def key(self) -> tuple[str, str]:
        """Name what an explanation has to be about."""
        return self.rule.value, self.indicator


@dataclass(frozen=True)
class Rule:
    """One rule: its code, its severity, and what it finds as (indicator, number, held against)."""

    code: RuleCode
    severity: Severity
    finds: Callable[[Given], Iterator[tuple[str, int, int]]]


def findings(given: Given) -> list[Finding]:
    """Return everything the rules find, hard ones first."""
    return [Finding(rule.code, rule.severity, *found) for rule in RULES for found in rule.finds(given)]


def unexplained(found: Iterable[Finding], explanations: Iterable[Explanation]) -> list[Finding]:
    """Return the soft findings nobody explained."""
    explained = {(each.rule, each.indicator) for each in explanations}
    return [each for each in found if each.severity is Severity.SOFT and each.key not in explained]


def hard(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings nothing can explain."""
    return [each for each in found if each.severity is Severity.HARD]


def _first_time(given: Given) -> Iterator[tuple[str, int, int]]:
    first, every = given.number(Indicator.FIRST_TIME), given.number(Indicator.ATTENDANCES)
    if first is not None and every is not None and first > every:
        yield Indicator.FIRST_TIME, first, every


def _held_limit(given: Given) -> Iterator[tuple[str, int, int]]:
    held = given.number(Indicator.MEETINGS_HELD)
    # Without a plan nothing was expected, and that says nothing about what took place.
    if held is not None and given.expected and held > _MOST_TIMES_EXPECTED * given.expected:
        yield Indicator.MEETINGS_HELD, held, given.expected


def _held_expected(given: Given) -> Iterator[tuple[str, int, int]]:
    held = given.number(Indicator.MEETINGS_HELD)
    if held is not None and given.expected and held > given.expected:
        yield Indicator.MEETINGS_HELD, held, given.expected


def _per_meeting(given: Given) -> Iterator[tuple[str, int, int]]:
    held, came = given.number(Indicator.MEETINGS_HELD), given.number(Indicator.ATTENDANCES)
    if held and came is not None and not held <= came <= _MOST_AT_ONE * held:
        yield Indicator.ATTENDANCES, came, held


def _unusual(given: Given) -> Iterator[tuple[str, int, int]]:
    for indicator in sorted(given.cells):
        number, earlier = given.number(indicator), given.earlier.get(indicator, ())[:MOST_MONTHS]
        if number is not None and earlier and _is_far(number, earlier):
            yield indicator, number, round(median(earlier))


def _is_far(number: int, earlier: Sequence[int]) -> bool:
    usual = median(earlier)
    change = abs(number - usual)
    if len(earlier) < _FEWEST_MONTHS:
        return change > _LEAST_JUMP and change > _LEAST_SHARE * usual
    if change < _LEAST_CHANGE:
        return False
    logs = [math.log1p(each) for each in earlier]
    middle = median(logs)
    spread = max(median(abs(each - middle) for each in logs), _LEAST_SPREAD)
    return abs(math.log1p(number) - middle) > _DEVIATIONS * _SCALE * spread


RULES: Final[tuple[Rule, ...]] = (
    Rule(RuleCode.FIRST_TIME, Severity.HARD, _first_time),
    Rule(RuleCode.HELD_LIMIT, Severity.HARD, _held_limit),
    Rule(RuleCode.UNUSUAL, Severity.SOFT, _unusual),
    Rule(RuleCode.HELD_EXPECTED, Severity.SOFT, _held_expected),
    Rule(RuleCode.PER_MEETING, Severity.SOFT, _per_meeting),
)
