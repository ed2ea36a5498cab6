"""Who may do what with returns: the board prepares, its chair or administrator approves, SRI decides."""

from sri_admin.kernel.policy import Policy, board, either, outside, staff
from sri_admin.people.rules import OFFICE_ROLES, STAFF_ROLES
from sri_admin.reporting.rules.standing import APPROVERS

_deciders = outside("data_officer", "country_liaison", "sri_director")

POLICY = Policy(
    {
        "reporting.return.read": either(staff(*STAFF_ROLES), board(*OFFICE_ROLES)),
        "reporting.return.prepare": board(*OFFICE_ROLES),
        "reporting.return.approve": board(*APPROVERS),
        # Who may not approve takes back what they had part in.
        "reporting.return.give_back": board(*OFFICE_ROLES),
        # Only the job that hears of an arrival does this; it acts as the system.
        "reporting.return.receive": lambda _actor, _subject: False,
        "reporting.return.decide": _deciders,
        "reporting.correction.ask": board(*OFFICE_ROLES),
        "reporting.correction.decide": _deciders,
        "reporting.statistics.read": staff(*STAFF_ROLES),
        "reporting.catalogue.enter": staff("sri_director", "data_officer"),
    }
)
