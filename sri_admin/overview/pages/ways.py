"""The next step for each need: what the button says, and where it leads."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import url_for

from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.overview.rules import words
from sri_admin.overview.rules.facts import CountryFacts
from sri_admin.overview.rules.needs import Need, NeedKind
from sri_admin.web.templating import can


class Way(NamedTuple):
    """The next step for a need: what the button says, and where it leads."""

    label: LazyText
    url: Callable[[Need], str]


def _to_country(need: Need) -> str:
    return url_for("members.member_show", code=need.code)


def _to_agreement(need: Need) -> str:
    return url_for("members.agreement_show", code=need.code, agreement_id=need.subject)


def _to_holders(need: Need) -> str:
    return url_for("members.office_holder_list", code=need.code)


def _to_node(need: Need) -> str:
    return url_for("federation.node_show", id=need.subject)


_SEE_AGREEMENT = Way(_l("See the agreement"), _to_agreement)
_DECIDE = Way(_l("Look at them"), lambda _need: url_for("recovery.salvage_list"))
_SEE_LINE = Way(_l("See the connection"), _to_node)
FOR_SRI: Mapping[NeedKind, Way] = {
    NeedKind.JOINING: Way(_l("Compare the digits"), lambda need: url_for("federation.enrolment_show", id=need.subject)),
    NeedKind.LOST_PERMISSIONS: _DECIDE,
    NeedKind.SALVAGED: _DECIDE,
    NeedKind.PARTED: _SEE_LINE,
    NeedKind.EXPIRED: _SEE_AGREEMENT,
    NeedKind.EMERGENCY_ENDING: Way(_l("Read and decide"), _to_country),
    NeedKind.CURE: _SEE_AGREEMENT,
    NeedKind.GRACE: _SEE_AGREEMENT,
    NeedKind.OFFERED: Way(_l("See the offer"), _to_agreement),
    NeedKind.RENEWAL: _SEE_AGREEMENT,
    NeedKind.NOTICE: _SEE_AGREEMENT,
    NeedKind.SET_ASIDE: Way(_l("See them"), _to_node),
    NeedKind.SILENT: _SEE_LINE,
    NeedKind.NEVER_REACHED: _SEE_LINE,
    NeedKind.NOBODY: Way(_l("See its people"), _to_holders),
    NeedKind.ONE_PERSON: Way(_l("See its people"), _to_holders),
    NeedKind.APPLICANT: Way(_l("Read and decide"), _to_country),
}
_RENEW = Way(_l("Start renewal"), lambda need: url_for("members.agreement_new", code=need.code))

_READ_OUR_AGREEMENT = Way(_l("Read it"), lambda need: url_for("members.our_agreement", code=need.code))
_OUR_LINE = Way(_l("See the connection"), lambda _need: url_for("federation.connection_show"))
FOR_BOARD: Mapping[NeedKind, Way] = {
    **dict.fromkeys(
        (
            NeedKind.EXPIRED,
            NeedKind.SUSPENDED,
            NeedKind.CURE,
            NeedKind.GRACE,
            NeedKind.OFFERED,
            NeedKind.RENEWAL,
            NeedKind.NOTICE,
        ),
        _READ_OUR_AGREEMENT,
    ),
    **dict.fromkeys((NeedKind.PARTED, NeedKind.SILENT, NeedKind.NEVER_REACHED), _OUR_LINE),
    NeedKind.SALVAGED: _DECIDE,
    NeedKind.SET_ASIDE: Way(_l("See them"), lambda _need: url_for("federation.connection_show")),
    NeedKind.NOBODY: Way(_l("See our people"), _to_holders),
    NeedKind.TERM_ENDING: Way(_l("See our people"), _to_holders),
}
_ENTER = Way(_l("Enter somebody"), lambda need: url_for("members.office_holder_new", code=need.code))


def sri_row(need: Need) -> dict[str, Any]:
    """Return a row of the work list of SRI staff."""
    renews = need.kind is NeedKind.RENEWAL and can("members.agreement.draft")
    return _row(need, words.TO_SRI[need.kind], _RENEW if renews else FOR_SRI[need.kind])


def board_row(need: Need, country: CountryFacts) -> dict[str, Any]:
    """Return a row of the work list of a board."""
    may_enter = country.keeps_people_here and can("members.office_holder.enter", country.member_id)
    enters = need.kind is NeedKind.NOBODY and may_enter
    return _row(need, words.TO_BOARD[need.kind], _ENTER if enters else FOR_BOARD[need.kind])


def _row(need: Need, said: words.Said, way: Way) -> dict[str, Any]:
    return {
        "family": need.family,
        "title": said.title(need).markup(),
        "reason": said.reason(need).markup(),
        "action": {"label": way.label, "url": way.url(need)},
    }
