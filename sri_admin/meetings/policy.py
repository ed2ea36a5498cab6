"""Who may do what with meetings: their list is the office's, a log is its leaders' and the coordinator's."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.policy import Policy, board, either, staff
from sri_admin.meetings.rules.meeting import Step
from sri_admin.people.rules import OFFICE_ROLES, STAFF_ROLES

_KEEPERS = ("coordinator", "member_administrator")
_keepers = board(*_KEEPERS)
_is_facilitator = board("facilitator")


def visible(actor: Actor, member_id: sa.SQLColumnExpression[UUID]) -> sa.ColumnElement[bool]:
    """Return the filter that leaves an actor the meetings it may read."""
    if actor.is_staff:
        return sa.true()
    return member_id.in_({each.member_id for each in actor.mandates if each.role in (*STAFF_ROLES, *OFFICE_ROLES)})


def _leads(actor: Actor, desk: Any) -> bool:
    return _is_facilitator(actor, desk) and actor.account_id in getattr(desk, "led_by", ())


POLICY = Policy(
    {
        "meetings.meeting.read": either(staff(*STAFF_ROLES), board(*OFFICE_ROLES)),
        "meetings.meeting.enter": _keepers,
        "meetings.meeting.describe": _keepers,
        **{f"meetings.meeting.{each}": _keepers for each in Step},
        "meetings.community.enter": _keepers,
        "meetings.community.describe": _keepers,
        "meetings.leader.read": board(*OFFICE_ROLES),
        "meetings.leader.name": _keepers,
        "meetings.leader.end": _keepers,
        "meetings.own.read": board("facilitator", *_KEEPERS),
        # Raw logs are nobody's business but the country's own: no role of SRI stands here.
        "meetings.log.read": either(board(*OFFICE_ROLES), _leads),
        "meetings.log.write": either(_keepers, _leads),
        "meetings.log.take_back": either(_keepers, _leads),
    }
)
