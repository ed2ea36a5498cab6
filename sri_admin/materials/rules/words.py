"""How works, risks and reasons are said, each with its family of look."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sri_admin.kernel.formats import language_name
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.materials.rules.blocks import Change, Risk
from sri_admin.materials.rules.entitlement import Standing
from sri_admin.materials.rules.releases import LicenceClass, WorkKind


class Said(NamedTuple):
    """A state family and its word or sentence."""

    family: str
    label: Any


WORK_KINDS: Mapping[WorkKind, LazyText] = {
    WorkKind.GUIDE: _l("Guide"),
    WorkKind.WORKSHEET: _l("Worksheet"),
    WorkKind.HANDBOOK: _l("Handbook"),
    WorkKind.LEAFLET: _l("Leaflet"),
}
LICENCE_CLASSES: Mapping[LicenceClass, LazyText] = {
    LicenceClass.OPEN: _l("Open: every member may have it"),
    LicenceClass.LICENSED: _l("Licensed: members whose agreement covers the programme"),
}
RISKS: Mapping[Risk, LazyText] = {
    Risk.GENERAL: _l("General"),
    Risk.PROGRAM: _l("Programme: the method would change"),
    Risk.SAFETY: _l("Safety: somebody could be harmed"),
    Risk.LEGAL: _l("Legal: names, rights, duties"),
}
CHANGES: Mapping[Change, LazyText] = {
    Change.EDITORIAL: _l("Editorial: spelling, punctuation"),
    Change.CLARIFYING: _l("Clarifying: the same, said better"),
    Change.SUBSTANTIVE: _l("Of substance: it says something else"),
    Change.SAFETY: _l("Safety: the old wording must go"),
}
STANDINGS: Mapping[Standing, Said] = {
    Standing.OPEN: Said("good", _l("Open to you")),
    Standing.COVERED: Said("good", _l("Covered by your agreement")),
    Standing.NO_AGREEMENT: Said("ended", _l("Needs an agreement")),
    Standing.NOT_COVERED: Said("ended", _l("Not in your agreement")),
    Standing.SUSPENDED: Said("pause", _l("Paused")),
}
REASONS: Mapping[Standing, LazyText] = {
    Standing.OPEN: _l("Every member may have this work."),
    Standing.COVERED: _l("Your agreement covers the programme this work belongs to."),
    Standing.NO_AGREEMENT: _l("No agreement of yours runs today. As soon as one does, the work comes by itself."),
    Standing.NOT_COVERED: _l(
        "Your agreement does not cover this programme. Ask your country liaison to have it added."
    ),
    Standing.SUSPENDED: _l("Your licence is suspended. The work comes back by itself when the suspension is lifted."),
}


def tell_work_entered(values: Mapping[str, Any]) -> Said:
    """Tell that a work was entered."""
    return Said("doing", _("The work %(code)s was entered in the catalogue", code=values["code"]))


def tell_draft_saved(values: Mapping[str, Any]) -> Said:
    """Tell that a text was saved."""
    return Said("draft", _("The draft of %(code)s was saved", code=values["code"]))


def tell_draft_judged(values: Mapping[str, Any]) -> Said:
    """Tell that blocks were judged."""
    return Said("draft", _("The blocks of %(code)s were judged for risk and change", code=values["code"]))


def tell_released(values: Mapping[str, Any]) -> Said:
    """Tell that a text was released."""
    text = _(
        "%(code)s was released in %(language)s as %(number)s",
        code=values["code"],
        language=language_name(values["language"]),
        number=values["version_no"],
    )
    return Said("good", text)


def tell_key(values: Mapping[str, Any]) -> Said:
    """Tell that a key for releases was named."""
    return Said("doing", _("Releases are signed with the key %(kid)s from now on", kid=values["kid"]))
