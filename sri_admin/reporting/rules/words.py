"""How states, findings and statuses of returns are said, each with its family of look."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from sri_admin.kernel import formats
from sri_admin.kernel.i18n import LazyText, ngettext
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.reporting.rules.arrival import Fault
from sri_admin.reporting.rules.standing import CorrectionReason, GrantVerdict, IntakeState, State
from sri_admin.reporting.rules.validation import Finding, RuleCode
from sri_admin.reporting.rules.values import Cell, ExplanationCode, Indicator, ReturnKind, Status


class Said(NamedTuple):
    """A state family and its word or sentence."""

    family: str
    label: Any


STATES: Mapping[State, Said] = {
    State.NOT_STARTED: Said("unk", _l("No report yet")),
    State.PREPARING: Said("draft", _l("Being prepared")),
    State.TO_APPROVE: Said("wait", _l("Waiting for approval")),
    State.GIVEN_BACK: Said("stop", _l("Given back to prepare")),
    State.TO_SEND: Said("wait", _l("Waiting to be sent")),
    State.RECEIVED: Said("doing", _l("Received by SRI")),
    State.ACCEPTED: Said("good", _l("Accepted")),
    State.RETURNED: Said("stop", _l("Returned with a question")),
    State.QUARANTINED: Said("stop", _l("Set aside")),
    State.CORRECTION_ASKED: Said("wait", _l("Correction asked for")),
    State.CORRECTION_GRANTED: Said("doing", _l("May be corrected")),
    State.CORRECTION_REFUSED: Said("good", _l("Accepted, correction refused")),
}
OVERDUE = Said("stop", _l("Overdue"))
NOT_EXPECTED = Said("ended", _l("Not expected"))
STATUSES: Mapping[Status, LazyText] = {
    Status.REPORTED: _l("Counted"),
    Status.ZERO: _l("Counted: none"),
    Status.ESTIMATED: _l("Estimated"),
    Status.NOT_COLLECTED: _l("Not counted this month"),
    Status.NOT_APPLICABLE: _l("Does not apply to us"),
}
KINDS: Mapping[ReturnKind, LazyText] = {
    ReturnKind.ORIGINAL: _l("First return of the month"),
    ReturnKind.RESUBMISSION: _l("Sent again"),
    ReturnKind.CORRECTION: _l("Correction of an accepted return"),
}
EXPLANATIONS: Mapping[ExplanationCode, LazyText] = {
    ExplanationCode.HOLIDAYS: _l("Holidays or a festival"),
    ExplanationCode.MORE_MEETINGS: _l("There are more meetings now"),
    ExplanationCode.FEWER_MEETINGS: _l("There are fewer meetings now"),
    ExplanationCode.SPECIAL_EVENT: _l("Something special happened"),
    ExplanationCode.COUNTED_DIFFERENTLY: _l("It is counted differently now"),
    ExplanationCode.CHECKED: _l("We checked it and it is right"),
}
CORRECTION_REASONS: Mapping[CorrectionReason, LazyText] = {
    CorrectionReason.MISTAKE: _l("There is a mistake in it"),
    CorrectionReason.LATE_LOGS: _l("Logs came in late"),
    CorrectionReason.COUNTED_DIFFERENTLY: _l("Something was counted wrongly"),
    CorrectionReason.OTHER: _l("Something else"),
}
FAULTS: Mapping[Fault, LazyText] = {
    Fault.HASH: _l("The values are not the ones that were approved. Nothing of it counts. Send the month again."),
    Fault.SIGNATURE: _l("The signature does not fit your installation. Nothing of it counts. Send the month again."),
    Fault.INCOMPLETE: _l("It does not answer exactly what is asked. Fill in the month again and send it."),
    Fault.NOT_OVER: _l("It was approved before the month was over. Send the month again."),
    Fault.DATA_SET: _l("It answers other questions than are asked of this month. Fill in the month again and send it."),
    Fault.ROLE: _l(
        "Whoever approved it may not approve returns. The chair or an administrator has to approve it anew."
    ),
    Fault.KIND: _l("It says it is another kind of revision than it is. Send the month again."),
    Fault.ACCEPTED_MEANWHILE: _l(
        "SRI had accepted the revision before when this one came. The accepted one counts; ask for a correction to"
        " change it."
    ),
    Fault.NO_GRANT: _l("No correction was granted for it, or the time for it was over. The accepted revision counts."),
    Fault.IMPOSSIBLE: _l("Two of its numbers cannot both be right. Look at the month again and send it anew."),
    Fault.UNEXPLAINED: _l("A number in it is unusual and nobody said why. Say why, and send the month again."),
}


def say(finding: Finding) -> str:
    """Say what a rule found, as a sentence with the number and what it was held against."""
    number, against = formats.number(finding.number), formats.number(finding.against)
    sentences = {
        RuleCode.FIRST_TIME: _(
            "%(number)s first-time attendances are more than the %(against)s attendances. Correct one of the two.",
            number=number,
            against=against,
        ),
        RuleCode.HELD_LIMIT: _(
            "%(number)s meetings held are more than three times the %(against)s expected. Correct the number.",
            number=number,
            against=against,
        ),
        RuleCode.UNUSUAL: _(
            "%(number)s is unusual; about %(against)s is usual. Correct it, or tell us why.",
            number=number,
            against=against,
        ),
        RuleCode.HELD_EXPECTED: _(
            "%(number)s meetings were held, %(against)s were expected. Correct it, or tell us why.",
            number=number,
            against=against,
        ),
        RuleCode.PER_MEETING: _(
            "%(number)s attendances at %(against)s meetings are unusual. Correct it, or tell us why.",
            number=number,
            against=against,
        ),
    }
    return sentences[finding.rule]


def say_cell(cell: Cell | None) -> str:
    """Say a value: its number, or why there is none."""
    if cell is None:
        return _("No answer yet")
    if cell.value is None:
        return str(STATUSES[cell.status])
    if cell.status is Status.ESTIMATED:
        return _("%(number)s, estimated", number=formats.number(cell.value))
    return formats.number(cell.value)


def say_logs(logged: int | None, expected: int | None) -> str | None:
    """Say from how many logs a number follows."""
    if logged is None or expected is None:
        return None
    return ngettext(
        "From %(logged)s of %(num)s log.", "From %(logged)s of %(num)s logs.", expected, logged=formats.number(logged)
    )


def say_source(indicator: str, logged: int, expected: int) -> str:
    """Say from what a number that nobody entered follows."""
    if indicator == Indicator.NEW_MEETINGS:
        return _("From the list of meetings.")
    return say_logs(logged, expected) or ""


def month_name(month: date) -> str:
    """Name a month: March 2026."""
    return formats.month(month)


def tell_catalogue(_values: Mapping[str, Any]) -> Said:
    """Tell that the catalogue was entered."""
    return Said("good", _("The indicators of the monthly return were entered"))


def tell_proposed(values: Mapping[str, Any]) -> Said:
    """Tell that a month was sent to the approver."""
    return Said("wait", _("The return of %(month)s waits for approval", month=_month(values)))


def tell_given_back(values: Mapping[str, Any]) -> Said:
    """Tell that a month was given back."""
    return Said("stop", _("The return of %(month)s was given back to be put right", month=_month(values)))


def tell_approved(values: Mapping[str, Any]) -> Said:
    """Tell that a month was approved."""
    return Said("good", _("The return of %(month)s was approved and signed", month=_month(values)))


def tell_received(values: Mapping[str, Any]) -> Said:
    """Tell that a revision is at the hub."""
    if values["fault"]:
        return Said("stop", _("The return of %(month)s was set aside", month=_month(values)))
    return Said("doing", _("The return of %(month)s arrived at SRI", month=_month(values)))


def tell_decided(values: Mapping[str, Any]) -> Said:
    """Tell what SRI decided on a revision."""
    if values["verdict"] == IntakeState.ACCEPTED:
        return Said("good", _("SRI accepted the return of %(month)s", month=_month(values)))
    return Said("stop", _("SRI returned the return of %(month)s with a question", month=_month(values)))


def tell_asked(values: Mapping[str, Any]) -> Said:
    """Tell that a correction was asked for."""
    return Said("wait", _("A correction of %(month)s was asked for", month=_month(values)))


def tell_answered(values: Mapping[str, Any]) -> Said:
    """Tell what became of a request to correct."""
    if values["verdict"] == GrantVerdict.GRANTED:
        return Said("good", _("SRI lets the return of %(month)s be corrected", month=_month(values)))
    return Said("stop", _("SRI does not let the return of %(month)s be corrected", month=_month(values)))


def _month(values: Mapping[str, Any]) -> str:
    return month_name(date.fromisoformat(values["month"]))
