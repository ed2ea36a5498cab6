"""Failed attempts and limits, counted apart: no rolled-back request makes them forgotten.

An attempt counts as failed before it is tried, so that a hundred at once are a hundred; success takes it back.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sri_admin.kernel import clock, transaction
from sri_admin.kernel.errors import TooManyError
from sri_admin.people.models import RateToken, SignInAttempts
from sri_admin.people.rules import (
    FREE_FAILURES,
    FREE_NETWORK_FAILURES,
    LONGEST_DELAY,
    NAME_FORGETS,
    NETWORK_FORGETS,
    delay_after,
)


@dataclass(frozen=True)
class Counter:
    """One thing failures are counted for; `shared` ones are many people's, so success takes back one failure only."""

    key: str
    free: int
    forgets: timedelta
    shared: bool = False


def by_name(sign_in_name: str) -> Counter:
    """Count for a name, known or not; stored as a digest."""
    return Counter(f"name:{hashlib.sha256(sign_in_name.encode()).hexdigest()}", FREE_FAILURES, NAME_FORGETS)


def by_account(account_id: UUID) -> Counter:
    """Count for somebody who is signed in."""
    return Counter(f"account:{account_id}", FREE_FAILURES, NAME_FORGETS)


def by_code(account_id: UUID) -> Counter:
    """Count for somebody who gave the password and owes a code."""
    return Counter(f"code:{account_id}", FREE_FAILURES, NAME_FORGETS)


def by_invitation(account_id: UUID) -> Counter:
    """Count the invitations of somebody that were refused because the name is taken; one that goes out clears none."""
    return Counter(f"invitation:{account_id}", FREE_FAILURES, NAME_FORGETS, shared=True)


def by_network(prefix: str) -> Counter:
    """Count for the network somebody comes from."""
    return Counter(f"network:{prefix}", FREE_NETWORK_FAILURES, NETWORK_FORGETS, shared=True)


def begin(*counters: Counter) -> None:
    """Count one more failure each; TooManyError while one of them has to wait."""
    now = clock.now()
    with transaction.apart() as session:
        rows = [(_locked_row(session, counter.key, now), counter) for counter in _in_order(counters)]
        waits = [row.locked_until - now for row, _ in rows if row.locked_until and _is_locked(row.locked_until, now)]
        for row, counter in rows if not waits else ():
            _count(row, counter, now)
    if waits:
        raise TooManyError(retry_after=math.ceil(max(waits).total_seconds()))


def succeed(*counters: Counter) -> None:
    """Take back what `begin` counted."""
    now = clock.now()
    with transaction.apart() as session:
        for counter in _in_order(counters):
            row = _locked_row(session, counter.key, now)
            row.failures = max(row.failures - 1, 0) if counter.shared else 0
            row.locked_until = None


def take(key: str, *, limit: int, window: timedelta, durable: bool = True) -> None:
    """Use one of `limit` tokens of a window; TooManyError when none is left."""
    now = clock.now()
    started = RateToken.window_starts_at
    # A window that starts later than the next one was noted by a clock that ran ahead.
    is_over = sa.or_(started <= now - window, started > now + window)
    taken = insert(RateToken).values(key=key, window_starts_at=now, used=1)
    taken = taken.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "used": sa.case((is_over, 1), else_=RateToken.used + 1),
            "window_starts_at": sa.case((is_over, now), else_=started),
        },
    ).returning(RateToken.used, RateToken.window_starts_at)
    with transaction.apart(durable=durable) as session:
        used, since = session.execute(taken).one()
    if used > limit:
        raise TooManyError(retry_after=max(1, math.ceil((since + window - now).total_seconds())))


def _is_locked(until: datetime, now: datetime) -> bool:
    # A delay longer than there is was noted by a clock that ran ahead.
    return now < until <= now + LONGEST_DELAY


def _in_order(counters: tuple[Counter, ...]) -> list[Counter]:
    # Always locked in the same order, so that two attempts never wait for one another.
    return sorted(counters, key=lambda counter: counter.key)


def _locked_row(session: Session, key: str, now: datetime) -> SignInAttempts:
    fresh = insert(SignInAttempts).values(key=key, failures=0, last_at=now)
    session.execute(fresh.on_conflict_do_nothing())
    return session.scalars(sa.select(SignInAttempts).where(SignInAttempts.key == key).with_for_update()).one()


def _count(row: SignInAttempts, counter: Counter, now: datetime) -> None:
    row.failures = 1 if now - row.last_at > counter.forgets else row.failures + 1
    row.last_at = now
    delay = delay_after(row.failures, free=counter.free)
    row.locked_until = now + delay if delay else None
