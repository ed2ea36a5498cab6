"""What the part does when it hears what happened."""

from uuid import UUID

from sri_admin.federation.events import RecordsArrived
from sri_admin.integrity.events import AssessmentSignedOff
from sri_admin.integrity.operations.reviews import RECEIVE
from sri_admin.integrity.sync import SNAPSHOT
from sri_admin.kernel import jobs, runtime
from sri_admin.kernel.actor import Actor


def receive_arrived(_actor: Actor, event: RecordsArrived) -> None:
    """Have snapshots that came from a node received, once they are committed."""
    if event.kind == SNAPSHOT.name:
        for snapshot_id in event.ids:
            _ask(event.member_id, snapshot_id)


def receive_own(_actor: Actor, event: AssessmentSignedOff) -> None:
    """Have a snapshot of a country that works at the hub received like any other."""
    _ask(event.member_id, UUID(event.snapshot_id))


def _ask(member_id: UUID, snapshot_id: UUID) -> None:
    if RECEIVE in runtime.current().tasks:
        jobs.defer(RECEIVE, once=f"{RECEIVE}:{snapshot_id}", member_id=member_id, snapshot_id=snapshot_id)


HANDLERS = {RecordsArrived: receive_arrived, AssessmentSignedOff: receive_own}
