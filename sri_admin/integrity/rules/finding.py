"""Findings: what SRI found, what the country does about it, and how that stands.

Both sides write rows of their own and never change one. How a finding stands is a function of all of them, whatever
their order of arrival: SRI's steps count by their place, the country's rows by their moment.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

LONGEST_TEXT: Final = 2000
MOST_EXTENSIONS: Final = 2
MOST_EVIDENCE: Final = 20


class Severity(StrEnum):
    """How grave a finding is, the gravest first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    OBSERVATION = "observation"
    GOOD_PRACTICE = "good_practice"


# Days a country has to put things right (draft until SRI adopts it); the others ask for nothing.
DUE_DAYS: Final[Mapping[Severity, int]] = {Severity.CRITICAL: 30, Severity.MAJOR: 90, Severity.MINOR: 180}
ROOT_CAUSE_NEEDED: Final = frozenset({Severity.CRITICAL, Severity.MAJOR})


class Reply(StrEnum):
    """What a country first says to a finding."""

    ACKNOWLEDGE = "acknowledge"
    DISPUTE = "dispute"


class Cause(StrEnum):
    """Where the cause of a finding lies (draft vocabulary until SRI adopts it)."""

    NOT_KNOWN = "not_known"
    UNCLEAR = "unclear"
    NOT_CHECKED = "not_checked"
    TOO_FEW_PEOPLE = "too_few_people"
    NO_MEANS = "no_means"
    OUTSIDE = "outside"
    OTHER = "other"


class Move(StrEnum):
    """What SRI does about a finding after it was issued."""

    EXTEND = "extend"
    CONFIRM = "confirm"
    DOWNGRADE = "downgrade"
    WITHDRAW = "withdraw"
    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"


DECISIONS: Final = frozenset({Move.CONFIRM, Move.DOWNGRADE, Move.WITHDRAW})
VERIFICATIONS: Final = frozenset({Move.EFFECTIVE, Move.NOT_EFFECTIVE})


class FindingState(StrEnum):
    """How a finding stands for people."""

    ISSUED = "issued"
    DISPUTED = "disputed"
    ACKNOWLEDGED = "acknowledged"
    PLANNED = "planned"
    REPORTED = "reported"
    NOT_EFFECTIVE = "not_effective"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


OVER: Final = frozenset({FindingState.CLOSED, FindingState.WITHDRAWN})
# Whose turn it is: while it is SRI's, the country is not late.
WAITS_FOR_SRI: Final = frozenset({FindingState.DISPUTED, FindingState.REPORTED})


class Act(StrEnum):
    """What somebody of either side can do with a finding."""

    ACKNOWLEDGE = "acknowledge"
    DISPUTE = "dispute"
    PLAN = "plan"
    REPORT = "report"
    EXTEND = "extend"
    DECIDE = "decide"
    VERIFY = "verify"


POSSIBLE: Final[Mapping[Act, frozenset[FindingState]]] = {
    Act.ACKNOWLEDGE: frozenset({FindingState.ISSUED, FindingState.DISPUTED}),
    Act.DISPUTE: frozenset({FindingState.ISSUED}),
    Act.PLAN: frozenset({FindingState.ACKNOWLEDGED, FindingState.PLANNED, FindingState.NOT_EFFECTIVE}),
    Act.REPORT: frozenset({FindingState.PLANNED, FindingState.NOT_EFFECTIVE}),
    Act.EXTEND: frozenset(FindingState) - OVER - WAITS_FOR_SRI,
    Act.DECIDE: frozenset({FindingState.DISPUTED}),
    Act.VERIFY: frozenset({FindingState.REPORTED}),
}


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A finding as SRI issued it."""

    severity: Severity
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of SRI: with its new day or severity where it has one, and what it is about."""

    place: int
    move: Move
    severity: Severity | None = None
    due_on: date | None = None
    about: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the country: a reply, an action, or a report on an action (`about`)."""

    id: UUID
    at: datetime
    reply: Reply | None = None
    about: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a finding stands: its state, what it weighs and until when now, and which rows count."""

    state: FindingState
    severity: Severity
    due_on: date | None
    extensions: int = 0
    reply_id: UUID | None = None
    action_id: UUID | None = None
    report_id: UUID | None = None

    @property
    def is_open(self) -> bool:
        """Say whether anything is still to be done by anybody."""
        return self.state not in OVER

    @property
    def holds_renewals(self) -> bool:
        """Say whether no renewal may be signed while it stands like this."""
        return self.is_open and self.severity is Severity.CRITICAL

    def is_possible(self, act: Act) -> bool:
        """Say whether something can be done with the finding as it stands."""
        if act is Act.EXTEND and (self.due_on is None or self.extensions >= MOST_EXTENSIONS):
            return False
        if act is Act.DISPUTE and self.severity is Severity.GOOD_PRACTICE:
            return False
        return self.state in POSSIBLE[act]

    def is_overdue(self, today: date) -> bool:
        """Say whether the country is late; the last day counts in full."""
        waits_for_country = self.is_open and self.state not in WAITS_FOR_SRI
        return waits_for_country and self.due_on is not None and self.due_on < today


