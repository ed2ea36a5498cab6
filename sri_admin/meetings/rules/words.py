"""What meetings are called, and how what happened to them is told."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from sri_admin.kernel.formats import date_long, date_short
from sri_admin.kernel.i18n import LazyText, pgettext_lazy
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.log import LedBy, Outcome
from sri_admin.meetings.rules.meeting import (
    Access,
    Audience,
    MeetingState,
    Reason,
    Settlement,
    Step,
    Venue,
    is_confirmed,
)


class Said(NamedTuple):
    """A state family and the words for it."""

    family: str
    label: Any


COMMUNITY_KINDS: Mapping[CommunityKind, LazyText] = {
    CommunityKind.COUNTRY: pgettext_lazy("community", "Country"),
    CommunityKind.REGION: pgettext_lazy("community", "Region"),
    CommunityKind.CITY: pgettext_lazy("community", "City or town"),
    CommunityKind.VILLAGE: pgettext_lazy("community", "Village"),
    CommunityKind.RURAL: pgettext_lazy("community", "Scattered houses, farms"),
    CommunityKind.ONLINE: pgettext_lazy("community", "Online"),
    CommunityKind.ORGANISATION: pgettext_lazy("community", "Organisation, such as a clinic or a prison"),
    CommunityKind.INTERNATIONAL: pgettext_lazy("community", "Across countries"),
}
VENUES: Mapping[Venue, LazyText] = {
    Venue.IN_PERSON: _l("In one room"),
    Venue.ONLINE: _l("Online"),
    Venue.HYBRID: _l("In one room and online"),
    Venue.PHONE: _l("By telephone"),
}
SETTLEMENTS: Mapping[Settlement, LazyText] = {
    Settlement.ONLINE: pgettext_lazy("settlement", "Online only"),
    Settlement.CITY: pgettext_lazy("settlement", "City"),
    Settlement.TOWN: pgettext_lazy("settlement", "Town"),
    Settlement.VILLAGE: pgettext_lazy("settlement", "Village"),
    Settlement.RURAL: pgettext_lazy("settlement", "Countryside"),
    Settlement.INSTITUTION: pgettext_lazy("settlement", "Institution"),
}
ACCESSES: Mapping[Access, LazyText] = {
    Access.PUBLIC_OPEN: _l("Anybody can come"),
    Access.REGISTER_FIRST: _l("Anybody who says so before"),
    Access.CLOSED_SETTING: _l("People of the house only, such as patients or prisoners"),
    Access.RESTRICTED_AUDIENCE: _l("Only those it is meant for"),
    Access.INVITATION: _l("By invitation"),
}
AUDIENCES: Mapping[Audience, LazyText] = {
    Audience.WOMEN: _l("Women"),
    Audience.MEN: _l("Men"),
    Audience.LGBTQ: _l("LGBTQ people"),
    Audience.YOUNG_ADULTS: _l("Young adults"),
    Audience.TEENS: _l("Teenagers"),
    Audience.OLDER_ADULTS: _l("Older people"),
    Audience.VETERANS: _l("Veterans"),
    Audience.FIRST_RESPONDERS: _l("First responders"),
    Audience.HEALTH_PROFESSIONALS: _l("Health professionals"),
    Audience.STUDENTS: _l("Students"),
    Audience.PARENTS_CARERS: _l("Parents and carers"),
    Audience.NEWCOMERS: _l("Newcomers"),
    Audience.DEAF_SIGNING: _l("Deaf people who sign"),
}
MEETING_STATES: Mapping[MeetingState, Said] = {
    MeetingState.PROPOSED: Said("wait", pgettext_lazy("meeting", "Proposed")),
    MeetingState.APPROVED: Said("wait", pgettext_lazy("meeting", "Approved")),
    MeetingState.ACTIVE: Said("good", pgettext_lazy("meeting", "Active")),
    MeetingState.ON_HOLD: Said("pause", pgettext_lazy("meeting", "On hold")),
    MeetingState.CLOSED: Said("ended", pgettext_lazy("meeting", "Closed")),
}
STEPS: Mapping[Step, LazyText] = {
    Step.APPROVE: _l("Approve the meeting"),
    Step.SEND_BACK: _l("Take the approval back"),
    Step.ACTIVATE: _l("Say that it runs"),
    Step.HOLD: _l("Put on hold"),
    Step.RESUME: _l("Say that it runs again"),
    Step.CLOSE: _l("Close the meeting"),
    Step.REOPEN: _l("Open it again"),
    Step.CONFIRM: _l("It still runs"),
}
CONSEQUENCES: Mapping[Step, LazyText] = {
    Step.APPROVE: _l("The meeting may begin. It counts once you say that it runs."),
    Step.SEND_BACK: _l("The meeting waits for its approval again."),
    Step.ACTIVATE: _l("From this day on a log is expected for every evening."),
    Step.HOLD: _l("From this day on no log is expected. Nothing is deleted."),
    Step.RESUME: _l("From this day on a log is expected again for every evening."),
    Step.CLOSE: _l("The meeting ends on this day. Its history and its logs stay."),
    Step.REOPEN: _l("The meeting is approved, and counts once you say that it runs."),
    Step.CONFIRM: _l("The meeting counts as confirmed for the next 90 days."),
}
REASONS: Mapping[Reason, LazyText] = {
    Reason.FACILITATOR_LEFT: _l("Nobody leads it any more"),
    Reason.VENUE_LOST: _l("The room is gone"),
    Reason.LOW_ATTENDANCE: _l("Too few people came"),
    Reason.HOLIDAY: _l("Holidays"),
    Reason.EMERGENCY: _l("An emergency"),
    Reason.MOVED_ONLINE: _l("It moved online"),
    Reason.MERGED: _l("It joined another meeting"),
    Reason.INTEGRITY: _l("It did not keep to the programme"),
    Reason.SEASONAL: _l("It rests in this season"),
    Reason.MISTAKE: _l("It was a mistake"),
    Reason.NOT_READY: _l("Something is still to be settled"),
    Reason.OTHER: _l("Another reason"),
}
OUTCOMES: Mapping[Outcome, LazyText] = {
    Outcome.HELD: _l("Yes"),
    Outcome.HELD_ONLINE: _l("Yes, but online instead"),
    Outcome.NOBODY_CAME: _l("Yes, but nobody came"),
    Outcome.CANCELLED_PLANNED: _l("No, as planned"),
    Outcome.CANCELLED_UNPLANNED: _l("No, something came up"),
}
LED_BY: Mapping[LedBy, LazyText] = {
    LedBy.ME: pgettext_lazy("who led", "Me"),
    LedBy.CO_FACILITATOR: pgettext_lazy("who led", "Co-facilitator"),
    LedBy.SOMEBODY_ELSE: pgettext_lazy("who led", "Someone else"),
}
_STEPS_TOLD: Mapping[Step, LazyText] = {
    Step.APPROVE: _l("The meeting was approved"),
    Step.SEND_BACK: _l("The approval was taken back"),
    Step.ACTIVATE: _l("The meeting runs"),
    Step.HOLD: _l("The meeting was put on hold"),
    Step.RESUME: _l("The meeting runs again"),
    Step.CLOSE: _l("The meeting was closed"),
    Step.REOPEN: _l("The meeting was opened again"),
    Step.CONFIRM: _l("Somebody said that it still runs"),
}


def badge_of(state: MeetingState, *, confirmed_on: date | None, expected_return: date | None, today: date) -> Said:
    """Return the badge of a meeting: a day stands in it where a day matters."""
    if state is MeetingState.ON_HOLD and expected_return is not None:
        return Said("pause", _("On hold until %(day)s", day=date_short(expected_return)))
    if state is MeetingState.ACTIVE and not is_confirmed(confirmed_on, today=today):
        if confirmed_on is None:
            return Said("soon", _("Never confirmed"))
        return Said("soon", _("Not confirmed since %(day)s", day=date_short(confirmed_on)))
    return MEETING_STATES[state]


def tell_community(_values: Mapping[str, Any]) -> Said:
    """Tell that a community was entered."""
    return Said("doing", _("A community was entered"))


def tell_community_described(_values: Mapping[str, Any]) -> Said:
    """Tell that a community was corrected."""
    return Said("doing", _("A community was corrected"))


def tell_meeting(_values: Mapping[str, Any]) -> Said:
    """Tell that a meeting was proposed."""
    return Said("wait", _("The meeting was proposed"))


def tell_described(_values: Mapping[str, Any]) -> Said:
    """Tell that a meeting was corrected."""
    return Said("doing", _("What is said of the meeting was corrected"))


def tell_step(values: Mapping[str, Any]) -> Said:
    """Tell a step in the life of a meeting, with its reason."""
    step, state = Step(values["step"]), MeetingState(values["to_state"])
    told, family = str(_STEPS_TOLD[step]), MEETING_STATES[state].family
    if values.get("reason"):
        reason = str(REASONS[Reason(values["reason"])])
        return Said(family, _("%(what)s: %(reason)s", what=told, reason=reason))
    return Said(family, told)


def tell_leader(_values: Mapping[str, Any]) -> Said:
    """Tell that somebody leads a meeting."""
    return Said("doing", _("Somebody was named to lead the meeting"))


def tell_leader_ended(_values: Mapping[str, Any]) -> Said:
    """Tell that somebody leads a meeting no longer."""
    return Said("ended", _("Somebody leads the meeting no longer"))


def tell_logged(values: Mapping[str, Any]) -> Said:
    """Tell that an evening was logged, without its numbers."""
    day = date_long(date.fromisoformat(values["on"]))
    if values["outcome"] == Outcome.TAKEN_BACK:
        return Said("ended", _("The log of %(day)s was taken back", day=day))
    if values["is_correction"]:
        return Said("doing", _("The log of %(day)s was corrected", day=day))
    return Said("good", _("%(day)s was logged", day=day))
