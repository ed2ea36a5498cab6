"""`sri-admin node keys`: new keys for a node, keys withdrawn at the hub, and what became of each."""

from uuid import UUID

import click

from sri_admin.federation import enrolment, revocation, rotation
from sri_admin.federation.commands import DOER, node, show
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.key_life import WITHDRAWN, EndReason
from sri_admin.kernel import installation, tenancy, transaction
from sri_admin.kernel.errors import NotFoundError
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
    kid = transaction.write(tenancy.only(own) if own else tenancy.NOWHERE, _begin)
    said = _("New keys are made. The old ones stay in use until the hub confirms the new ones at an exchange.")
    show({"kid": kid, "state": "waiting"}, as_json=as_json, plain=said)


@keys.command("revoke")
@click.option("--member", "member_code", required=True, help="Code of the member country.")
@click.option("--reason", required=True, type=click.Choice([each.value for each in WITHDRAWN]))
@click.option("--last-good", nargs=2, type=(str, int), multiple=True, help="A stream and its last good line.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def revoke(member_code: str, reason: str, last_good: tuple[tuple[str, int], ...], *, as_json: bool) -> None:
    """At the hub: withdraw the keys of a member's node; what we hold stays, what it signs from now on is refused."""
    with transaction.reading(tenancy.NOWHERE):
        found = _node_of(member_code)
    why, lasts = EndReason(reason), dict(last_good)
    reach = enrolment.approval_reach(found.member_id)
    transaction.write(reach, lambda: _withdraw(found.id, why, lasts))
    said = _("The keys are withdrawn. Nothing more is taken from this node.")
    show({"node": str(found.id), "state": "revoked"}, as_json=as_json, plain=said)


def _begin() -> str:
    installation.require_writing()
    return rotation.begin(DOER)


def _withdraw(node_id: UUID, reason: EndReason, last_good: dict[str, int]) -> None:
    installation.require_writing()
    revocation.withdraw(DOER, node_id, reason=reason, last_good=last_good)


def _node_of(member_code: str) -> Node:
    member = tenancy.tenant_by_code(member_code.strip().upper())
    found = enrolment.node_of(member.id) if member else None
    if found is None:
        raise NotFoundError(_("There is no country with a node and the code %(code)s.", code=member_code))
    transaction.detach(found)
    return found
