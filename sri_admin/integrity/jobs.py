"""Calling countries to a round, and receiving what they handed in."""

from uuid import UUID

from sri_admin.integrity.operations.reviews import RECEIVE, receive_snapshot
from sri_admin.integrity.operations.standards import CALL_MEMBER, call_member
from sri_admin.integrity.queries.assessments import snapshot_by_id
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.part import HUB, Task


def call(actor: Actor, *, member_id: UUID, cycle_id: UUID) -> None:
    """Ask one country to assess itself."""
    call_member(actor, member_id, cycle_id=cycle_id)


def receive(actor: Actor, *, member_id: UUID, snapshot_id: UUID) -> None:
    """Note that an assessment has arrived."""
    receive_snapshot(actor, snapshot_by_id(member_id, snapshot_id))


TASKS = (
    Task(name=CALL_MEMBER, run=call, roles=HUB),
    Task(name=RECEIVE, run=receive, roles=HUB),
)
