"""How states, choices and events of the member file are said, each with its family of look."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sri_admin.kernel.formats import date_long, date_short, joined
from sri_admin.kernel.i18n import LazyText, ngettext, pgettext_lazy
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.text import Text
from sri_admin.members.rules.agreement import (
    AgreementKind,
    EventKind,
    Facts,
    ProgrammeType,
    Right,
    ShownState,
)
from sri_admin.members.rules.member import Hosting, Listing, MemberKind, MemberState, SuspensionKind, Transition
from sri_admin.members.rules.office import Office


class Said(NamedTuple):
    """A state family and its word or sentence."""

    family: str
    label: Any


MEMBER_STATES: Mapping[MemberState, Said] = {
    MemberState.PROSPECT: Said("draft", pgettext_lazy("country", "Prospect")),
    MemberState.APPLICANT: Said("wait", pgettext_lazy("country", "Applicant")),
    MemberState.DECLINED: Said("ended", pgettext_lazy("country", "Declined")),
    MemberState.IN_FORMATION: Said("doing", pgettext_lazy("country", "In formation")),
    MemberState.LICENSED: Said("good", pgettext_lazy("country", "Licensed")),
    MemberState.SUSPENDED: Said("pause", pgettext_lazy("country", "Suspended")),
    MemberState.DORMANT: Said("pause", pgettext_lazy("country", "Dormant")),
    MemberState.WITHDRAWING: Said("soon", pgettext_lazy("country", "Withdrawing")),
    MemberState.WITHDRAWN: Said("ended", pgettext_lazy("country", "Withdrawn")),
    MemberState.TERMINATED: Said("ended", pgettext_lazy("country", "Terminated")),
}
MEMBER_KINDS: Mapping[MemberKind, LazyText] = {
    MemberKind.COUNTRY: _l("One country"),
    MemberKind.TERRITORY: _l("Part of a country"),
    MemberKind.MULTI_COUNTRY: _l("Several countries"),
    MemberKind.ONLINE_REGION: _l("An online region"),
}
HOSTINGS: Mapping[Hosting, LazyText] = {
    Hosting.HUB: _l("Hosted at the hub"),
    Hosting.NODE: _l("A node of its own"),
}
LISTINGS: Mapping[Listing, LazyText] = {
    Listing.FULL: _l("Everybody may see it"),
    Listing.CONTACT: _l("Only how to reach it"),
    Listing.HIDDEN: _l("Hidden, because people could be in danger"),
}
SUSPENSIONS: Mapping[SuspensionKind, LazyText] = {
    SuspensionKind.PARTIAL: _l("Partial: named activities pause"),
    SuspensionKind.FULL: _l("Full: everything under the licence pauses"),
    SuspensionKind.EMERGENCY: _l("Emergency: at once, and it ends by itself"),
}
AGREEMENT_KINDS: Mapping[AgreementKind, LazyText] = {
    AgreementKind.LICENCE: _l("Licence"),
    AgreementKind.PILOT: _l("Pilot licence"),
    AgreementKind.TRANSLATION: _l("Translation agreement"),
    AgreementKind.ONLINE: _l("Agreement for online meetings"),
}
RIGHTS: Mapping[Right, LazyText] = {
    Right.USE_NAME: _l("Use the name"),
    Right.RUN_MEETINGS: _l("Run meetings in person"),
    Right.RUN_ONLINE_MEETINGS: _l("Run meetings online"),
    Right.TRAIN: _l("Train facilitators"),
    Right.TRANSLATE: _l("Translate materials"),
    Right.ADAPT: _l("Adapt materials"),
    Right.PRINT: _l("Print materials"),
    Right.DISTRIBUTE: _l("Distribute materials"),
    Right.SUBLICENSE: _l("License others inside the territory"),
}
# The same in the middle of a sentence: "They may use the name and train facilitators".
MAY: Mapping[Right, LazyText] = {
    Right.USE_NAME: pgettext_lazy("they may", "use the name"),
    Right.RUN_MEETINGS: pgettext_lazy("they may", "run meetings in person"),
    Right.RUN_ONLINE_MEETINGS: pgettext_lazy("they may", "run meetings online"),
    Right.TRAIN: pgettext_lazy("they may", "train facilitators"),
    Right.TRANSLATE: pgettext_lazy("they may", "translate materials"),
    Right.ADAPT: pgettext_lazy("they may", "adapt materials"),
    Right.PRINT: pgettext_lazy("they may", "print materials"),
    Right.DISTRIBUTE: pgettext_lazy("they may", "distribute materials"),
    Right.SUBLICENSE: pgettext_lazy("they may", "license others inside the territory"),
}
PROGRAMME_TYPES: Mapping[ProgrammeType, LazyText] = {
    ProgrammeType.FOUR_POINT: _l("4-Point meetings"),
    ProgrammeType.FAMILY_FRIENDS: _l("Family and friends"),
    ProgrammeType.CORRECTIONAL: _l("In prison and probation"),
    ProgrammeType.YOUTH: _l("Young people"),
    ProgrammeType.VETERANS: _l("Veterans and first responders"),
    ProgrammeType.DISCUSSION: _l("Discussion meetings"),
}
SHOWN_STATES: Mapping[ShownState, Said] = {
    ShownState.OFFERED: Said("wait", pgettext_lazy("agreement", "Offered")),
    ShownState.WITHDRAWN: Said("ended", pgettext_lazy("agreement", "Offer withdrawn")),
    ShownState.SUPERSEDED: Said("ended", pgettext_lazy("agreement", "Superseded")),
    ShownState.TERMINATED: Said("ended", pgettext_lazy("agreement", "Terminated")),
    ShownState.ENDED: Said("ended", pgettext_lazy("agreement", "Ended")),
    ShownState.UPCOMING: Said("wait", pgettext_lazy("agreement", "Signed, not begun")),
    ShownState.EXPIRED: Said("stop", pgettext_lazy("agreement", "Expired")),
    ShownState.GRACE: Said("soon", pgettext_lazy("agreement", "In its days of grace")),
    ShownState.NOTICE_GIVEN: Said("soon", pgettext_lazy("agreement", "Notice given")),
    ShownState.IN_CURE: Said("soon", pgettext_lazy("agreement", "Time to put right")),
    ShownState.RENEWAL_DUE: Said("soon", pgettext_lazy("agreement", "Renewal due")),
    ShownState.ACTIVE: Said("good", pgettext_lazy("agreement", "Active")),
}
OFFICES: Mapping[Office, LazyText] = {
    Office.CHAIR: pgettext_lazy("office", "Chair and approver"),
    Office.SECRETARY: pgettext_lazy("office", "Secretary"),
    Office.TREASURER: pgettext_lazy("office", "Treasurer"),
    Office.COORDINATOR: pgettext_lazy("office", "Coordinator"),
    Office.SAFEGUARDING: pgettext_lazy("office", "Safeguarding contact"),
    Office.DATA_OFFICER: pgettext_lazy("office", "Data officer"),
    Office.BOARD_MEMBER: pgettext_lazy("office", "Board member"),
}
TRANSITIONS: Mapping[Transition, LazyText] = {
    Transition.APPLY: _l("Take the application"),
    Transition.ACCEPT: _l("Accept into formation"),
    Transition.DECLINE: _l("Decline the application"),
    Transition.LICENSE: _l("License the country"),
    Transition.SUSPEND: _l("Suspend the licence"),
    Transition.LIFT_SUSPENSION: _l("Lift the suspension"),
    Transition.MARK_DORMANT: _l("Mark as dormant"),
    Transition.WAKE: _l("Mark as working again"),
    Transition.BEGIN_WITHDRAWAL: _l("Begin the withdrawal"),
    Transition.WITHDRAW: _l("Close as withdrawn"),
    Transition.TERMINATE: _l("Close as terminated"),
    Transition.REAPPLY: _l("Take a new application"),
}
CONSEQUENCES: Mapping[Transition, LazyText] = {
    Transition.APPLY: _l("The country becomes an applicant. You can then accept or decline it."),
    Transition.ACCEPT: _l("The body now builds itself up. It is licensed once an agreement is in force."),
    Transition.DECLINE: _l("The application is closed. The board reads your reason."),
    Transition.LICENSE: _l("The country takes its seat in the circle."),
    Transition.SUSPEND: _l("This hides and pauses. It deletes nothing, and their own data stays theirs."),
    Transition.LIFT_SUSPENSION: _l("The licence counts again from this day."),
    Transition.MARK_DORMANT: _l("Nothing is due while a body rests. Its seat and its records are kept."),
    Transition.WAKE: _l("The body works again, and its duties count again."),
    Transition.BEGIN_WITHDRAWAL: _l("The orderly end begins. Records are kept and meetings are told."),
    Transition.WITHDRAW: _l("The membership is over. Every record is kept."),
    Transition.TERMINATE: _l("The membership is over by decision of SRI. Every record is kept."),
    Transition.REAPPLY: _l("The body becomes an applicant again, with its whole history."),
}
GRAVE = frozenset({Transition.DECLINE, Transition.SUSPEND, Transition.BEGIN_WITHDRAWAL, Transition.TERMINATE})
_STEPS_TOLD: Mapping[Transition, LazyText] = {
    Transition.APPLY: _l("The application was received"),
    Transition.ACCEPT: _l("Accepted into formation"),
    Transition.DECLINE: _l("The application was declined"),
    Transition.LICENSE: _l("The country was licensed"),
    Transition.SUSPEND: _l("The licence was suspended"),
    Transition.LIFT_SUSPENSION: _l("The suspension was lifted"),
    Transition.MARK_DORMANT: _l("The body rests for a time"),
    Transition.WAKE: _l("The body works again"),
    Transition.BEGIN_WITHDRAWAL: _l("The withdrawal began"),
    Transition.WITHDRAW: _l("The country withdrew"),
    Transition.TERMINATE: _l("The membership was terminated"),
    Transition.REAPPLY: _l("A new application was received"),
}


def agreement_badge(shown: ShownState, facts: Facts, *, on: date) -> Said:
    """Return the badge of an agreement, with its day where a day matters."""
    said = SHOWN_STATES[shown]
    if shown is ShownState.UPCOMING:
        return Said(said.family, _("Signed, starts %(day)s", day=date_short(facts.starts_on)))
    if shown is ShownState.GRACE:
        return Said(said.family, _("Ended on %(day)s, days of grace", day=date_short(facts.ends_on)))
    if shown is ShownState.RENEWAL_DUE:
        days = (facts.ends_on - on).days
        if days == 0:
            return Said(said.family, _("Ends today"))
        return Said(said.family, ngettext("Ends in %(num)s day", "Ends in %(num)s days", days))
    return said


def rights_said(rights: Iterable[str]) -> str:
    """Return what a member may do, as a list is spoken."""
    return joined(str(MAY[Right(each)]) for each in rights)


def tell_registered(values: Mapping[str, Any]) -> Said:
    """Tell that a country was entered."""
    return Said("doing", _("The country was entered with the code %(code)s", code=values["code"]))


def tell_moved(values: Mapping[str, Any]) -> Said:
    """Tell that a member works somewhere else now."""
    return Said("doing", _("It now works here: %(place)s", place=str(HOSTINGS[Hosting(values["hosting"])])))


def tell_withdrawn_registration(values: Mapping[str, Any]) -> Said:
    """Tell that a country was taken out again."""
    return Said("ended", _("The country was taken out again; the code %(code)s stays its own", code=values["code"]))


def tell_imported(values: Mapping[str, Any]) -> Said:
    """Tell that rows of a sheet were brought in."""
    rows = values["rows"]
    return Said("doing", ngettext("%(num)s row of a sheet was imported", "%(num)s rows of a sheet were imported", rows))


def tell_taken_back(values: Mapping[str, Any]) -> Said:
    """Tell that what rows of a sheet did was taken back."""
    rows = values["rows"]
    return Said("ended", ngettext("%(num)s imported row was taken back", "%(num)s imported rows were taken back", rows))


def tell_extra_renamed(values: Mapping[str, Any]) -> Said:
    """Tell that a place is called differently."""
    return Said("doing", _("The place %(code)s is called differently", code=values["code"]))


def tell_extra_withdrawn(values: Mapping[str, Any]) -> Said:
    """Tell that a place was taken out again."""
    return Said("ended", _("The place %(code)s was taken out again", code=values["code"]))


def tell_described(_values: Mapping[str, Any]) -> Said:
    """Tell that a description was corrected."""
    return Said("doing", _("The description was corrected"))


def tell_step(values: Mapping[str, Any]) -> Said:
    """Tell a step in the life of a member, with its reason."""
    transition = Transition(values["transition"])
    family = MEMBER_STATES[MemberState(values["to_state"])].family
    told = str(_STEPS_TOLD[transition])
    if values.get("reason"):
        return Said(family, _("%(what)s: %(reason)s", what=told, reason=values["reason"]))
    return Said(family, told)


def tell_blocked(values: Mapping[str, Any]) -> Said:
    """Tell that renewals are held back."""
    reason = str(Text.from_wire(values["reason"]))
    return Said("stop", _("No renewal can be signed for now: %(reason)s", reason=reason))


def tell_unblocked(_values: Mapping[str, Any]) -> Said:
    """Tell that one cause holds renewals back no more."""
    return Said("good", _("A cause that held renewals back is dealt with"))


def tell_entity(values: Mapping[str, Any]) -> Said:
    """Tell that a legal body was entered."""
    return Said("doing", _("The legal body %(name)s was entered", name=values["name"]))


def tell_extra(values: Mapping[str, Any]) -> Said:
    """Tell that a place of our own was entered."""
    return Said("doing", _("The place %(code)s was added", code=values["code"]))


def tell_card(values: Mapping[str, Any]) -> Said:
    """Tell that a card was refreshed."""
    return Said("doing", _("The public card of %(code)s was brought up to date", code=values["code"]))


def tell_offered(values: Mapping[str, Any]) -> Said:
    """Tell that an agreement was offered."""
    if values.get("amends_id"):
        return Said("wait", _("The amendment %(ref_no)s was offered", ref_no=values["ref_no"]))
    if values.get("continues_id"):
        return Said("wait", _("The renewal %(ref_no)s was offered", ref_no=values["ref_no"]))
    return Said("wait", _("Agreement %(ref_no)s was offered", ref_no=values["ref_no"]))


def tell_signed(values: Mapping[str, Any]) -> Said:
    """Tell that an agreement was signed."""
    ends_on = date_long(date.fromisoformat(values["ends_on"]))
    return Said("good", _("Agreement %(ref_no)s was signed; it runs to %(day)s", ref_no=values["ref_no"], day=ends_on))


def tell_amended(values: Mapping[str, Any]) -> Said:
    """Tell that an agreement was amended."""
    day = date_long(date.fromisoformat(values["from_day"]))
    return Said("doing", _("Agreement %(ref_no)s was amended from %(day)s on", ref_no=values["ref_no"], day=day))


def tell_withdrawn(values: Mapping[str, Any]) -> Said:
    """Tell that an offer was taken back."""
    said = {"ref_no": values["ref_no"], "reason": values["reason"]}
    return Said("ended", _("The offer %(ref_no)s was withdrawn: %(reason)s", **said))


def tell_terminated(values: Mapping[str, Any]) -> Said:
    """Tell that an agreement was terminated."""
    said = {"ref_no": values["ref_no"], "reason": values["reason"]}
    return Said("ended", _("Agreement %(ref_no)s was terminated: %(reason)s", **said))


def tell_ended(values: Mapping[str, Any]) -> Said:
    """Tell that an agreement ended."""
    said = {"ref_no": values["ref_no"], "reason": values["reason"]}
    return Said("ended", _("Agreement %(ref_no)s ended: %(reason)s", **said))


def tell_file_added(values: Mapping[str, Any]) -> Said:
    """Tell that a copy of the signed paper was added."""
    if values["replaces"]:
        return Said("doing", _("A newer copy of the signed agreement %(ref_no)s was added", ref_no=values["ref_no"]))
    return Said("good", _("The signed copy of agreement %(ref_no)s was added", ref_no=values["ref_no"]))


def tell_noted(values: Mapping[str, Any]) -> Said:
    """Tell a dated notice."""
    said = {"ref_no": values.get("ref_no", ""), "day": date_long(date.fromisoformat(values["on"]))}
    tell: Mapping[EventKind, Callable[[], Any]] = {
        EventKind.NOTICE_GIVEN: lambda: _("Notice was given for %(ref_no)s on %(day)s", **said),
        EventKind.NOTICE_TAKEN_BACK: lambda: _("Notice was taken back for %(ref_no)s on %(day)s", **said),
        EventKind.CURE_OPENED: lambda: _("Time to put things right began for %(ref_no)s on %(day)s", **said),
        EventKind.CURE_CLOSED: lambda: _("Things were put right for %(ref_no)s on %(day)s", **said),
    }
    kind = EventKind(values["kind"])
    family = "soon" if kind in {EventKind.NOTICE_GIVEN, EventKind.CURE_OPENED} else "good"
    return Said(family, tell[kind]())


def tell_office_entered(values: Mapping[str, Any]) -> Said:
    """Tell that somebody took an office."""
    return Said("good", _("A new office holder was entered: %(office)s", office=str(OFFICES[Office(values["office"])])))


def tell_office_corrected(values: Mapping[str, Any]) -> Said:
    """Tell that an office holder was corrected."""
    return Said("doing", _("An office holder was corrected: %(office)s", office=str(OFFICES[Office(values["office"])])))


def tell_office_erased(values: Mapping[str, Any]) -> Said:
    """Tell that everything about an office holder was erased."""
    office = str(OFFICES[Office(values["office"])])
    return Said("ended", _("Everything kept about somebody in office was erased: %(office)s", office=office))


def tell_office_ended(values: Mapping[str, Any]) -> Said:
    """Tell that somebody left an office."""
    return Said("ended", _("A term of office ended: %(office)s", office=str(OFFICES[Office(values["office"])])))
