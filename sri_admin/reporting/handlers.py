"""What the part does when it hears what happened."""

from uuid import UUID

from sri_admin.federation.events import RecordsArrived
from sri_admin.kernel import jobs, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.reporting.events import ReturnApproved
from sri_admin.reporting.jobs import RECEIVE
from sri_admin.reporting.sync import REVISION


def hear_of_arrival(_actor: Actor, event: RecordsArrived) -> None:
    """Have the revisions that came judged once their page is committed."""
    if event.kind == REVISION.name:
        _ask_to_receive(event.member_id)


def hear_of_approval(_actor: Actor, event: ReturnApproved) -> None:
    """Have a revision judged that was approved at the hub itself."""
    _ask_to_receive(event.member_id)


def _ask_to_receive(member_id: UUID) -> None:
    # Only the hub judges; elsewhere there is no such job.
    if RECEIVE in runtime.current().tasks:
        jobs.defer(RECEIVE, once=f"{RECEIVE}:{member_id}", member_id=member_id)


HANDLERS = {RecordsArrived: hear_of_arrival, ReturnApproved: hear_of_approval}
