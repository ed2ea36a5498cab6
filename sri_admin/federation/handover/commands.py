"""`sri-admin node keep|reclaim|go-on`: the grave decisions of an administrator of the hub, without a browser."""

from uuid import UUID

import click

from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.handover import steps
from sri_admin.federation.recovery import hub, incarnations
from sri_admin.kernel import actor, installation, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _

_DOER = actor.system("node")
_REASON = click.option("--reason", required=True, help="Why; it stands in the history.")


@click.command("keep")
@click.argument("node_id", type=click.UUID)
@click.argument("incarnation", type=click.UUID, required=False)
@_REASON
def keep(node_id: UUID, incarnation: UUID | None, *, reason: str) -> None:
    """At the hub: of several copies of a node, let one go on; without one named, list them."""
    reach = incarnations.reach_of(_member_of(node_id))
    if incarnation is None:
        with transaction.reading(reach):
            for each in incarnations.of_node(node_id):
                click.echo(f"{each.incarnation} {each.state.value} {each.announced_at:%Y-%m-%d %H:%M}")
        return
    transaction.write(reach, lambda: _keep(node_id, incarnation, reason))
    click.echo(_("This copy goes on. The other one hands over what it had not sent."))


@click.command("reclaim")
@click.argument("node_id", type=click.UUID)
@_REASON
def reclaim(node_id: UUID, *, reason: str) -> None:
    """At the hub: give up a node that does not come back; the hub writes its country's records."""
    reach = incarnations.reach_of(_member_of(node_id))
    transaction.write(reach, lambda: _reclaim(node_id, reason))
    click.echo(_("The hub writes the records of this country from now on."))


@click.command("go-on")
@_REASON
def go_on(*, reason: str) -> None:
    """At a hub that was restored: go on; the nodes hand back what the hub had lost."""
    transaction.write(hub.everyone(), lambda: hub.go_on_again(_DOER, reason=reason))
    click.echo(_("The hub goes on. As the nodes come, what they hand back appears here."))


def _keep(node_id: UUID, incarnation: UUID, reason: str) -> None:
    installation.require_writing()
    incarnations.keep(_DOER, node_id, incarnation, reason=reason)


def _reclaim(node_id: UUID, reason: str) -> None:
    installation.require_writing()
    steps.reclaim(_DOER, node_id, reason=reason)


def _member_of(node_id: UUID) -> UUID:
    with transaction.reading(tenancy.NOWHERE):
        node = db.session.get(Node, node_id)
        if node is None:
            raise NotFoundError
        return node.member_id
