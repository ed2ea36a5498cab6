"""What happened to a meeting, told in sentences: our own history, and the steps another installation sent."""

from typing import Any

from sri_admin.kernel import audit
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.formats import date_and_time
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.meetings import events_of
from sri_admin.meetings.queries.writer import is_written_here
from sri_admin.people.rules import ROLE_NAMES
from sri_admin.web import history

_LENGTH, _OF_LOGS = 20, "meetings.MeetingLogged"


def history_of(actor: Actor, meeting: Meeting) -> list[dict[str, Any]]:
    """Return the items of a timeline about a meeting, newest first; what was logged only for those who may know."""
    entries = audit.entries_about(meeting.member_id, meeting.id, limit=_LENGTH)
    if not POLICY.allows(actor, "meetings.log.read", meeting):
        entries = [each for each in entries if each.event != _OF_LOGS]
    received = [] if is_written_here(meeting.member_id) else [_step(each) for each in events_of(meeting)]
    newest = sorted([*history.told(entries), *received], key=lambda item: item["when"], reverse=True)[:_LENGTH]
    return [
        {
            **item,
            "when": date_and_time(item["when"], meeting.time_zone),
            "actor": ROLE_NAMES.get(item["actor"]) or _l("by itself"),
        }
        for item in newest
    ]


def _step(event: MeetingEvent) -> dict[str, Any]:
    values = {"step": event.step, "to_state": event.to_state, "reason": event.reason}
    return history.item("meetings.MeetingStepTaken", values, event.at, event.role)
