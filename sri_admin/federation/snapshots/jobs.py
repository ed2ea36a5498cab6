"""Pruning as a job: once a week, stream by stream, each in a transaction of its own."""

from typing import Final

from sri_admin.federation import streams
from sri_admin.federation.intake import reach_for
from sri_admin.federation.snapshots import pruning
from sri_admin.federation.snapshots.pruning import Pruned
from sri_admin.kernel import tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.part import Task
from sri_admin.kernel.tenancy import Tenant

PRUNE: Final = "federation.prune"


def prune(_actor: Actor) -> None:
    """Move every horizon as far as it may go."""
    prune_all()


def prune_all(*, dry_run: bool = False) -> list[Pruned]:
    """Prune every stream that is here, or only say what would go; opens its own transactions."""
    with transaction.reading(tenancy.NOWHERE):
        everyone = [each.id for each in db.session.query(Tenant)]
    with transaction.reading(tenancy.everywhere(everyone)):
        names = [row.name for row in streams.here()]
    found = (_prune(name, dry_run=dry_run) for name in names)
    return [each for each in found if each is not None]


def _prune(name: str, *, dry_run: bool) -> Pruned | None:
    if dry_run:
        with transaction.reading(reach_for(name)):
            return pruning.prune(streams.by_name(name), dry_run=True)
    return transaction.write(reach_for(name), lambda: pruning.prune(streams.by_name(name, lock=True)))


TASKS = (Task(name=PRUNE, run=prune, every="27 3 * * 0", own_transactions=True, retries=0),)
