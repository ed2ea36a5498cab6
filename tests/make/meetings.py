"""Builders of communities, meetings and logs; they act through the operations, as the coordinator of the country."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.operations import communities, leaders, logs, meetings
from sri_admin.meetings.queries.communities import communities_of
from sri_admin.meetings.queries.meetings import meeting_by_id
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.log import LedBy, Outcome
from sri_admin.meetings.rules.meeting import STEPS, Access, MeetingState, Settlement, Step, Venue
from sri_admin.members.rules.agreement import ProgrammeType
from tests.make import members as make

# A Tuesday that is over, on which furnished meetings are logged.
EVENING = clock.today() - timedelta(days=(clock.today().isoweekday() - 2) % 7 + 7)
# How a meeting gets from proposed to each state.
_WAY: dict[MeetingState, tuple[Step, ...]] = {
    MeetingState.PROPOSED: (),
    MeetingState.APPROVED: (Step.APPROVE,),
    MeetingState.ACTIVE: (Step.APPROVE, Step.ACTIVATE),
    MeetingState.ON_HOLD: (Step.APPROVE, Step.ACTIVATE, Step.HOLD),
    MeetingState.CLOSED: (Step.APPROVE, Step.ACTIVATE, Step.CLOSE),
}


def coordinator(member_id: UUID) -> Actor:
    """Make the coordinator of a country."""
    return make.actor("coordinator", member_id)


def community(member_id: UUID, name: str = "Harbour", **more: Any) -> UUID:
    """Enter a community and return its id. `more`: kind, parent_id, sensitive, time_zone."""
    by, values = coordinator(member_id), {"kind": CommunityKind.CITY, "name": name, **more}
    return make.writing(member_id, lambda: communities.enter_community(by, make.found(member_id), values=values).id)


def meeting(
    member_id: UUID, name: str = "Harbour library", *, state: MeetingState = MeetingState.ACTIVE, **more: Any
) -> UUID:
    """Enter a meeting in a state and return its id; without `community_id` in the first community there is.

    It is active from its first day on, by default Tuesdays at 18:30 from 7 January 2025. `more`: what the form asks.
    """
    by, values = coordinator(member_id), {**described(), "name": name, **more}

    def enter() -> UUID:
        known = communities_of(member_id)
        place = values.get("community_id") or (known[0].id if known else None)
        return meetings.enter_meeting(by, make.found(member_id), values={**values, "community_id": place}).id

    has_place = "community_id" in more or make.writing(member_id, lambda: bool(communities_of(member_id)))
    if not has_place:
        community(member_id)
    made = make.writing(member_id, enter)
    for taken in _WAY[state]:
        step(member_id, made, taken, on=values["first_on"])
    return made


def described() -> dict[str, Any]:
    """Return values that describe a meeting."""
    return {
        "programme_type": ProgrammeType.FOUR_POINT,
        "audience": [],
        "languages": ["en"],
        "venue": Venue.IN_PERSON,
        "settlement": Settlement.CITY,
        "access": Access.PUBLIC_OPEN,
        "weekday": 2,
        "starts_at": time(18, 30),
        "minutes": 90,
        "time_zone": "UTC",
        "first_on": date(2025, 1, 7),
        "every_weeks": 1,
    }


def step(member_id: UUID, meeting_id: UUID, taken: Step, **values: Any) -> None:
    """Take a step in the life of a meeting; a reason is chosen where one is needed. `values`: on, expected_return."""
    by, reasons = coordinator(member_id), STEPS[taken].reasons
    said = {"step": taken, "reason": reasons[0] if reasons else None, **values}
    make.writing(member_id, lambda: meetings.take_step(by, meeting_by_id(member_id, meeting_id), values=said).id)


def leader(member_id: UUID, meeting_id: UUID, account_id: UUID) -> UUID:
    """Let an account lead a meeting and return the id of the lead."""
    by, values = coordinator(member_id), {"account_id": account_id}
    return make.writing(
        member_id, lambda: leaders.name_leader(by, meeting_by_id(member_id, meeting_id), values=values).id
    )


def logged(member_id: UUID, meeting_id: UUID, on: date, **more: Any) -> UUID:
    """Log an evening and return the id of its log; 9 people came, 2 for the first time, unless `more` says otherwise.

    `more`: outcome, people, first_time (None: not counted), led_by, by.
    """
    by = more.pop("by", None) or coordinator(member_id)
    values = {"on": on, "outcome": Outcome.HELD, "people": 9, "first_time": 2, "led_by": [LedBy.ME], **more}
    for name in ("people", "first_time"):
        values[f"{name}_uncounted"] = values[name] is None
    return make.writing(member_id, lambda: logs.log_meeting(by, meeting_by_id(member_id, meeting_id), values=values).id)


def found(member_id: UUID, meeting_id: UUID) -> Meeting:
    """Return a meeting inside a transaction."""
    return db.session.get_one(Meeting, (member_id, meeting_id))


def found_log(member_id: UUID, log_id: UUID) -> MeetingLog:
    """Return a log inside a transaction."""
    return db.session.get_one(MeetingLog, (member_id, log_id))


def furnished(member_id: UUID, code: str, account_id: UUID) -> dict[str, UUID]:
    """Let a country have a community, and a meeting led by somebody whose evening was logged; return their ids."""
    place = community(member_id, f"Land of {code}")
    made = meeting(member_id, f"Land of {code}", community_id=place)
    leads = leader(member_id, made, account_id)
    logged(member_id, made, EVENING)
    return {"community_id": place, "meeting_id": made, "leader_id": leads}
