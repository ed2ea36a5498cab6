"""The page of an installation that was restored: why it only reads, and the ways out of that."""

from typing import Any

from flask import url_for

from sri_admin.federation.policy import POLICY
from sri_admin.federation.schemas import AloneIn
from sri_admin.kernel import installation, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.installation import Standing
from sri_admin.web import addresses
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("restored")


@pages.get(addresses.RESTORED, audience=Audience.SIGNED_IN, template="federation/restored.html")
def restored_show(actor: Actor, form: Form) -> dict[str, Any]:
    """Show how a restored installation stands and what can be done."""
    own = installation.identity().tenant_id
    POLICY.require(actor, "federation.restored.see", own)
    now = installation.standing()
    may_go_on = now is Standing.RESTORED and POLICY.allows(actor, "federation.restored.go_on", own)
    return {
        "form_state": form,
        "answers": [_answer(now)],
        "waits": now is Standing.RESTORED,
        "connection_url": url_for(f"federation.{'node_list' if runtime.current().is_hub else 'connection_show'}"),
        "may_try": not runtime.current().is_hub and POLICY.allows(actor, "federation.connection.try", own),
        "may_go_on": may_go_on,
    }


@pages.post(
    f"{addresses.RESTORED}/alone",
    audience=Audience.SIGNED_IN,
    takes=AloneIn,
    again=restored_show,
    fresh=True,
    while_restored=True,
)
def restored_go_on(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Go on alone."""
    POLICY.require(actor, "federation.restored.go_on", installation.identity().tenant_id)
    installation.go_on_alone(actor, reason=values["reason"])
    return see_other("restored.restored_show", notice=_("You can write again. This is noted in the history."))


def _answer(now: Standing) -> dict[str, str]:
    if now is Standing.IN_USE:
        return {"family": "good", "text": _("This installation is in use. Nothing to do.")}
    if now is Standing.ALONE:
        return {
            "family": "soon",
            "text": _("This installation was restored and goes on alone until the other side answers."),
        }
    return {"family": "pause", "text": _("This installation was restored from a backup and can only be read for now.")}
