"""Who may do what with materials; whether a member is entitled to the content is asked in `queries.entitlement`."""

from sri_admin.kernel.policy import Policy, board, either, staff

STAFF = (
    "sri_director",
    "country_liaison",
    "integrity_lead",
    "materials_manager",
    "training_lead",
    "data_officer",
    "auditor",
)
READERS = (
    "member_administrator",
    "chair",
    "coordinator",
    "facilitator",
    "member_data_officer",
    "translator",
    "reviser",
)
_keepers = staff("sri_director", "materials_manager")

POLICY = Policy(
    {
        "materials.work.list": staff(*STAFF),
        "materials.work.enter": _keepers,
        "materials.draft.edit": _keepers,
        "materials.release.make": _keepers,
        "materials.catalogue.read": either(staff(*STAFF), board(*READERS)),
        "materials.release.read": either(staff(*STAFF), board(*READERS)),
    }
)
