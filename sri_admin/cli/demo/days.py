"""Living through days that are over: each deed on its own date, those of one day and tenant as one change."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db

Act = Callable[[], Any]


def live(deeds: Iterable[tuple[int, UUID, Act]], tenants: Collection[UUID]) -> None:
    """Do what was done on which day, counted from today, for which of the tenants in reach."""
    now, reach = clock.now(), frozenset(tenants)
    # Sorted by day and stable, so that the chain of history runs forward in time.
    in_order = sorted(deeds, key=lambda deed: deed[0])
    for (day, tenant), same in groupby(in_order, key=lambda deed: deed[:2]):
        with clock.running(clock.fixed(now + timedelta(days=day))):
            acts = [act for _, _, act in same]
            transaction.write(tenancy.everywhere(reach, writing=tenant), partial(_do, acts))


def _do(acts: Sequence[Act]) -> None:
    for act in acts:
        act()
        db.session.flush()
