"""What needs a person, and in which order; no database, no clock, no words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sri_admin.members.rules.agreement import RUNNING, ShownState
from sri_admin.members.rules.member import SEATED, MemberState, SuspensionKind
from sri_admin.members.rules.office import Office
from sri_admin.overview.rules.facts import AgreementFacts, ConnectionFacts, CountryFacts, JoiningFacts

MOST = 10
EMERGENCY_SEEN_DAYS = 7
TERM_SEEN_DAYS = 60
PATIENCE_DAYS = 30


class NeedKind(StrEnum):
    """Why something stands in the list; among equally grave things of one day this order counts."""

    JOINING = "joining"
    LOST_PERMISSIONS = "lost_permissions"
    PARTED = "parted"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    EMERGENCY_ENDING = "emergency_ending"
    CURE = "cure"
    GRACE = "grace"
    OFFERED = "offered"
    RENEWAL = "renewal"
    NOTICE = "notice"
    SALVAGED = "salvaged"
    SET_ASIDE = "set_aside"
    SILENT = "silent"
    NOBODY = "nobody"
    ONE_PERSON = "one_person"
    TERM_ENDING = "term_ending"
    APPLICANT = "applicant"
    NEVER_REACHED = "never_reached"


_KINDS = list(NeedKind)
_GRAVITY = ("stop", "soon", "doing", "pause", "unk", "wait", "draft", "good", "ended")
_OFTEN_GRAVE = frozenset({NeedKind.JOINING})


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that needs somebody: about which country, how grave, by which day."""

    kind: NeedKind
    family: str
    code: str
    name: str
    today: date
    day: date | None = None
    count: int = 0
    ref_no: str = ""
    subject: UUID | None = None
    office: Office | None = None
    reason: str | None = None

    @property
    def days(self) -> int:
        """Count the days from today to its day; past days are counted too."""
        return abs((self.day - self.today).days) if self.day else 0

    @property
    def is_urgent(self) -> bool:
        """Say whether it cannot wait until tomorrow."""
        is_due = self.family == "soon" and self.day is not None and self.day <= self.today + timedelta(days=1)
        return self.family == "stop" or self.kind in _OFTEN_GRAVE or is_due

    @property
    def rank(self) -> int:
        """Say how grave it is: the lower, the graver."""
        return 0 if self.is_urgent else rank_of(self.family)


class Counts(NamedTuple):
    """How many things wait, how many of them cannot wait until tomorrow, and how many are not shown."""

    total: int
    urgent: int
    held_back: int


@dataclass(frozen=True)
class WorkList:
    """The things that are shown, in order: what cannot wait, and what can."""

    urgent: tuple[Need, ...]
    later: tuple[Need, ...]


def rank_of(family: str) -> int:
    """Say how grave something of a family is: the lower, the graver; what is 0 cannot wait until tomorrow."""
    return _GRAVITY.index(family)


def in_order(needs: Iterable[Need]) -> list[Need]:
    """Put needs in order: the gravest, then the nearest day, then as they came."""
    return sorted(needs, key=_place)


def arranged(needs: Iterable[Need], *, most: int = MOST) -> WorkList:
    """Put needs in order and keep the first ones."""
    shown = in_order(needs)[:most]
    return WorkList(
        urgent=tuple(each for each in shown if each.is_urgent),
        later=tuple(each for each in shown if not each.is_urgent),
    )


def _place(need: Need) -> tuple[bool, int, date, int]:
    return (not need.is_urgent, _GRAVITY.index(need.family), need.day or date.max, _KINDS.index(need.kind))


def needs_of_joining(asking: JoiningFacts, today: date) -> Need:
    """Say that a node waits to be let in: somebody sits at the other end."""
    return Need(
        kind=NeedKind.JOINING,
        family="soon",
        code=asking.code,
        name=asking.name,
        today=today,
        day=asking.asked_on,
        subject=asking.id,
    )


def needs_of_hub(salvaged: int, today: date) -> list[Need]:
    """Return what a hub that was restored needs: until what it had written is decided, it grants nothing anew."""
    if not salvaged:
        return []
    return [Need(kind=NeedKind.LOST_PERMISSIONS, family="stop", code="", name="", today=today, count=salvaged)]


def needs_of_country(country: CountryFacts, *, stale_days: int) -> list[Need]:
    """Return what in one country needs SRI."""
    found = [*_of_agreements(country), *_of_line(country, stale_days)]
    if country.state is MemberState.APPLICANT:
        waited = (country.today - country.state_since).days
        family = "soon" if waited > PATIENCE_DAYS else "wait"
        found.append(_need(country, NeedKind.APPLICANT, family, count=waited))
    if _emergency_ends_soon(country):
        found.append(_need(country, NeedKind.EMERGENCY_ENDING, "soon", day=country.suspension_until))
    if country.state in SEATED and country.holders.ever and not country.holders.now:
        found.append(_need(country, NeedKind.NOBODY, "soon"))
    # One entry alone may only mean that the others are not entered yet.
    if country.state in SEATED and country.holders.now > 1 and country.holders.people == 1:
        found.append(_need(country, NeedKind.ONE_PERSON, "soon"))
    return found


