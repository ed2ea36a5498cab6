"""`sri-admin reporting`: the catalogue of indicators."""

from uuid import UUID

import click

from sri_admin.kernel import actor, installation, tenancy, transaction
from sri_admin.kernel.i18n import gettext as _
from sri_admin.reporting.operations.catalogue import enter_catalogue


@click.group()
def reporting() -> None:
    """Keep the catalogue of indicators."""


@reporting.command()
def adopt() -> None:
    """Enter the indicators and data sets of this edition that are missing (at the hub; safe to repeat)."""
    hub_id = installation.hub_tenant_id()
    transaction.write(tenancy.only(hub_id), lambda: _adopt(hub_id))
    click.echo(_("The indicators of the monthly return are entered."))


def _adopt(hub_id: UUID) -> None:
    installation.require_writing()
    enter_catalogue(actor.system("reporting adopt"), hub_id)