def due_on(severity: Severity, issued_on: date) -> date | None:
    """Return until when a finding of a severity is to be put right; None if it asks for nothing."""
    days = DUE_DAYS.get(severity)
    return issued_on + timedelta(days=days) if days is not None else None


def latest_day(until: date | None, on: date) -> date | None:
    """Return until when a plan may go that is made on a day: SRI's own day, until that has passed.

    Whoever is late still has to plan, and no day that is left would be in time; the finding stays overdue.
    """
    return until if until is not None and until >= on else None


def milder(severity: Severity) -> list[Severity]:
    """Return what a finding can be downgraded to; praise is never what is left of a fault."""
    order = list(Severity)
    return [each for each in order[order.index(severity) + 1 :] if each is not Severity.GOOD_PRACTICE]


def standing_of(
    issued: Issued,
    *,
    steps: Collection[Step] = (),
    replies: Iterable[Row] = (),
    actions: Iterable[Row] = (),
    reports: Iterable[Row] = (),
) -> Standing:
    """Say how a finding stands after everything both sides wrote; every set of rows has an answer."""
    ordered = sorted(steps, key=lambda each: each.place)
    reply, action = _counting(list(replies)), _last(actions)
    report = _last(each for each in reports if action is not None and each.about == action.id)
    refused = {each.about for each in ordered if each.move is Move.NOT_EFFECTIVE}
    severity, until = _weight(issued, ordered)
    state = _state(
        severity,
        moves={each.move for each in ordered},
        reply=reply.reply if reply else None,
        is_planned=action is not None,
        report=_Report.NONE if report is None else _Report.REFUSED if report.id in refused else _Report.NEW,
    )
    return Standing(
        state=state,
        severity=severity,
        due_on=until,
        extensions=sum(each.move is Move.EXTEND for each in ordered),
        reply_id=reply.id if reply else None,
        action_id=action.id if action else None,
        report_id=report.id if report else None,
    )


class _Report(StrEnum):
    NONE = "none"
    NEW = "new"
    REFUSED = "refused"


def _state(
    severity: Severity, *, moves: Collection[Move], reply: Reply | None, is_planned: bool, report: _Report
) -> FindingState:
    if Move.WITHDRAW in moves:
        return FindingState.WITHDRAWN
    if Move.EFFECTIVE in moves:
        return FindingState.CLOSED
    is_decided = any(each in DECISIONS for each in moves)
    if reply is Reply.DISPUTE and not is_decided:
        return FindingState.DISPUTED
    if reply is None and not is_decided and not is_planned:
        return FindingState.ISSUED
    if severity not in DUE_DAYS:
        return FindingState.CLOSED
    if not is_planned:
        return FindingState.ACKNOWLEDGED
    told = {_Report.NONE: FindingState.PLANNED, _Report.NEW: FindingState.REPORTED}
    return told.get(report, FindingState.NOT_EFFECTIVE)


def _weight(issued: Issued, steps: Iterable[Step]) -> tuple[Severity, date | None]:
    severity, until = issued.severity, issued.due_on
    for each in steps:
        if each.move is Move.DOWNGRADE and each.severity is not None:
            severity, until = each.severity, each.due_on
        elif each.move is Move.EXTEND:
            until = each.due_on
    return severity, until


def _counting(replies: Collection[Row]) -> Row | None:
    # What the country acknowledged it does not dispute any more, whatever day a late dispute claims.
    return _last(each for each in replies if each.reply is Reply.ACKNOWLEDGE) or _last(replies)


def _last(rows: Iterable[Row]) -> Row | None:
    return max(rows, key=lambda each: (each.at, each.id), default=None)
