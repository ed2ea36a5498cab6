"""Shapes of communities, meetings and logs at the doors."""

from typing import Any
from zoneinfo import available_timezones

from marshmallow import fields

from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import Schema, one_of, validate
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.log import ANSWERS, MOST_PEOPLE, LedBy, Outcome
from sri_admin.meetings.rules.meeting import (
    LONGEST,
    SHORTEST,
    Access,
    Audience,
    MeetingState,
    Reason,
    Settlement,
    Step,
    Venue,
)
from sri_admin.members.rules.agreement import ProgrammeType

_LANGUAGE = validate.Regexp(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_NO_HOUR: Any = {"invalid": _l("Write the hour like 18:30.")}
_SORTS = ["when", "name", "state", "confirmed"]


def _zone() -> fields.String:
    return fields.String(validate=one_of(sorted(available_timezones())))


class CommunityIn(Schema):
    """A community to be entered or corrected."""

    id = fields.UUID()
    name = fields.String(required=True, validate=validate.Length(1, 200))
    kind = fields.Enum(CommunityKind, by_value=True, required=True)
    parent_id = fields.UUID()
    sensitive = fields.Boolean(load_default=False)
    time_zone = _zone()


class MeetingIn(Schema):
    """A meeting to be entered or corrected."""

    id = fields.UUID()
    community_id = fields.UUID(required=True)
    name = fields.String(required=True, validate=validate.Length(1, 200))
    programme_type = fields.Enum(ProgrammeType, by_value=True, required=True)
    audience = fields.List(fields.Enum(Audience, by_value=True), load_default=list)
    languages = fields.List(fields.String(validate=_LANGUAGE), required=True, validate=validate.Length(1, 20))
    venue = fields.Enum(Venue, by_value=True, required=True)
    settlement = fields.Enum(Settlement, by_value=True, required=True)
    access = fields.Enum(Access, by_value=True, required=True)
    weekday = fields.Integer(required=True, validate=validate.Range(1, 7))
    starts_at = fields.Time(required=True, format="%H:%M", error_messages=_NO_HOUR)
    minutes = fields.Integer(load_default=90, validate=validate.Range(SHORTEST, LONGEST))
    time_zone = _zone()
    first_on = fields.Date(required=True)
    every_weeks = fields.Integer(load_default=1, validate=one_of([1, 2]))


class MeetingQuery(Schema):
    """Which meetings are shown, in which order."""

    q = fields.String(validate=validate.Length(max=100))
    state = fields.Enum(MeetingState, by_value=True)
    community_id = fields.UUID()
    weekday = fields.Integer(validate=validate.Range(1, 7))
    settlement = fields.Enum(Settlement, by_value=True)
    unconfirmed = fields.Boolean()
    sort = fields.String(validate=one_of([*_SORTS, *(f"-{each}" for each in _SORTS)]))
    page = fields.Integer(validate=validate.Range(1, 10_000))
    size = fields.Integer(validate=validate.Range(1, 200))


class StepIn(Schema):
    """A step in the life of a meeting."""

    on = fields.Date()
    reason = fields.Enum(Reason, by_value=True)
    expected_return = fields.Date()


class LeaderIn(Schema):
    """Who is to lead a meeting."""

    account_id = fields.UUID(required=True)


class AnswersIn(Schema):
    """The four questions about an evening; a number that is not counted says so."""

    outcome = fields.Enum(Outcome, by_value=True, required=True, validate=one_of(ANSWERS))
    people = fields.Integer(validate=validate.Range(0, MOST_PEOPLE))
    people_uncounted = fields.Boolean(load_default=False)
    first_time = fields.Integer(validate=validate.Range(0, MOST_PEOPLE))
    first_time_uncounted = fields.Boolean(load_default=False)
    led_by = fields.List(fields.Enum(LedBy, by_value=True), load_default=list)


class LogIn(AnswersIn):
    """The log of an evening, named by its date."""

    id = fields.UUID()
    on = fields.Date(required=True)


_ROW = {"outcome": fields.Enum(Outcome, by_value=True, validate=one_of(ANSWERS))}
_ROW |= {name: fields.String(validate=validate.Length(max=4)) for name in ("people", "first_time")}
# The evenings of a month: outcome_7, people_7 and first_time_7 are what is said of the 7th.
MonthIn = Schema.from_dict(
    {f"{name}_{day}": field for name, field in _ROW.items() for day in range(1, 32)}, name="MonthIn"
)


class CommunityOut(Schema):
    """A community as programs see it."""

    id = fields.UUID()
    names = fields.Function(lambda row: row.names.to_wire())
    kind = fields.Enum(CommunityKind, by_value=True)
    parent_id = fields.UUID(allow_none=True)
    sensitive = fields.Boolean()
    time_zone = fields.String()
    version = fields.Integer()


class CommunityRows(Schema):
    """The communities of a member."""

    rows = fields.List(fields.Nested(CommunityOut))


class MeetingOut(Schema):
    """A meeting as programs see it."""

    id = fields.UUID()
    community_id = fields.UUID()
    names = fields.Function(lambda row: row.names.to_wire())
    programme_type = fields.Enum(ProgrammeType, by_value=True)
    audience = fields.List(fields.String())
    languages = fields.List(fields.String())
    venue = fields.Enum(Venue, by_value=True)
    settlement = fields.Enum(Settlement, by_value=True)
    access = fields.Enum(Access, by_value=True)
    weekday = fields.Integer()
    starts_at = fields.Time(format="%H:%M")
    minutes = fields.Integer()
    time_zone = fields.String()
    first_on = fields.Date()
    every_weeks = fields.Integer()
    state = fields.Enum(MeetingState, by_value=True)
    state_since = fields.Date()
    reason = fields.Enum(Reason, by_value=True, allow_none=True)
    expected_return = fields.Date(allow_none=True)
    opened_on = fields.Date(allow_none=True)
    confirmed_on = fields.Date(allow_none=True)
    version = fields.Integer()


class MeetingPage(Schema):
    """Some meetings of a longer list."""

    rows = fields.List(fields.Nested(MeetingOut))
    total = fields.Integer()
    first = fields.Integer()
    last = fields.Integer()


class LogOut(Schema):
    """The log of an evening as programs see it; a number without a value was not counted."""

    id = fields.UUID()
    meeting_id = fields.UUID()
    on = fields.Date()
    revision = fields.Integer()
    outcome = fields.Enum(Outcome, by_value=True)
    people = fields.Integer(allow_none=True)
    first_time = fields.Integer(allow_none=True)
    led_by = fields.List(fields.String())


def step_named(name: str) -> Step | None:
    """Return the step an address names, if there is one."""
    return next((each for each in Step if each.value == name), None)
