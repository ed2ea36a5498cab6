"""`sri-admin db`: the tables of an installation."""

import click

from sri_admin.app import prepare
from sri_admin.cli.context import current, entering
from sri_admin.kernel import installation
from sri_admin.kernel.i18n import gettext as _


@click.group("db")
def db() -> None:
    """Look after the tables of this installation."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date; a new installation gets its identity, its keys and its streams. Safe to repeat."""
    prepare(current().app)
    entering(_say)()


def _say() -> None:
    identity = installation.identity()
    click.echo(_("The tables are up to date. This is the %(role)s %(id)s.", role=identity.role, id=str(identity.id)))
