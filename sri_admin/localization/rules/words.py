"""How states and findings of translations are said, each with its family of look."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sri_admin.kernel.formats import language_name
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.localization.rules.checks import Fault, Finding
from sri_admin.localization.rules.standing import State, Verdict


class Said(NamedTuple):
    """A state family and its word or sentence."""

    family: str
    label: Any


STATES: Mapping[State, Said] = {
    State.MISSING: Said("unk", _l("Not translated yet")),
    State.OUTDATED: Said("soon", _l("Update pending")),
    State.DRAFTED: Said("wait", _l("Waiting for the reviser")),
    State.TWO_VERSIONS: Said("soon", _l("Two versions")),
    State.RETURNED: Said("stop", _l("Returned")),
    State.CONTESTED: Said("soon", _l("Two versions approved")),
    State.INTEGRITY: Said("wait", _l("Waiting for SRI")),
    State.APPROVED: Said("good", _l("Approved")),
}


def say(finding: Finding) -> str:
    """Say what a check found, as a sentence."""
    about = finding.about
    sentences = {
        Fault.CODE_MISSING: _("The code %(code)s is missing. Insert it where it belongs.", code=about),
        Fault.CODE_EXTRA: _("The code %(code)s is not in the source. Take it out.", code=about),
        Fault.NUMBER: _("These numbers differ from the source: %(numbers)s.", numbers=about),
        Fault.TERM: _("The glossary says it differently: %(term)s.", term=about),
        Fault.FORBIDDEN: _("The glossary asks not to use “%(word)s”.", word=about),
        Fault.EMPTY: _("There is no translation yet."),
        Fault.HIDDEN: _("There are characters in it that nobody can see. Type the text anew instead of pasting it."),
        Fault.ALIKE: _("The word “%(word)s” mixes letters of two writings that look alike.", word=about),
    }
    return sentences[finding.fault]


def tell_granted(values: Mapping[str, Any]) -> Said:
    """Tell that a language was granted."""
    return Said("good", _("The country may translate into %(language)s", language=language_name(values["language"])))


def tell_translated(values: Mapping[str, Any]) -> Said:
    """Tell that a segment was translated."""
    return Said("doing", _("A segment of %(work)s was translated into %(language)s", **_where(values)))


def tell_reviewed(values: Mapping[str, Any]) -> Said:
    """Tell that a translation was reviewed."""
    if values["verdict"] == Verdict.APPROVE:
        return Said("good", _("A translation of %(work)s into %(language)s was approved", **_where(values)))
    return Said("stop", _("A translation of %(work)s into %(language)s was returned", **_where(values)))


def tell_decided(values: Mapping[str, Any]) -> Said:
    """Tell that SRI decided on a translation."""
    if values["verdict"] == Verdict.APPROVE:
        return Said("good", _("SRI accepted a segment of %(work)s in %(language)s", **_where(values)))
    return Said("stop", _("SRI returned a segment of %(work)s in %(language)s", **_where(values)))


def _where(values: Mapping[str, Any]) -> dict[str, str]:
    return {"work": values["work"], "language": language_name(values["language"])}


def tell_term(values: Mapping[str, Any]) -> Said:
    """Tell that a term was entered."""
    return Said("doing", _("The term %(term)s has its word in the glossary", term=values["source"]))
