"""Meetings, told to whoever looks for something."""

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.formats import hour, weekday
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import MOST_HITS, Hit
from sri_admin.meetings.queries.meetings import find_meetings


def meetings(actor: Actor, text: str) -> list[Hit]:
    """Return the meetings whose name was typed."""
    return [
        Hit(
            kind=_("Meetings"),
            title=str(meeting.names),
            note=_(
                "%(country)s, %(day)s, %(hour)s",
                country=str(member.names),
                day=weekday(meeting.weekday),
                hour=hour(meeting.starts_at),
            ),
            endpoint="meetings.meeting_show",
            arguments={"code": member.code, "meeting_id": meeting.id},
        )
        for meeting, member in find_meetings(actor, text, most=MOST_HITS)
    ]
