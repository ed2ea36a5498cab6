"""`sri-admin node keys`: new keys for a node, keys withdrawn at the hub, and what became of each."""

import click

from sri_admin.federation import rotation
from sri_admin.federation.commands import DOER, node, show
from sri_admin.kernel import installation, tenancy, transaction
from sri_admin.kernel.i18n import gettext as _

__all__ = ["node"]


@node.group("keys")
def keys() -> None:
    """Change a node's keys, withdraw them, see the life of each."""


@keys.command("rotate")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def rotate(*, as_json: bool) -> None:
    """At the node: make new keys; they take the place of the old ones once the hub has confirmed them."""
    own = installation.identity().tenant_id
    kid = transaction.write(tenancy.only(own) if own else tenancy.NOWHERE, lambda: rotation.begin(DOER))
    said = _("New keys are made. The old ones stay in use until the hub confirms the new ones at an exchange.")
    show({"kid": kid, "state": "waiting"}, as_json=as_json, plain=said)
