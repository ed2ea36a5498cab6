"""Who may do what with translations: roles for one language in one country, and SRI's own decisions."""

from typing import Any

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.policy import Policy, Rule, board, either, staff

STAFF = (
    "sri_director",
    "country_liaison",
    "integrity_lead",
    "materials_manager",
    "training_lead",
    "data_officer",
    "auditor",
)
BOARD = ("member_administrator", "chair", "coordinator", "member_data_officer")


def _for_language(*roles: str) -> Rule:
    def rule(actor: Actor, desk: Any) -> bool:
        return any(
            each.role in roles and each.member_id == desk.member_id and each.language == desk.language
            for each in actor.mandates
        )

    return rule


POLICY = Policy(
    {
        "localization.list.read": either(staff(*STAFF), board(*BOARD, "translator", "reviser")),
        "localization.text.read": either(staff(*STAFF), board(*BOARD), _for_language("translator", "reviser")),
        "localization.text.translate": _for_language("translator", "reviser"),
        "localization.text.review": _for_language("reviser"),
        "localization.overview.read": staff(*STAFF),
        "localization.segment.decide": staff("integrity_lead", "sri_director"),
        "localization.release.make": staff("sri_director", "materials_manager"),
        "localization.language.grant": staff("sri_director", "materials_manager", "country_liaison"),
        "localization.term.enter": staff("sri_director", "materials_manager", "integrity_lead"),
    }
)
