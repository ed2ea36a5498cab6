"""`sri-admin integrity`: the standard."""

from uuid import UUID

import click

from sri_admin.integrity.operations.standards import adopt_edition
from sri_admin.kernel import actor, installation, tenancy, transaction
from sri_admin.kernel.i18n import gettext as _


@click.group()
def integrity() -> None:
    """Keep the standard countries assess themselves by."""


@integrity.command()
def adopt() -> None:
    """Enter the edition of the standard that comes with this program (at the hub; safe to repeat)."""
    hub_id = installation.hub_tenant_id()
    edition_no = transaction.write(tenancy.only(hub_id), lambda: _adopt(hub_id))
    click.echo(_("Edition %(number)s of the standard is entered.", number=edition_no))


def _adopt(hub_id: UUID) -> str:
    installation.require_writing()
    return adopt_edition(actor.system("integrity adopt"), hub_id).edition_no
