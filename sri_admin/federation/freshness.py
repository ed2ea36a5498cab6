"""How old a node's newest word of the hub is, and what it may still do by it (docs/federation.md §8.5).

Time is the latest moment seen by any clock since that word, so a clock that is turned back makes nothing young again.
Entering data is never asked here.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sri_admin.federation import contact, limits
from sri_admin.federation.enrolment_models import HubContact
from sri_admin.kernel import clock


class Freshness(StrEnum):
    """How much a node may rely on what it knows of keys and releases."""

    FRESH = "fresh"
    STALE = "stale"
    FROZEN = "frozen"


class Known(NamedTuple):
    """How old the newest signed control head is; None when there never was one."""

    state: Freshness
    head_at: datetime | None
    age: timedelta | None


def judge(head_at: datetime, now: datetime) -> Freshness:
    """Return what a head of this age makes of a node."""
    age = now - head_at
    if age > timedelta(days=limits.FROZEN_AFTER_DAYS):
        return Freshness.FROZEN
    return Freshness.FRESH if age < timedelta(days=limits.STALE_AFTER_DAYS) else Freshness.STALE


def known() -> Known:
    """Return how fresh this node is, by the latest moment it has seen."""
    return of(contact.with_hub())


def of(row: HubContact | None) -> Known:
    """Return how fresh a node is whose contact with the hub was read."""
    if row is None or row.head_at is None:
        return Known(Freshness.STALE, None, None)
    now = max(clock.now(), row.seen_at or row.head_at)
    return Known(judge(row.head_at, now), row.head_at, max(now - row.head_at, timedelta()))


def is_frozen() -> bool:
    """Say whether nothing new may be put in force until the hub is heard again."""
    return known().state is Freshness.FROZEN
