"""Who may do what with standards and assessments: the country answers, SRI reviews, and neither does both."""

from typing import Any

from sri_admin.kernel.actor import Actor, Scope
from sri_admin.kernel.policy import Policy, Rule, anybody_signed_in, board, either, member_of, staff
from sri_admin.people.rules import OFFICE_ROLES, STAFF_ROLES


def _reviewer(*roles: str) -> Rule:
    """Allow people of SRI itself who have no role in the country."""

    def rule(actor: Actor, subject: Any) -> bool:
        member = member_of(subject)
        is_there = any(each.scope is not Scope.HUB and each.member_id == member for each in actor.mandates)
        return not is_there and any(each.role in roles and each.scope is Scope.HUB for each in actor.mandates)

    return rule


SIGNING_ROLES = ("member_administrator", "chair")
_BOARD = board(*OFFICE_ROLES)
_LEADS = staff("sri_director", "integrity_lead")

POLICY = Policy(
    {
        "integrity.standard.read": anybody_signed_in,
        "integrity.standard.adopt": _LEADS,
        "integrity.cycle.read": staff(*STAFF_ROLES),
        "integrity.cycle.open": _LEADS,
        "integrity.cycle.close": _LEADS,
        "integrity.assessment.read": either(
            staff("sri_director", "integrity_lead", "country_liaison", "auditor"), _BOARD
        ),
        "integrity.assessment.answer": _BOARD,
        "integrity.assessment.sign_off": board(*SIGNING_ROLES),
        "integrity.evidence.add": _BOARD,
        "integrity.evidence.open": _BOARD,
        "integrity.assessment.review": _reviewer("sri_director", "integrity_lead"),
        "integrity.finding.read": either(staff("sri_director", "integrity_lead", "country_liaison", "auditor"), _BOARD),
        "integrity.finding.issue": _reviewer("sri_director", "integrity_lead"),
        "integrity.finding.extend": _reviewer("sri_director", "integrity_lead"),
        "integrity.finding.decide": _reviewer("sri_director", "integrity_lead", "country_liaison"),
        "integrity.finding.verify": _reviewer("sri_director", "integrity_lead", "country_liaison"),
        "integrity.finding.reply": board(*SIGNING_ROLES),
        "integrity.action.plan": _BOARD,
        "integrity.action.report": _BOARD,
        # Only jobs do these; they act as the system.
        "integrity.member.call": lambda _actor, _subject: False,
        "integrity.assessment.receive": lambda _actor, _subject: False,
    }
)
