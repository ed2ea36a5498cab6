"""Naming who leads a meeting."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.meetings.events import LeaderEnded, LeaderNamed
from sri_admin.meetings.models.meeting import Meeting, MeetingLeader
from sri_admin.meetings.operations.writing import require_here
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.leaders import leaders_of, possible_leaders

Values = Mapping[str, Any]


def name_leader(actor: Actor, meeting: Meeting, *, values: Values) -> MeetingLeader:
    """Let somebody lead a meeting, and log its evenings; who leads it already stays."""
    POLICY.require(actor, "meetings.leader.name", meeting)
    require_here(meeting.member_id)
    known = next((each.leader for each in leaders_of(meeting) if each.account.id == values["account_id"]), None)
    if known is not None:
        return known
    if values["account_id"] not in {each.id for each in possible_leaders(meeting.member_id)}:
        raise InvalidError([FieldError("account_id", _l("Choose somebody who has access here."))])
    leader = MeetingLeader(
        member_id=meeting.member_id,
        id=values.get("record_id") or ids.new(),
        meeting_id=meeting.id,
        account_id=values["account_id"],
        since=clock.today(),
    )
    db.session.add(leader)
    record(actor, LeaderNamed(member_id=meeting.member_id, subject=meeting.id, leader=leader.id), leader)
    return leader


def end_leader(actor: Actor, leader: MeetingLeader) -> MeetingLeader:
    """Note that somebody leads a meeting no longer; from now on they cannot log it."""
    POLICY.require(actor, "meetings.leader.end", leader)
    if leader.ended_on is not None:
        raise ConflictError(_l("This was ended already."), code="wrong_state")
    leader.ended_on = clock.today()
    record(actor, LeaderEnded(member_id=leader.member_id, subject=leader.meeting_id, leader=leader.id), leader)
    return leader
