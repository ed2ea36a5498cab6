"""How findings are said, each with its family of look."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sri_admin.integrity.rules.finding import Cause, FindingState, Move, Reply, Severity, Standing
from sri_admin.integrity.rules.words import Said
from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import LazyText, ngettext, pgettext_lazy
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.members.rules.office import Office
from sri_admin.members.rules.words import OFFICES

SEVERITIES: Mapping[Severity, LazyText] = {
    Severity.CRITICAL: pgettext_lazy("finding", "Critical"),
    Severity.MAJOR: pgettext_lazy("finding", "Major"),
    Severity.MINOR: pgettext_lazy("finding", "Minor"),
    Severity.OBSERVATION: pgettext_lazy("finding", "Observation"),
    Severity.GOOD_PRACTICE: pgettext_lazy("finding", "Good practice"),
}
WEIGHTS: Mapping[Severity, LazyText] = {
    Severity.CRITICAL: _l("People or the programme could come to harm. No renewal is signed until it is closed."),
    Severity.MAJOR: _l("Something SRI expects is missing or does not work."),
    Severity.MINOR: _l("It works, but not everywhere or not always."),
    Severity.OBSERVATION: _l("Something to think about. Nothing has to be done."),
    Severity.GOOD_PRACTICE: _l("Something others can learn from. Nothing has to be done."),
}
STATES: Mapping[FindingState, Said] = {
    FindingState.ISSUED: Said("soon", _l("Waiting for the country's answer")),
    FindingState.DISPUTED: Said("wait", _l("Disputed, waiting for SRI")),
    FindingState.ACKNOWLEDGED: Said("soon", _l("Waiting for a plan")),
    FindingState.PLANNED: Said("doing", _l("Being put right")),
    FindingState.REPORTED: Said("wait", _l("Reported as done, waiting for SRI")),
    FindingState.NOT_EFFECTIVE: Said("soon", _l("Not put right yet")),
    FindingState.CLOSED: Said("good", pgettext_lazy("finding", "Closed")),
    FindingState.WITHDRAWN: Said("ended", pgettext_lazy("finding", "Withdrawn")),
}
CAUSES: Mapping[Cause, LazyText] = {
    Cause.NOT_KNOWN: _l("People did not know it"),
    Cause.UNCLEAR: _l("The rule or the task was not clear"),
    Cause.NOT_CHECKED: _l("Nobody looked whether it works"),
    Cause.TOO_FEW_PEOPLE: _l("Too few people, or too little time"),
    Cause.NO_MEANS: _l("Money, rooms or tools were missing"),
    Cause.OUTSIDE: _l("Something outside the body"),
    Cause.OTHER: _l("Something else"),
}
REPLIES: Mapping[Reply, LazyText] = {
    Reply.ACKNOWLEDGE: _l("We see it the same way and will put it right"),
    Reply.DISPUTE: _l("We see it differently"),
}
DECISIONS: Mapping[Move, LazyText] = {
    Move.CONFIRM: _l("The finding stays as it is"),
    Move.DOWNGRADE: _l("The finding weighs less"),
    Move.WITHDRAW: _l("The finding is withdrawn"),
}
VERIFICATIONS: Mapping[Move, LazyText] = {
    Move.EFFECTIVE: _l("It is put right. The finding is closed."),
    Move.NOT_EFFECTIVE: _l("It is not put right yet"),
}


def badge_of(standing: Standing, *, on: date) -> Said:
    """Return the badge of a finding, with its day where the country is to act."""
    until = standing.due_on
    if standing.is_overdue(on) and until is not None:
        days = (on - until).days
        return Said("stop", ngettext("%(num)s day overdue", "%(num)s days overdue", days))
    return STATES[standing.state]


def next_step(standing: Standing) -> LazyText:
    """Say in a sentence who acts next."""
    said: Mapping[FindingState, LazyText] = {
        FindingState.ISSUED: _l("The board reads it and answers."),
        FindingState.DISPUTED: _l("Somebody of SRI who did not issue it decides."),
        FindingState.ACKNOWLEDGED: _l("The country says what it will do, and until when."),
        FindingState.PLANNED: _l("The country does what it planned, then reports it."),
        FindingState.REPORTED: _l("Somebody of SRI who had no part in it verifies what was done."),
        FindingState.NOT_EFFECTIVE: _l("The country does more, or plans anew, then reports again."),
        FindingState.CLOSED: _l("Nothing is left to do."),
        FindingState.WITHDRAWN: _l("Nothing is left to do."),
    }
    return said[standing.state]


def tell_issued(values: Mapping[str, Any]) -> Said:
    """Tell that a finding was issued."""
    severity = str(SEVERITIES[Severity(values["severity"])])
    return Said("soon", _("SRI issued finding %(ref_no)s: %(severity)s", ref_no=values["ref_no"], severity=severity))


def tell_stepped(values: Mapping[str, Any]) -> Said:
    """Tell what SRI did about a finding."""
    move, said = Move(values["move"]), {"ref_no": values["ref_no"], "reason": values["reason"]}
    day = date_long(date.fromisoformat(values["due_on"])) if values.get("due_on") else ""
    told = {
        Move.EXTEND: lambda: Said(
            "doing", _("SRI gave %(ref_no)s more time, until %(day)s: %(reason)s", day=day, **said)
        ),
        Move.CONFIRM: lambda: Said("soon", _("SRI confirmed finding %(ref_no)s: %(reason)s", **said)),
        Move.DOWNGRADE: lambda: Said("doing", _("Finding %(ref_no)s weighs less now: %(reason)s", **said)),
        Move.WITHDRAW: lambda: Said("ended", _("SRI withdrew finding %(ref_no)s: %(reason)s", **said)),
        Move.EFFECTIVE: lambda: Said("good", _("What was done about %(ref_no)s is effective; it is closed", **said)),
        Move.NOT_EFFECTIVE: lambda: Said("soon", _("%(ref_no)s is not put right yet: %(reason)s", **said)),
    }
    return told[move]()


def tell_replied(values: Mapping[str, Any]) -> Said:
    """Tell what a country said to a finding."""
    if values["reply"] == Reply.DISPUTE:
        said = {"ref_no": values["ref_no"], "reason": values["reason"]}
        return Said("wait", _("The country disputes finding %(ref_no)s: %(reason)s", **said))
    return Said("doing", _("The country acknowledged finding %(ref_no)s", ref_no=values["ref_no"]))


def tell_planned(values: Mapping[str, Any]) -> Said:
    """Tell that an action was planned."""
    day, office = date_long(date.fromisoformat(values["due_on"])), str(OFFICES[Office(values["office"])])
    said = {"ref_no": values["ref_no"], "day": day, "office": office}
    return Said("doing", _("A plan for %(ref_no)s was made; %(office)s sees to it until %(day)s", **said))


def tell_reported(values: Mapping[str, Any]) -> Said:
    """Tell that an action was reported as done."""
    return Said("wait", _("What was planned for %(ref_no)s was reported as done", ref_no=values["ref_no"]))
