"""`sri-admin node prune|snapshots|accept-snapshot`: let old lines go; see fresh copies and agree to one."""

import json

import click
import sqlalchemy as sa

from sri_admin.federation import words
from sri_admin.federation.intake import reach_for
from sri_admin.federation.snapshot_models import SyncSnapshot
from sri_admin.federation.snapshots import jobs, receiving, shown
from sri_admin.kernel import actor, installation, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.tenancy import Tenant

_DOER = actor.system("node")


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def prune(*, dry_run: bool, as_json: bool) -> None:
    """Let lines go that newer ones took the place of and that are old enough; the newest of each record stays."""
    found = jobs.prune_all(dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "streams": [each.to_dict() for each in found]}))
        return
    for each in found:
        click.echo(shown.pruned(each, dry_run=dry_run))
    if not found:
        click.echo(_("Nothing is old enough."))


@click.command("snapshots")
def snapshots() -> None:
    """Say which fresh copies were taken, are being taken, or wait for you."""
    with transaction.reading(_everywhere()):
        found = receiving.all_here()
        for each in found:
            click.echo(f"{each.stream}: {shown.sentence(each)}")
    if not found:
        click.echo(_("No fresh copy was ever needed here."))


@click.command("accept-snapshot")
@click.argument("stream")
@click.option("--reason", required=True, help="Why it may remove so many records; it stands in the history.")
def accept_snapshot(stream: str, reason: str) -> None:
    """Let the fresh copy of a stream stand although it removes many records; it does so at the next exchange."""

    def body() -> int:
        installation.require_writing()
        found = db.session.scalar(sa.select(SyncSnapshot).where(SyncSnapshot.stream == stream).with_for_update())
        if found is None:
            raise NotFoundError(_("There is no fresh copy of %(stream)s here.", stream=words.stream_name(stream)))
        receiving.agree(_DOER, found, reason=reason)
        return found.removes or 0

    removes = transaction.write(reach_for(stream), body)
    click.echo(
        ngettext(
            "Agreed. %(num)s record goes at the next exchange.",
            "Agreed. %(num)s records go at the next exchange.",
            removes,
            num=removes,
        )
    )


def _everywhere() -> tenancy.Reach:
    with transaction.reading(tenancy.NOWHERE):
        return tenancy.everywhere(db.session.scalars(sa.select(Tenant.id)))
