"""How answers, stages and events are said, each with its family of look."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from sri_admin.integrity.rules.answers import Answer, Lack
from sri_admin.integrity.rules.edition import Zone
from sri_admin.integrity.rules.evidence import EvidenceKind
from sri_admin.integrity.rules.review import Verdict
from sri_admin.integrity.rules.standing import Stage, Step
from sri_admin.kernel.formats import date_long, number
from sri_admin.kernel.i18n import LazyText, ngettext
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l


class Said(NamedTuple):
    """A state family and its word or sentence."""

    family: str
    label: Any


ANSWERS: Mapping[Answer, LazyText] = {
    Answer.NOT_IN_PLACE: _l("Not in place"),
    Answer.STARTED: _l("Started"),
    Answer.IN_PLACE: _l("In place"),
    Answer.REVIEWED: _l("In place, used and looked at again"),
    Answer.NOT_APPLICABLE: _l("Does not apply to us"),
    Answer.CANNOT_TELL: _l("We cannot tell"),
}
LACKS: Mapping[Lack, LazyText] = {
    Lack.ANSWER: _l("Not answered yet"),
    Lack.REASON: _l("Say why it does not apply"),
    Lack.PROOF: _l("Say how one can see it, or add evidence"),
}
ZONES: Mapping[Zone, LazyText] = {
    Zone.CORE: _l("The same in every country"),
    Zone.ADAPTABLE: _l("Each country in its own way"),
}
EVIDENCE_KINDS: Mapping[EvidenceKind, LazyText] = {
    EvidenceKind.POLICY: _l("Written policy"),
    EvidenceKind.MINUTES: _l("Minutes of a meeting of the board"),
    EvidenceKind.REGISTER_EXTRACT: _l("Extract of a list or register"),
    EvidenceKind.CERTIFICATE: _l("Certificate"),
    EvidenceKind.ATTESTATION: _l("Statement by somebody else"),
    EvidenceKind.OTHER: _l("Something else"),
}
VERDICTS: Mapping[Verdict, LazyText] = {
    Verdict.AGREES: _l("SRI sees it the same way"),
    Verdict.DIFFERS: _l("SRI sees it differently"),
}
STAGES: Mapping[Stage, Said] = {
    Stage.AWAITED: Said("unk", _l("Nothing has come yet")),
    Stage.NOT_STARTED: Said("unk", _l("Not started")),
    Stage.ANSWERING: Said("doing", _l("Being answered")),
    Stage.TO_SIGN: Said("wait", _l("Waiting for the second person")),
    Stage.GIVEN_BACK: Said("soon", _l("Given back by the second person")),
    Stage.SENT: Said("wait", _l("Signed off, on its way to SRI")),
    Stage.RECEIVED: Said("wait", _l("Received, waiting for SRI")),
    Stage.RETURNED: Said("soon", _l("Returned by SRI with a question")),
    Stage.UNDER_REVIEW: Said("doing", _l("Under review")),
    Stage.REVIEWED: Said("good", _l("Reviewed")),
    Stage.LAPSED: Said("ended", _l("Not handed in")),
}


def count_returns(numbers: Mapping[str, int]) -> str:
    """Say how many returns came in time."""
    if not numbers["expected"]:
        return _("No return was due in this time.")
    return _(
        "Of %(expected)s returns that were due, %(on_time)s came in time, %(late)s late, and %(missing)s are missing.",
        **{name: number(value) for name, value in numbers.items()},
    )


def tell_adopted(values: Mapping[str, Any]) -> Said:
    """Tell that an edition came into force."""
    return Said("good", _("Edition %(number)s of the standard was entered", number=values["edition_no"]))


def tell_opened(values: Mapping[str, Any]) -> Said:
    """Tell that a round began."""
    sentence = ngettext(
        "The round “%(name)s” began for %(num)s country",
        "The round “%(name)s” began for %(num)s countries",
        values["members"],
        name=values["name"],
    )
    return Said("doing", sentence)


def tell_closed(values: Mapping[str, Any]) -> Said:
    """Tell that a round ended."""
    return Said("ended", _("The round “%(name)s” ended: %(reason)s", name=values["name"], reason=values["reason"]))


def tell_called(values: Mapping[str, Any]) -> Said:
    """Tell that a country was called."""
    day = date_long(date.fromisoformat(values["due_on"]))
    return Said("doing", _("SRI asked the country to assess itself until %(day)s", day=day))


def tell_answer(_values: Mapping[str, Any]) -> Said:
    """Tell that an answer was kept."""
    return Said("doing", _("An answer of the assessment was kept"))


def tell_evidence(_values: Mapping[str, Any]) -> Said:
    """Tell that evidence was added."""
    return Said("doing", _("A piece of evidence was kept"))


def tell_proposed(values: Mapping[str, Any]) -> Said:
    """Tell that the answers wait for a signature."""
    return Said("wait", _("Revision %(num)s of the assessment waits for the second person", num=values["revision"]))


def tell_given_back(values: Mapping[str, Any]) -> Said:
    """Tell that the answers went back."""
    return Said("soon", _("The answers of the assessment were given back: %(reason)s", reason=values["reason"]))


def tell_signed(values: Mapping[str, Any]) -> Said:
    """Tell that the answers were signed off."""
    return Said("good", _("Revision %(num)s of the assessment was signed off", num=values["revision"]))


def tell_reviewed(values: Mapping[str, Any]) -> Said:
    """Tell that SRI reviewed an answer."""
    if values["verdict"] == Verdict.AGREES:
        return Said("good", _("SRI sees an answer of the assessment the same way"))
    return Said("soon", _("SRI sees an answer of the assessment differently"))


def tell_stepped(values: Mapping[str, Any]) -> Said:
    """Tell what SRI did with an assessment."""
    told = {
        Step.RECEIVE: Said("wait", _("SRI received the assessment")),
        Step.BEGIN: Said("doing", _("SRI began to review the assessment")),
        Step.RETURN: Said("soon", _("SRI returned the assessment: %(reason)s", reason=values["reason"])),
        Step.FINISH: Said("good", _("SRI finished the review of the assessment")),
    }
    return told[Step(values["step"])]
