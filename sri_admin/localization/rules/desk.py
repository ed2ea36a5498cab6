"""Where somebody translates: the subject of every rule about translation."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Desk:
    """A language in a country."""

    member_id: UUID
    language: str
