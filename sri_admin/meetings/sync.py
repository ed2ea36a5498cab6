"""Which records of meetings travel. Who leads a meeting and what came of an evening are in no schema and stay at home.

What an operation forbids is refused here too: values by the schemas, contradictions by the constraints of the tables (a
state without its reason, a step that does not exist, a tree with a circle), so that the hub sets such a record aside.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation.kinds import Kind
from sri_admin.federation.stream_names import MEMBER_OPS
from sri_admin.federation.wire import WireBoolean, WireDate, WireInstant, WireText, WireUUID
from sri_admin.kernel.text import Text
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, PastSchedule
from sri_admin.meetings.rules import meeting as m
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.naming import search_text
from sri_admin.members.rules.agreement import ProgrammeType

_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
_HOUR = validate.Regexp(r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]:00\Z")
_ZONE = validate.OneOf(sorted(available_timezones()))


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


class CommunityWire(Wire):
    """meetings.community/1."""

    kind = fields.Enum(CommunityKind, by_value=True, required=True)
    parent_id = WireUUID(allow_none=True)
    names = WireText(required=True)
    sensitive = WireBoolean(required=True)
    time_zone = fields.String(required=True, validate=_ZONE)


class ScheduleWire(Wire):
    """When a meeting takes place."""

    weekday = fields.Integer(strict=True, required=True, validate=validate.Range(1, 7))
    starts_at = fields.String(required=True, validate=_HOUR)
    minutes = fields.Integer(strict=True, required=True, validate=validate.Range(m.SHORTEST, m.LONGEST))
    time_zone = fields.String(required=True, validate=_ZONE)
    first_on = WireDate(required=True)
    every_weeks = fields.Integer(strict=True, required=True, validate=validate.Range(1, 2))


class MeetingWire(ScheduleWire):
    """meetings.meeting/1."""

    community_id = WireUUID(required=True)
    names = WireText(required=True)
    programme_type = fields.Enum(ProgrammeType, by_value=True, required=True)
    audience = fields.List(fields.Enum(m.Audience, by_value=True), required=True)
    languages = fields.List(fields.String(validate=_LANGUAGE), required=True)
    venue = fields.Enum(m.Venue, by_value=True, required=True)
    settlement = fields.Enum(m.Settlement, by_value=True, required=True)
    access = fields.Enum(m.Access, by_value=True, required=True)
    state = fields.Enum(m.MeetingState, by_value=True, required=True)
    state_since = WireDate(required=True)
    reason = fields.Enum(m.Reason, by_value=True, allow_none=True)
    expected_return = WireDate(allow_none=True)
    opened_on = WireDate(allow_none=True)
    confirmed_on = WireDate(allow_none=True)


class PastScheduleWire(ScheduleWire):
    """meetings.past_schedule/1."""

    meeting_id = WireUUID(required=True)
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class MeetingEventWire(Wire):
    """meetings.meeting_event/1."""

    meeting_id = WireUUID(required=True)
    number = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100_000))
    step = fields.Enum(m.Step, by_value=True, required=True)
    from_state = fields.Enum(m.MeetingState, by_value=True, required=True)
    to_state = fields.Enum(m.MeetingState, by_value=True, required=True)
    on = WireDate(required=True)
    reason = fields.Enum(m.Reason, by_value=True, allow_none=True)
    expected_return = WireDate(allow_none=True)
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


def _searched(payload: Mapping[str, Any]) -> dict[str, str]:
    return {"search": search_text(Text.from_wire(payload["names"]))}


COMMUNITY = Kind(name="meetings.community", model=Community, schema=CommunityWire, stream=MEMBER_OPS)
MEETING = Kind(name="meetings.meeting", model=Meeting, schema=MeetingWire, stream=MEMBER_OPS, derive=_searched)
EVENT = Kind(
    name="meetings.meeting_event", model=MeetingEvent, schema=MeetingEventWire, stream=MEMBER_OPS, append_only=True
)
PAST_SCHEDULE = Kind(
    name="meetings.past_schedule", model=PastSchedule, schema=PastScheduleWire, stream=MEMBER_OPS, append_only=True
)
KINDS = (COMMUNITY, MEETING, EVENT, PAST_SCHEDULE)
