"""Licence agreements: stored states, dated events, and what people are shown on a day.

What is shown follows from one table of boundary days, `BOUNDARIES`. `shown_state` reads it in Python and
`queries.agreements.shown_state_sql` writes the same table as SQL; a test holds both against each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l


class AgreementKind(StrEnum):
    """What is agreed; an amendment keeps the kind of the agreement it amends and names it."""

    LICENCE = "licence"
    PILOT = "pilot"
    TRANSLATION = "translation"
    ONLINE = "online"


class Right(StrEnum):
    """What a member may do under an agreement."""

    USE_NAME = "use_name"
    RUN_MEETINGS = "run_meetings"
    RUN_ONLINE_MEETINGS = "run_online_meetings"
    TRAIN = "train"
    TRANSLATE = "translate"
    ADAPT = "adapt"
    PRINT = "print"
    DISTRIBUTE = "distribute"
    SUBLICENSE = "sublicense"


class ProgrammeType(StrEnum):
    """What is run under the licence (draft vocabulary until SRI adopts it)."""

    FOUR_POINT = "four_point"
    FAMILY_FRIENDS = "family_friends"
    CORRECTIONAL = "correctional"
    YOUTH = "youth"
    VETERANS = "veterans"
    DISCUSSION = "discussion"


class AgreementState(StrEnum):
    """What is stored; a draft is a row of another table."""

    OFFERED = "offered"
    SIGNED = "signed"
    SUPERSEDED = "superseded"
    TERMINATED = "terminated"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class ShownState(StrEnum):
    """What people are shown on a day."""

    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    TERMINATED = "terminated"
    ENDED = "ended"
    UPCOMING = "upcoming"
    EXPIRED = "expired"
    GRACE = "grace"
    NOTICE_GIVEN = "notice_given"
    IN_CURE = "in_cure"
    RENEWAL_DUE = "renewal_due"
    ACTIVE = "active"


class EventKind(StrEnum):
    """A dated thing that happens to a signed agreement without changing its text."""

    NOTICE_GIVEN = "notice_given"
    NOTICE_TAKEN_BACK = "notice_taken_back"
    CURE_OPENED = "cure_opened"
    CURE_CLOSED = "cure_closed"


NOTICE = frozenset({EventKind.NOTICE_GIVEN, EventKind.NOTICE_TAKEN_BACK})
CURE = frozenset({EventKind.CURE_OPENED, EventKind.CURE_CLOSED})
RUNNING = frozenset(
    {ShownState.ACTIVE, ShownState.RENEWAL_DUE, ShownState.NOTICE_GIVEN, ShownState.IN_CURE, ShownState.GRACE}
)
# From which stored states a change of state is possible.
MOVES: Mapping[AgreementState, frozenset[AgreementState]] = {
    AgreementState.SIGNED: frozenset({AgreementState.OFFERED}),
    AgreementState.WITHDRAWN: frozenset({AgreementState.OFFERED}),
    AgreementState.SUPERSEDED: frozenset({AgreementState.SIGNED}),
    AgreementState.TERMINATED: frozenset({AgreementState.SIGNED}),
    AgreementState.ENDED: frozenset({AgreementState.SIGNED}),
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the shown state depends on; days that do not exist are None."""

    state: AgreementState
    starts_on: date
    ends_on: date
    notice_days: int
    grace_days: int
    closed_on: date | None = None
    noticed_on: date | None = None
    notice_effective_on: date | None = None
    cure_opened_on: date | None = None


@dataclass(frozen=True)
class Boundary:
    """From a day on (a fact, moved by days and by another fact) something is shown, unless an earlier row holds.

    `when` names stored states the row is for; `before` turns it round: shown until the day before.
    """

    shown: ShownState
    base: str | None = None
    days: int = 0
    plus: str | None = None
    minus: str | None = None
    before: bool = False
    when: frozenset[AgreementState] = frozenset(AgreementState)


def _stored(state: AgreementState, base: str | None = None) -> Boundary:
    return Boundary(ShownState(state.value), base, when=frozenset({state}))


# A day counts until its end, so what follows an end date begins one day later.
BOUNDARIES: tuple[Boundary, ...] = (
    _stored(AgreementState.OFFERED),
    _stored(AgreementState.WITHDRAWN),
    _stored(AgreementState.SUPERSEDED, "closed_on"),
    _stored(AgreementState.TERMINATED, "closed_on"),
    _stored(AgreementState.ENDED, "closed_on"),
    Boundary(ShownState.UPCOMING, "starts_on", before=True),
    Boundary(ShownState.EXPIRED, "notice_effective_on", days=1),
    Boundary(ShownState.EXPIRED, "ends_on", plus="grace_days", days=1),
    Boundary(ShownState.GRACE, "ends_on", days=1),
    Boundary(ShownState.NOTICE_GIVEN, "noticed_on"),
    Boundary(ShownState.IN_CURE, "cure_opened_on"),
    Boundary(ShownState.RENEWAL_DUE, "ends_on", minus="notice_days"),
    Boundary(ShownState.ACTIVE),
)


def shown_state(facts: Facts, on: date) -> ShownState:
    """Return what is shown on a day (a local date of the member)."""
    return next(each.shown for each in BOUNDARIES if _holds(each, facts, on))


def _holds(boundary: Boundary, facts: Facts, on: date) -> bool:
    if facts.state not in boundary.when:
        return False
    if boundary.base is None:
        return True
    day = boundary_day(boundary, facts)
    return day is not None and (on < day if boundary.before else on >= day)


def boundary_day(boundary: Boundary, facts: Facts) -> date | None:
    """Return the day a row of the table speaks of."""
    base = getattr(facts, boundary.base or "", None)
    if base is None:
        return None
    moved = boundary.days
    moved += getattr(facts, boundary.plus) if boundary.plus else 0
    moved -= getattr(facts, boundary.minus) if boundary.minus else 0
    return base + timedelta(days=moved)


def facts_of(agreement: Any, events: Iterable[Any]) -> Facts:
    """Gather the facts of an agreement and its events (oldest first): the latest of each family counts."""
    latest: dict[frozenset[EventKind], Any] = {}
    for event in events:
        latest[NOTICE if event.kind in NOTICE else CURE] = event
    notice, cure = latest.get(NOTICE), latest.get(CURE)
    given = notice if notice and notice.kind is EventKind.NOTICE_GIVEN else None
    opened = cure if cure and cure.kind is EventKind.CURE_OPENED else None
    return Facts(
        state=agreement.state,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        notice_days=agreement.notice_days,
        grace_days=agreement.grace_days,
        closed_on=agreement.closed_on,
        noticed_on=given.on if given else None,
        notice_effective_on=given.effective_on if given else None,
        cure_opened_on=opened.on if opened else None,
    )


def check_move(state: AgreementState, target: AgreementState) -> None:
    """Refuse with ConflictError a change of state that is not in the table."""
    if state not in MOVES[target]:
        message = _l("This agreement is no longer at the point where that can be done. Look at its page again.")
        raise ConflictError(message, code="wrong_state", state=state.value, target=target.value)


def check_terms(values: Mapping[str, Any]) -> None:
    """Refuse terms that contradict one another, each fault at its field."""
    faults = []
    if values["ends_on"] <= values["starts_on"]:
        faults.append(FieldError("ends_on", _l("The end date must come after the start date.")))
    if not values["rights"]:
        faults.append(FieldError("rights", _l("Please tick at least one thing the agreement allows.")))
    if not values["territories"]:
        faults.append(FieldError("territories", _l("Please name at least one place.")))
    if faults:
        raise InvalidError(faults)
