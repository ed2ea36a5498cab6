"""`sri-admin program`: the catalogue of points and methods."""

from uuid import UUID

import click

from sri_admin.kernel import actor, installation, tenancy, transaction
from sri_admin.kernel.i18n import gettext as _
from sri_admin.program.operations import adopt_catalogue


@click.group()
def program() -> None:
    """Keep the catalogue of points and methods."""


@program.command()
def adopt() -> None:
    """Enter the points and methods of this edition that are missing (at the hub; safe to repeat)."""
    hub_id = installation.hub_tenant_id()
    transaction.write(tenancy.only(hub_id), lambda: _adopt(hub_id))
    click.echo(_("The points and methods are entered."))


def _adopt(hub_id: UUID) -> None:
    installation.require_writing()
    adopt_catalogue(actor.system("program adopt"), hub_id)
