"""Fresh copies as pages: how far each is, and one that would remove many records waits for a person."""

from typing import Any

from flask import url_for

from sri_admin.federation import report
from sri_admin.federation.policy import POLICY
from sri_admin.federation.schemas import SnapshotIn
from sri_admin.federation.snapshots import receiving, shown
from sri_admin.kernel import installation, runtime, tenancy
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("snapshots")


@pages.get("/fresh-copies", audience=Audience.SIGNED_IN, template="federation/snapshots.html")
def snapshot_list(actor: Actor, form: Form) -> dict[str, Any]:
    """Show the fresh copies that were taken, are coming, or wait for a decision."""
    own = installation.identity().tenant_id
    POLICY.require(actor, "federation.snapshot.see", own)
    with report.seeing_hub():
        found = receiving.all_here()
    return {
        "form_state": form,
        "path": [_line(), (_("Fresh copies"), None)],
        "answers": [shown.answer(found)],
        "copies": [shown.row(each) for each in found],
        "may_decide": POLICY.allows(actor, "federation.snapshot.decide", own),
    }


@pages.post("/fresh-copies/agree", audience=Audience.SIGNED_IN, takes=SnapshotIn, again=snapshot_list, fresh=True)
def snapshot_agree(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Let a fresh copy stand although it removes many records."""
    POLICY.require(actor, "federation.snapshot.decide", installation.identity().tenant_id)
    tenancy.write_for(values["member_id"])
    receiving.agree(actor, receiving.by_id(values["member_id"], values["snapshot"]), reason=values["reason"])
    return see_other("snapshots.snapshot_list", notice=_("Agreed. The fresh copy stands after the next exchange."))


def _line() -> tuple[str, str]:
    if runtime.current().is_hub:
        return _("Connections"), url_for("federation.node_list")
    return _("Connection with the hub"), url_for("federation.connection_show")
