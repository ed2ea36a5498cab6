"""Who may do what with standards and assessments: the country answers, SRI reviews, and neither does both."""

from sri_admin.kernel.policy import Policy, anybody_signed_in, board, either, outside, staff
from sri_admin.people.rules import OFFICE_ROLES, STAFF_ROLES

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
        "integrity.assessment.review": outside("sri_director", "integrity_lead"),
        "integrity.finding.read": either(staff("sri_director", "integrity_lead", "country_liaison", "auditor"), _BOARD),
        "integrity.finding.issue": outside("sri_director", "integrity_lead"),
        "integrity.finding.extend": outside("sri_director", "integrity_lead"),
        "integrity.finding.decide": outside("sri_director", "integrity_lead", "country_liaison"),
        "integrity.finding.verify": outside("sri_director", "integrity_lead", "country_liaison"),
        "integrity.finding.reply": board(*SIGNING_ROLES),
        "integrity.action.plan": _BOARD,
        "integrity.action.report": _BOARD,
        # Only jobs do these; they act as the system.
        "integrity.member.call": lambda _actor, _subject: False,
        "integrity.assessment.receive": lambda _actor, _subject: False,
    }
)
