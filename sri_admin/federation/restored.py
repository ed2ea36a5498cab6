"""The page of an installation that was restored: why it only reads, and the ways out of that."""

from typing import Any

from flask import url_for

from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import hub
from sri_admin.federation.schemas import AloneIn
from sri_admin.kernel import installation, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.installation import Standing
from sri_admin.kernel.part import HUB, NODE
from sri_admin.web import addresses
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("restored")


@pages.get(addresses.RESTORED, audience=Audience.SIGNED_IN, template="federation/restored.html")
def restored_show(actor: Actor, form: Form) -> dict[str, Any]:
    """Show how a restored installation stands and what can be done."""
    own = installation.identity().tenant_id
    POLICY.require(actor, "federation.restored.see", own)
    now, at_hub = installation.standing(), runtime.current().is_hub
    waits, going_on = now is Standing.RESTORED, "federation.hub.go_on" if at_hub else "federation.restored.go_on"
    return {
        "form_state": form,
        "answers": [_answer(now)],
        "at_hub": at_hub,
        "waits": waits,
        "connection_url": url_for(f"federation.{'node_list' if at_hub else 'connection_show'}"),
        "may_try": not at_hub and POLICY.allows(actor, "federation.connection.try", own),
        "may_carry": not at_hub and POLICY.allows(actor, "federation.stick.carry", own),
        "may_go_on": waits and POLICY.allows(actor, going_on, own),
    }


@pages.post(
    f"{addresses.RESTORED}/alone",
    audience=Audience.SIGNED_IN,
    takes=AloneIn,
    again=restored_show,
    fresh=True,
    while_restored=True,
    roles=NODE,
)
def restored_go_on(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Go on alone, before the hub was heard."""
    POLICY.require(actor, "federation.restored.go_on", installation.identity().tenant_id)
    installation.go_on_alone(actor, reason=values["reason"])
    return see_other("restored.restored_show", notice=_("You can write again. This is noted in the history."))


@pages.post(
    f"{addresses.RESTORED}/go-on",
    audience=Audience.STAFF,
    takes=AloneIn,
    again=restored_show,
    fresh=True,
    while_restored=True,
    roles=HUB,
)
def hub_go_on(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Let a restored hub go on; its nodes hand back what it had lost."""
    hub.go_on_again(actor, reason=values["reason"])
    notice = _("The hub goes on. As the nodes come, what they hand back appears here.")
    return see_other("recovery.salvage_list", notice=notice)


def _answer(now: Standing) -> dict[str, str]:
    if now is Standing.IN_USE:
        return {"family": "good", "text": _("This installation is in use. Nothing to do.")}
    if now is Standing.ALONE:
        return {
            "family": "soon",
            "text": _("This installation was restored and goes on alone until the other side answers."),
        }
    return {"family": "pause", "text": _("This installation was restored from a backup and can only be read for now.")}
