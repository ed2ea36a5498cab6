"""`sri-admin audit`: whether the history of this installation is whole."""

import json

import click
import sqlalchemy as sa

from sri_admin.cli.context import entering
from sri_admin.kernel import audit as chain
from sri_admin.kernel import tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.tenancy import Tenant


@click.group("audit")
def audit() -> None:
    """Check the history of this installation."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@entering
def verify(*, as_json: bool) -> None:
    """Recompute the whole chain; succeeds only when no entry was changed, removed or slipped in."""
    with transaction.reading(tenancy.NOWHERE):
        everyone = list(db.session.scalars(sa.select(Tenant.id)))
    with transaction.reading(tenancy.everywhere(everyone)):
        verdict = chain.verify()
    whole = verdict.broken_at is None
    if as_json:
        click.echo(json.dumps({"whole": whole, "entries": verdict.entries, "broken_at": verdict.broken_at}))
    elif whole:
        click.echo(
            ngettext("The history is whole: %(num)s entry.", "The history is whole: %(num)s entries.", verdict.entries)
        )
    else:
        click.echo(
            _("The history was changed at entry %(n)s. Keep this database as it is and tell SRI.", n=verdict.broken_at)
        )
    if not whole:
        raise SystemExit(1)
