"""Taking in what arrived, at the hub, each member in a transaction of its own."""

from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.part import HUB, Task
from sri_admin.members.queries.members import find_member
from sri_admin.reporting.operations.intake import receive
from sri_admin.reporting.queries.returns import without_intake

RECEIVE = "reporting.receive_returns"


def receive_returns(actor: Actor, *, member_id: UUID) -> None:
    """Judge every revision of a member that has no answer yet."""
    member = find_member(member_id)
    if member is not None:
        for revision in without_intake(member_id):
            receive(actor, member, revision)


TASKS = (Task(name=RECEIVE, run=receive_returns, roles=HUB),)
