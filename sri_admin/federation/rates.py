"""Token buckets: how often somebody may come, counted where it survives a refused request."""

import math
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from sri_admin.federation.enrolment_models import RateBucket
from sri_admin.federation.limits import KIB, MIB
from sri_admin.kernel import clock, transaction
from sri_admin.kernel.errors import TooManyError


@dataclass(frozen=True)
class Rate:
    """A bucket of `size` requests that refills by `per_second`."""

    size: float
    per_second: float


_HOUR = 3600
EXCHANGE = Rate(size=600, per_second=20)
# Several nodes may come from one network, as those of the demonstration do, each every five seconds.
TOKENS = Rate(size=60, per_second=1)
ENROLMENTS = Rate(size=10, per_second=10 / 3600)
QUESTIONS = Rate(size=60, per_second=0.5)
# Each of these becomes records of `hub.control`, which every node reads.
PUBLISHED = Rate(size=50, per_second=1 / 600)
# Of bytes: ten weeks of everything a country enters come at once, and after that more than it can enter in a day.
LINES = Rate(size=512 * MIB, per_second=8 * KIB)


def spend(holder: str, rate: Rate, *, cost: float = 1) -> None:
    """Take what a request costs from somebody's bucket; TooManyError says when to come again."""
    now = clock.now()
    # One last used an hour and more after now was noted by a clock that ran ahead: it counts as full again.
    to_fill = rate.size / rate.per_second
    passed = sa.extract("epoch", sa.literal(now) - RateBucket.at)
    seconds = sa.case((passed < -(to_fill + _HOUR), to_fill), else_=sa.func.greatest(passed, 0))
    filled = sa.func.least(rate.size, RateBucket.left + seconds * rate.per_second)
    take = sa.update(RateBucket).where(RateBucket.holder == holder, filled >= cost)
    take = take.values(left=filled - cost, at=now).returning(RateBucket.holder)
    begin = insert(RateBucket).values(holder=holder, left=rate.size - cost, at=now).on_conflict_do_nothing()
    # Two first requests at once: the one that did not begin the bucket takes from it afterwards.
    tries = (take, begin.returning(RateBucket.holder), take) if cost <= rate.size else (take,)
    with transaction.apart(durable=False) as session:
        if any(session.scalar(each) is not None for each in tries):
            return
        left = session.scalar(sa.select(filled).where(RateBucket.holder == holder)) or 0.0
    raise TooManyError(retry_after=math.ceil((cost - left) / rate.per_second))


def spend_published(node_id: UUID) -> None:
    """Take one thing a node has published to all from its bucket: new keys, an incarnation."""
    spend(f"published {node_id}", PUBLISHED)
