"""Who may do what with translations: roles for one language in one country, and SRI's own decisions."""

from typing import Any

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.policy import Policy, Rule, board, either, staff
from sri_admin.localization.rules.desk import Desk
from sri_admin.people.rules import LANGUAGE_ROLES, OFFICE_ROLES, STAFF_ROLES, Role


def role_at(actor: Actor, desk: Desk, *roles: str) -> str | None:
    """Return which of some roles somebody holds for a language in a country."""
    held = (each for each in actor.mandates if (each.member_id, each.language) == (desk.member_id, desk.language))
    return next((each.role for each in held if each.role in roles), None)


def _for_language(*roles: str) -> Rule:
    def rule(actor: Actor, desk: Any) -> bool:
        return role_at(actor, desk, *roles) is not None

    return rule


TRANSLATES, REVIEWS = LANGUAGE_ROLES, (Role.REVISER,)
POLICY = Policy(
    {
        "localization.list.read": either(staff(*STAFF_ROLES), board(*OFFICE_ROLES, *LANGUAGE_ROLES)),
        "localization.text.read": either(staff(*STAFF_ROLES), board(*OFFICE_ROLES), _for_language(*LANGUAGE_ROLES)),
        "localization.text.translate": _for_language(*TRANSLATES),
        "localization.text.review": _for_language(*REVIEWS),
        "localization.overview.read": staff(*STAFF_ROLES),
        "localization.segment.decide": staff("integrity_lead", "sri_director"),
        "localization.release.make": staff("sri_director", "materials_manager"),
        "localization.language.grant": staff("sri_director", "materials_manager", "country_liaison"),
        "localization.term.enter": staff("sri_director", "materials_manager", "integrity_lead"),
    }
)
