"""Who may do what with materials; whether a member is entitled to the content is asked in `queries.entitlement`."""

from sri_admin.kernel.policy import Policy, board, either, staff
from sri_admin.people.rules import BOARD_ROLES, LANGUAGE_ROLES, STAFF_ROLES

_keepers = staff("sri_director", "materials_manager")

POLICY = Policy(
    {
        "materials.work.list": staff(*STAFF_ROLES),
        "materials.work.enter": _keepers,
        "materials.draft.edit": _keepers,
        "materials.release.make": _keepers,
        "materials.catalogue.read": either(staff(*STAFF_ROLES), board(*BOARD_ROLES, *LANGUAGE_ROLES)),
        "materials.release.read": either(staff(*STAFF_ROLES), board(*BOARD_ROLES, *LANGUAGE_ROLES)),
    }
)
