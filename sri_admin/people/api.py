"""Who am I, for programs."""

from typing import Any

from sri_admin.kernel.actor import Actor
from sri_admin.people.operations import sessions
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.accounts import account_by_id, codes_of
from sri_admin.people.schemas import MeOut, PasswordOnceMoreIn
from sri_admin.web import visit
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("people", description="The caller's own account.")


@api.get("/me", audience=Audience.SIGNED_IN, gives=MeOut)
def me(actor: Actor) -> dict[str, Any]:
    """Say who the caller is and what they may act for."""
    POLICY.require(actor, "people.me.read")
    assert actor.account_id is not None
    codes = codes_of({each.member_id for each in actor.mandates})
    mandates = [
        {
            "role": each.role,
            "scope": each.scope.value,
            "language": each.language,
            "member": codes[each.member_id],
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
        }
        for each in actor.mandates
    ]
    return {
        "label": actor.label,
        "kind": actor.kind,
        "home": codes[actor.mandates[0].member_id],
        "locale": account_by_id(actor.account_id).locale,
        "mandates": mandates,
    }


@api.post("/me/password-again", audience=Audience.SIGNED_IN, takes=PasswordOnceMoreIn)
def password_again(actor: Actor, values: dict[str, Any]) -> None:
    """Give the password once more, so that grave acts are open to this session for ten minutes."""
    sessions.confirm_password(actor, visit.session_id(), values={**values, "network": visit.network()})
