"""What is known of a country when its day begins; plain values, gathered by the queries."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sri_admin.kernel.actor import Actor, Scope
from sri_admin.members.rules.agreement import AgreementKind, Facts, ShownState
from sri_admin.members.rules.member import MemberState, SuspensionKind
from sri_admin.members.rules.office import Office
from sri_admin.people.rules import BOARD_ROLES, STAFF_ROLES, Role


class View(StrEnum):
    """Which first page somebody gets."""

    HUB = "hub"
    COUNTRY = "country"
    PERSON = "person"


@dataclass(frozen=True, kw_only=True)
class AgreementFacts:
    """One agreement as it stands on the member's today."""

    id: UUID
    ref_no: str
    kind: AgreementKind
    shown: ShownState
    facts: Facts
    cure_days: int
    offered_on: date


@dataclass(frozen=True, kw_only=True)
class ConnectionFacts:
    """The line between hub and node: at the hub its node, at a node (without an id) its hub."""

    node_id: UUID | None
    reached_at: datetime | None
    days_silent: int
    has_parted: bool
    set_aside: int
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class HolderFacts:
    """How many offices were ever held, how many are held now, and by how many people."""

    ever: int = 0
    now: int = 0
    people: int = 0


@dataclass(frozen=True, kw_only=True)
class TermFacts:
    """An office whose holder leaves on a day."""

    office: Office
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class CountryFacts:
    """Everything the first page knows of one country; `today` is its own date."""

    member_id: UUID
    code: str
    name: str
    today: date
    time_zone: str = "UTC"
    state: MemberState
    state_since: date
    state_reason: str | None = None
    suspension: SuspensionKind | None = None
    suspension_until: date | None = None
    agreements: tuple[AgreementFacts, ...] = ()
    holders: HolderFacts = field(default_factory=HolderFacts)
    terms: tuple[TermFacts, ...] = ()
    connection: ConnectionFacts | None = None
    salvaged: int = 0
    keeps_people_here: bool = True


@dataclass(frozen=True, kw_only=True)
class JoiningFacts:
    """A node that asks to be let in."""

    id: UUID
    code: str
    name: str
    asked_on: date


_READERS = {*STAFF_ROLES, *BOARD_ROLES} - {Role.FACILITATOR}


def view_of(actor: Actor, *, is_hub: bool) -> tuple[View, UUID | None]:
    """Return which first page somebody gets, and of which tenant."""
    if actor.is_staff and is_hub:
        return View.HUB, None
    for mandate in actor.mandates:
        if mandate.scope is Scope.MEMBER and mandate.role in _READERS:
            return View.COUNTRY, mandate.member_id
    return View.PERSON, actor.mandates[0].member_id if actor.mandates else None
