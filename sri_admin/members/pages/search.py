"""Countries, agreements and office holders, told to whoever looks for something."""

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import MOST_HITS, Hit
from sri_admin.members.queries import search
from sri_admin.members.rules import words


def countries(actor: Actor, text: str) -> list[Hit]:
    """Return the countries SRI staff may mean."""
    if not actor.is_staff:
        return []
    return [
        Hit(
            kind=_("Countries"),
            title=str(each.names),
            note=_("%(code)s, %(state)s", code=each.code, state=str(words.MEMBER_STATES[each.state].label)),
            endpoint="members.member_show",
            arguments={"code": each.code},
        )
        for each in search.find_members(actor, text, most=MOST_HITS)
    ]


def agreements(actor: Actor, text: str) -> list[Hit]:
    """Return the agreements whose number was typed."""
    return [
        Hit(
            kind=_("Agreements"),
            title=agreement.ref_no,
            note=str(member.names),
            endpoint="members.agreement_show" if actor.is_staff else "members.our_agreement",
            arguments={"code": member.code, **({"agreement_id": agreement.id} if actor.is_staff else {})},
        )
        for agreement, member in search.find_agreements(actor, text, most=MOST_HITS)
    ]


def office_holders(actor: Actor, text: str) -> list[Hit]:
    """Return those who hold an office under the name that was typed."""
    return [
        Hit(
            kind=_("People in office"),
            title=holder.display_name,
            note=_("%(office)s, %(country)s", office=str(words.OFFICES[holder.office]), country=str(member.names)),
            endpoint="members.office_holder_list",
            arguments={"code": member.code},
        )
        for holder, member in search.find_office_holders(actor, text, most=MOST_HITS)
    ]
