"""Who may do what about keeping: those who look after an installation."""

from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.policy import Policy, board, either, staff

_OPERATORS = either(staff("sri_director", "data_officer"), board("member_administrator"))

_EVERY_COUNTRY = staff("sri_director", "data_officer", "auditor", "materials_manager")
_OWN_COUNTRY = board("member_administrator", "chair", "member_data_officer")

POLICY = Policy(
    {
        "keeping.backup.see": _OPERATORS,
        "keeping.backup.make": _OPERATORS,
        "keeping.download.see_all": _EVERY_COUNTRY,
        "keeping.download.see": either(_OWN_COUNTRY, _EVERY_COUNTRY),
    }
)


def downloads_of(actor: Actor) -> frozenset[UUID] | None:
    """Return the members whose downloads somebody may see; None for all of them."""
    if POLICY.allows(actor, "keeping.download.see_all"):
        return None
    held = {mandate.member_id for mandate in actor.mandates}
    return frozenset(each for each in held if POLICY.allows(actor, "keeping.download.see", each))
