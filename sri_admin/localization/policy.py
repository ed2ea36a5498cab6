"""Who may do what with translations: roles for one language in one country, and SRI's own decisions."""

from typing import Any

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.policy import Policy, Rule, board, either, staff
from sri_admin.people.rules import LANGUAGE_ROLES, OFFICE_ROLES, STAFF_ROLES


def _for_language(*roles: str) -> Rule:
    def rule(actor: Actor, desk: Any) -> bool:
        return any(
            each.role in roles and each.member_id == desk.member_id and each.language == desk.language
            for each in actor.mandates
        )

    return rule


POLICY = Policy(
    {
        "localization.list.read": either(staff(*STAFF_ROLES), board(*OFFICE_ROLES, *LANGUAGE_ROLES)),
        "localization.text.read": either(staff(*STAFF_ROLES), board(*OFFICE_ROLES), _for_language(*LANGUAGE_ROLES)),
        "localization.text.translate": _for_language(*LANGUAGE_ROLES),
        "localization.text.review": _for_language("reviser"),
        "localization.overview.read": staff(*STAFF_ROLES),
        "localization.segment.decide": staff("integrity_lead", "sri_director"),
        "localization.release.make": staff("sri_director", "materials_manager"),
        "localization.language.grant": staff("sri_director", "materials_manager", "country_liaison"),
        "localization.term.enter": staff("sri_director", "materials_manager", "integrity_lead"),
    }
)
