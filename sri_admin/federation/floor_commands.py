"""`sri-admin node require`: demand, at the hub, that nodes read at least a version of a kind from a day on."""

from datetime import datetime

import click

from sri_admin.federation import floors
from sri_admin.kernel import actor, formats, installation, tenancy, transaction
from sri_admin.kernel.i18n import gettext as _

_DOER = actor.system("node")


@click.command("require")
@click.option("--kind", help="Kind of record, as “meetings.meeting”; without one, the floors there are.")
@click.option("--version", type=int, help="The lowest version a node must read.")
@click.option("--from", "starts_at", type=click.DateTime(["%Y-%m-%d"]), help="From which day on.")
def require(*, kind: str | None, version: int | None, starts_at: datetime | None) -> None:
    """At the hub: from a day on, take a kind of record only from nodes whose program reads this version."""
    hub_id = installation.hub_tenant_id()
    if kind is None:
        with transaction.reading(tenancy.only(hub_id)):
            for each in floors.every():
                click.echo(f"{each.kind} {each.lowest} {each.starts_on:%Y-%m-%d}")
        return
    if version is None or starts_at is None:
        raise click.UsageError(_("Say --version and --from as well."))
    day = starts_at.date()
    transaction.write(tenancy.only(hub_id), lambda: _demand(kind, version, starts_at))
    click.echo(_("From %(day)s on. Nodes are told at their next contact.", day=formats.date_long(day)))


def _demand(kind: str, version: int, starts_at: datetime) -> None:
    installation.require_writing()
    floors.demand(_DOER, kind, version=version, starts_on=starts_at.date())
