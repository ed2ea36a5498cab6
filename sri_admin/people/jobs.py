"""Forgetting: counters and notes of use are kept no longer than they are needed."""

from datetime import timedelta

import sqlalchemy as sa

from sri_admin.kernel import clock, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.part import Task
from sri_admin.people.models import PersonalTokenSeen, RateToken, SessionSeen, SignInAttempts
from sri_admin.people.operations import erasure

_ATTEMPTS_KEPT, _SEEN_KEPT, _KEYS_SEEN_KEPT = timedelta(days=7), timedelta(days=90), timedelta(days=730)


def forget_counters(_actor: Actor) -> None:
    """Remove counters of old attempts, and notes of use that are no longer shown to anybody."""
    now = clock.now()
    with transaction.apart() as session:
        session.execute(sa.delete(SignInAttempts).where(SignInAttempts.last_at < now - _ATTEMPTS_KEPT))
        session.execute(sa.delete(RateToken).where(RateToken.window_starts_at < now - _ATTEMPTS_KEPT))
        session.execute(sa.delete(PersonalTokenSeen).where(PersonalTokenSeen.seen_at < now - _KEYS_SEEN_KEPT))
        session.execute(sa.delete(SessionSeen).where(SessionSeen.seen_at < now - _SEEN_KEPT))


TASKS = (
    Task(
        name="people.forget_counters",
        run=forget_counters,
        every="17 3 * * *",
        own_transactions=True,
        while_restored=True,
    ),
    Task(name=erasure.FORGET, run=erasure.forget_person),
)
