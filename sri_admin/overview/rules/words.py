"""How needs and seats are said: to SRI about a country, and to a board about its own."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import LazyText, Sentence, ngettext
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.members.rules.words import OFFICES
from sri_admin.overview.rules.needs import Counts, Need, NeedKind
from sri_admin.overview.rules.seats import SeatState

Say = Callable[[Need], Sentence]


class Said(NamedTuple):
    """The bold line of a row, and the sentence that gives its reason."""

    title: Say
    reason: Say


def _day(need: Need) -> str:
    return date_long(need.day or need.today)


def _title_in_days(need: Need) -> Sentence:
    if need.days == 0:
        return _("%(country)s: licence ends today", country=need.name)
    return ngettext(
        "%(country)s: licence ends in %(num)s day",
        "%(country)s: licence ends in %(num)s days",
        need.days,
        country=need.name,
    )


def _silence(need: Need) -> Sentence:
    return ngettext(
        "%(country)s: no contact with the node for %(num)s day",
        "%(country)s: no contact with the node for %(num)s days",
        need.count,
        country=need.name,
    )


def _set_aside(need: Need) -> Sentence:
    return ngettext(
        "%(country)s: %(num)s record was set aside on arrival",
        "%(country)s: %(num)s records were set aside on arrival",
        need.count,
        country=need.name,
    )


def _lost_permissions(need: Need) -> Sentence:
    return ngettext(
        "%(num)s record the hub had lost came back",
        "%(num)s records the hub had lost came back",
        need.count,
    )


def _salvaged(need: Need) -> Sentence:
    return ngettext(
        "%(country)s: %(num)s record waits for a decision",
        "%(country)s: %(num)s records wait for a decision",
        need.count,
        country=need.name,
    )


def _applied(need: Need) -> Sentence:
    if need.count == 0:
        return _("The application came today. It can be accepted or declined.")
    return ngettext(
        "Waiting for %(num)s day. It can be accepted or declined.",
        "Waiting for %(num)s days. It can be accepted or declined.",
        need.count,
    )


def _cure(need: Need) -> Sentence:
    if need.family == "stop":
        return _("The time for %(ref_no)s was over on %(day)s.", ref_no=need.ref_no, day=_day(need))
    return _("The time for %(ref_no)s runs to %(day)s.", ref_no=need.ref_no, day=_day(need))


def _offered(need: Need) -> Sentence:
    if need.days == 0:
        return _("%(ref_no)s was offered today. Enter the signatures when they are there.", ref_no=need.ref_no)
    return ngettext(
        "%(ref_no)s was offered %(num)s day ago. Enter the signatures when they are there.",
        "%(ref_no)s was offered %(num)s days ago. Enter the signatures when they are there.",
        need.days,
        ref_no=need.ref_no,
    )


def _notice(need: Need) -> Sentence:
    if need.day is None:
        return _("Notice was given for %(ref_no)s.", ref_no=need.ref_no)
    return _("Notice was given for %(ref_no)s; it counts to the end of %(day)s.", ref_no=need.ref_no, day=_day(need))


TO_SRI: Mapping[NeedKind, Said] = {
    NeedKind.JOINING: Said(
        lambda need: _("%(country)s: a node asks to be let in", country=need.name),
        lambda need: _("Asked on %(day)s. Compare the digits with the people there.", day=_day(need)),
    ),
    NeedKind.LOST_PERMISSIONS: Said(
        _lost_permissions,
        lambda _need: _("The hub was set back. Until you decide about them, no node gets anything granted anew."),
    ),
    NeedKind.SALVAGED: Said(
        _salvaged, lambda _need: _("They were written before a restore or at another copy. Nothing is lost; decide.")
    ),
    NeedKind.PARTED: Said(
        lambda need: _("%(country)s: the exchange has stopped", country=need.name),
        lambda _need: _("Two histories do not agree. Nothing is lost, and a person has to decide."),
    ),
    NeedKind.EXPIRED: Said(
        lambda need: _("%(country)s: the agreement has expired", country=need.name),
        lambda need: _("%(ref_no)s counted to the end of %(day)s.", ref_no=need.ref_no, day=_day(need)),
    ),
    NeedKind.EMERGENCY_ENDING: Said(
        lambda need: _("%(country)s: the emergency suspension ends", country=need.name),
        lambda need: _("It ends by itself after %(day)s. Decide before then how it goes on.", day=_day(need)),
    ),
    NeedKind.CURE: Said(lambda need: _("%(country)s: time to put things right", country=need.name), _cure),
    NeedKind.GRACE: Said(
        lambda need: _("%(country)s: the licence ended, days of grace", country=need.name),
        lambda need: _("The days of grace of %(ref_no)s run to %(day)s.", ref_no=need.ref_no, day=_day(need)),
    ),
    NeedKind.OFFERED: Said(lambda need: _("%(country)s: an offer waits to be signed", country=need.name), _offered),
    NeedKind.RENEWAL: Said(
        _title_in_days,
        lambda need: _("%(ref_no)s ends on %(day)s. Renewal has not begun.", ref_no=need.ref_no, day=_day(need)),
    ),
    NeedKind.NOTICE: Said(lambda need: _("%(country)s: notice was given", country=need.name), _notice),
    NeedKind.SET_ASIDE: Said(
        _set_aside, lambda _need: _("The country still sees its own data. Each record says what to do.")
    ),
    NeedKind.SILENT: Said(_silence, lambda _need: _("Nothing is lost; their work goes on offline. Ask how they are.")),
    NeedKind.NEVER_REACHED: Said(
        lambda need: _("%(country)s: no contact with the new node yet", country=need.name),
        lambda _need: _("It was let in and has not called since. Ask whether it is switched on."),
    ),
    NeedKind.NOBODY: Said(
        lambda need: _("%(country)s: nobody is in office", country=need.name),
        lambda _need: _("All terms we know of are over. Ask who speaks for the body now."),
    ),
    NeedKind.ONE_PERSON: Said(
        lambda need: _("%(country)s: one person holds every office", country=need.name),
        lambda _need: _("If this person is away, nobody else can act."),
    ),
    NeedKind.APPLICANT: Said(lambda need: _("%(country)s: asks to become a member", country=need.name), _applied),
}


def _own_licence_ends(need: Need) -> Sentence:
    if need.days == 0:
        return _("Your licence ends today")
    return ngettext("Your licence ends in %(num)s day", "Your licence ends in %(num)s days", need.days)


def _own_set_aside(need: Need) -> Sentence:
    return ngettext("%(num)s record was set aside", "%(num)s records were set aside", need.count)


def _own_salvaged(need: Need) -> Sentence:
    return ngettext(
        "%(num)s record of before a restore waits for you",
        "%(num)s records of before a restore wait for you",
        need.count,
    )


def _own_silence(need: Need) -> Sentence:
    return ngettext("No contact with the hub for %(num)s day", "No contact with the hub for %(num)s days", need.count)


def _own_suspension(need: Need) -> Sentence:
    if need.reason:
        return _("This hides and pauses; it deletes nothing. The reason given: %(reason)s", reason=need.reason)
    return _("This hides and pauses. It deletes nothing.")


def _own_cure(need: Need) -> Sentence:
    if need.family == "stop":
        return _("The time was over on %(day)s. Tell SRI today where things stand.", day=_day(need))
    return _("There is time until %(day)s. Your country liaison helps.", day=_day(need))


def _term(need: Need) -> Sentence:
    if need.days == 0:
        return _("A term of office ends today: %(office)s", office=_office(need))
    return ngettext(
        "A term of office ends in %(num)s day: %(office)s",
        "A term of office ends in %(num)s days: %(office)s",
        need.days,
        office=_office(need),
    )


def _office(need: Need) -> str:
    return str(OFFICES[need.office]) if need.office else ""


def _own_notice(need: Need) -> Sentence:
    if need.day is None:
        return _("%(ref_no)s will end. Your country liaison knows what follows.", ref_no=need.ref_no)
    return _("%(ref_no)s counts to the end of %(day)s.", ref_no=need.ref_no, day=_day(need))


TO_BOARD: Mapping[NeedKind, Said] = {
    NeedKind.PARTED: Said(
        lambda _need: _("The exchange with SRI has stopped"),
        lambda _need: _("Two histories do not agree. Nothing is lost, and a person has to decide."),
    ),
    NeedKind.SALVAGED: Said(
        _own_salvaged, lambda _need: _("Nothing is lost, and nothing changes until you decide about each of them.")
    ),
    NeedKind.EXPIRED: Said(
        lambda _need: _("Your agreement has expired"),
        lambda need: _("%(ref_no)s counted to the end of %(day)s. Talk to SRI.", ref_no=need.ref_no, day=_day(need)),
    ),
    NeedKind.SUSPENDED: Said(lambda _need: _("Your licence is suspended"), _own_suspension),
    NeedKind.CURE: Said(lambda _need: _("SRI asks you to put something right"), _own_cure),
    NeedKind.GRACE: Said(
        lambda _need: _("Your licence ended; days of grace"),
        lambda need: _("You may go on until %(day)s. Talk to SRI about the renewal.", day=_day(need)),
    ),
    NeedKind.OFFERED: Said(
        lambda _need: _("SRI offers you an agreement"),
        lambda need: _(
            "%(ref_no)s was offered on %(day)s. Read it before you sign.", ref_no=need.ref_no, day=_day(need)
        ),
    ),
    NeedKind.RENEWAL: Said(
        _own_licence_ends,
        lambda need: _(
            "%(ref_no)s ends on %(day)s. Talk to SRI about the renewal.", ref_no=need.ref_no, day=_day(need)
        ),
    ),
    NeedKind.NOTICE: Said(lambda _need: _("Notice was given for your agreement"), _own_notice),
    NeedKind.SET_ASIDE: Said(_own_set_aside, lambda _need: _("Each one says what went wrong and what to do.")),
    NeedKind.SILENT: Said(_own_silence, lambda _need: _("Nothing is lost; work here goes on and goes out by itself.")),
    NeedKind.NEVER_REACHED: Said(
        lambda _need: _("There was no contact with the hub yet"),
        lambda _need: _("Work here goes on as usual. The connection page says what to do."),
    ),
    NeedKind.NOBODY: Said(
        lambda _need: _("Nobody is entered in an office"),
        lambda _need: _("SRI does not know whom to ask. The first entry takes about two minutes."),
    ),
    NeedKind.TERM_ENDING: Said(
        _term, lambda need: _("The last day is %(day)s. Enter who follows, or a later day.", day=_day(need))
    ),
}
SEATS: Mapping[SeatState, LazyText] = {
    SeatState.HERE: _l("In good order"),
    SeatState.QUESTION: _l("Something needs a look"),
    SeatState.OVERDUE: _l("Overdue"),
    SeatState.PAUSED: _l("Suspended or dormant"),
    SeatState.UNKNOWN: _l("Not known: no contact yet"),
}


def waiting(counts: Counts) -> list[Sentence]:
    """Say how many things wait, and how many of them cannot wait until tomorrow."""
    if not counts.total:
        return [_("<b>Nothing needs you today.</b>")]
    said = [ngettext("<b>%(num)s thing</b> waits for you.", "<b>%(num)s things</b> wait for you.", counts.total)]
    if counts.urgent:
        said.append(
            ngettext("%(num)s cannot wait until tomorrow.", "%(num)s cannot wait until tomorrow.", counts.urgent)
        )
    return said


def held_back(counts: Counts) -> Sentence | None:
    """Say that more follows when these things are done."""
    if not counts.held_back:
        return None
    return ngettext(
        "%(num)s more thing follows when these are done.",
        "%(num)s more things follow when these are done.",
        counts.held_back,
    )


def waiting_to_go(changes: int) -> Sentence:
    """Say how many changes wait here for the next contact."""
    return ngettext(
        "%(num)s change waits here and goes out by itself.",
        "%(num)s changes wait here and go out by themselves.",
        changes,
    )
