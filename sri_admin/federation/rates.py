"""Token buckets: how often somebody may come, counted where it survives a refused request."""

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sri_admin.federation.enrolment_models import RateBucket
from sri_admin.federation.limits import KIB, MIB
from sri_admin.kernel import clock, transaction
from sri_admin.kernel.errors import TooManyError


@dataclass(frozen=True)
class Rate:
    """A bucket of `size` requests that refills by `per_second`."""

    size: float
    per_second: float


EXCHANGE = Rate(size=600, per_second=20)
TOKENS = Rate(size=30, per_second=0.2)
ENROLMENTS = Rate(size=10, per_second=10 / 3600)
QUESTIONS = Rate(size=60, per_second=0.5)
# Each of these becomes records of `hub.control`, which every node reads.
PUBLISHED = Rate(size=50, per_second=1 / 600)
# Of bytes: ten weeks of everything a country enters come at once, and after that more than it can enter in a day.
LINES = Rate(size=512 * MIB, per_second=8 * KIB)


def spend(holder: str, rate: Rate, *, cost: float = 1) -> None:
    """Take what a request costs from somebody's bucket; TooManyError says when to come again."""
    now = clock.now()
    with transaction.apart(durable=False) as session:
        bucket = session.get(RateBucket, holder, with_for_update=True) or _begun(session, holder, rate, now)
        left = min(rate.size, bucket.left + max(0.0, _seconds(bucket.at, now)) * rate.per_second)
        bucket.left, bucket.at = max(left - cost, 0.0) if left >= cost else left, now
    if left < cost:
        raise TooManyError(retry_after=math.ceil((cost - left) / rate.per_second))


def spend_published(node_id: UUID) -> None:
    """Take one thing a node has published to all from its bucket: new keys, an incarnation."""
    spend(f"published {node_id}", PUBLISHED)


def _begun(session: Session, holder: str, rate: Rate, now: datetime) -> RateBucket:
    # Two first requests at once take turns on the row that one of them made.
    begun = insert(RateBucket).values(holder=holder, left=rate.size, at=now).on_conflict_do_nothing()
    return session.scalar(begun.returning(RateBucket)) or session.get_one(RateBucket, holder, with_for_update=True)


def _seconds(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()