def needs_by_code(countries: Iterable[CountryFacts], *, stale_days: int) -> dict[str, list[Need]]:
    """Return what needs SRI in each country, by its code."""
    return {each.code: needs_of_country(each, stale_days=stale_days) for each in countries}


def needs_of_board(country: CountryFacts, *, stale_days: int) -> list[Need]:
    """Return what in one country needs its own board."""
    found = [*_of_agreements(country), *_of_line(country, stale_days)]
    if country.state is MemberState.SUSPENDED:
        told = {"day": country.suspension_until, "reason": country.state_reason}
        found.append(_need(country, NeedKind.SUSPENDED, "pause", **told))
    if not country.holders.now:
        found.append(_need(country, NeedKind.NOBODY, "soon"))
    return [*found, *_of_terms(country)]


def _need(country: CountryFacts, kind: NeedKind, family: str, **more: object) -> Need:
    return Need(kind=kind, family=family, code=country.code, name=country.name, today=country.today, **more)  # pyright: ignore[reportArgumentType] - the fields of Need


def _emergency_ends_soon(country: CountryFacts) -> bool:
    until = country.suspension_until
    if country.state is not MemberState.SUSPENDED or country.suspension is not SuspensionKind.EMERGENCY:
        return False
    return until is not None and until <= country.today + timedelta(days=EMERGENCY_SEEN_DAYS)


def _of_terms(country: CountryFacts) -> Iterator[Need]:
    last = country.today + timedelta(days=TERM_SEEN_DAYS)
    for term in country.terms:
        if country.today <= term.ends_on <= last:
            yield _need(country, NeedKind.TERM_ENDING, "soon", day=term.ends_on, office=term.office)


def _of_agreements(country: CountryFacts) -> Iterator[Need]:
    for each in country.agreements:
        found = _of_agreement(country, each)
        if found is not None and not _is_settled(country, each):
            yield found


def _of_agreement(country: CountryFacts, agreement: AgreementFacts) -> Need | None:
    about = {"ref_no": agreement.ref_no, "subject": agreement.id}
    if agreement.shown is ShownState.OFFERED:
        return _need(country, NeedKind.OFFERED, "wait", day=agreement.offered_on, **about)
    if country.state not in SEATED:
        return None
    if agreement.shown is ShownState.IN_CURE and agreement.facts.cure_opened_on:
        day = agreement.facts.cure_opened_on + timedelta(days=agreement.cure_days)
        return _need(country, NeedKind.CURE, "stop" if day < country.today else "soon", day=day, **about)
    facts = agreement.facts
    told: dict[ShownState, tuple[NeedKind, str, date | None]] = {
        ShownState.EXPIRED: (NeedKind.EXPIRED, "stop", facts.notice_effective_on or facts.ends_on),
        ShownState.GRACE: (NeedKind.GRACE, "soon", facts.ends_on + timedelta(days=facts.grace_days)),
        ShownState.RENEWAL_DUE: (NeedKind.RENEWAL, "soon", facts.ends_on),
        ShownState.NOTICE_GIVEN: (NeedKind.NOTICE, "soon", facts.notice_effective_on),
    }
    if agreement.shown not in told:
        return None
    kind, family, day = told[agreement.shown]
    return _need(country, kind, family, day=day, **about)


def _is_settled(country: CountryFacts, agreement: AgreementFacts) -> bool:
    """Say whether a later agreement of the same kind already answers what this one asks for."""
    later = [
        each.shown
        for each in country.agreements
        if each.kind is agreement.kind and each.id != agreement.id and each.facts.starts_on > agreement.facts.starts_on
    ]
    if agreement.shown is ShownState.RENEWAL_DUE:
        return any(each in {ShownState.OFFERED, ShownState.UPCOMING, *RUNNING} for each in later)
    if agreement.shown in {ShownState.EXPIRED, ShownState.GRACE}:
        return any(each in RUNNING for each in later)
    return False


def _of_line(country: CountryFacts, stale_days: int) -> Iterator[Need]:
    if country.salvaged:
        yield _need(country, NeedKind.SALVAGED, "soon", count=country.salvaged)
    line: ConnectionFacts | None = country.connection
    if line is None:
        return
    if line.has_parted:
        yield _need(country, NeedKind.PARTED, "stop", day=country.today, subject=line.node_id)
    if line.set_aside:
        yield _need(country, NeedKind.SET_ASIDE, "soon", count=line.set_aside, subject=line.node_id)
    if line.reached_at is None:
        yield _need(country, NeedKind.NEVER_REACHED, "unk", subject=line.node_id)
    elif line.days_silent >= stale_days:
        yield _need(country, NeedKind.SILENT, "soon", count=line.days_silent, subject=line.node_id)
