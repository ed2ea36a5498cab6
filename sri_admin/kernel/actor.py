"""Who acts: a plain value handed to every operation and query."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    """How far a mandate reaches."""

    HUB = "hub"
    MEMBER = "member"
    COMMUNITY = "community"
    LANGUAGE = "language"


@dataclass(frozen=True, kw_only=True)
class Mandate:
    """One role held for one tenant between two dates (the last day included), for one language if it says which."""

    role: str
    scope: Scope
    member_id: UUID
    starts_on: date
    ends_on: date | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person, a job or a peer; only the opaque label is ever written into history."""

    label: str
    kind: str = "person"
    account_id: UUID | None = None
    mandates: tuple[Mandate, ...] = ()
    fresh_until: datetime | None = None

    def holds(self, *roles: str, member: UUID | None = None) -> bool:
        """Say whether the actor has one of the roles, for the member if one is given."""
        return any(
            mandate.role in roles and (member is None or mandate.scope is Scope.HUB or mandate.member_id == member)
            for mandate in self.mandates
        )

    @property
    def is_staff(self) -> bool:
        """Say whether any mandate reaches over the whole hub."""
        return any(mandate.scope is Scope.HUB for mandate in self.mandates)

    @property
    def role(self) -> str:
        """Name the first role, for history and for the account menu."""
        return self.mandates[0].role if self.mandates else self.kind


ANONYMOUS = Actor(label="nobody", kind="anonymous")


def system(name: str) -> Actor:
    """Return the actor of a job or command, named after it."""
    return Actor(label=f"system:{name}", kind="system")
