"""`sri-admin forget`: remove what has outlived its term now, or say what would go."""

import json

import click

from sri_admin.keeping import jobs
from sri_admin.keeping.rules.terms import TERMS
from sri_admin.kernel import formats
from sri_admin.kernel.i18n import ngettext


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def forget(*, dry_run: bool, as_json: bool) -> None:
    """Remove what has outlived its term; the program does so every hour by itself."""
    found = jobs.forget_all(dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "rows": found}))
        return
    for term in TERMS:
        days = ngettext("after %(num)s day", "after %(num)s days", term.days)
        click.echo(f"{formats.number(found[term.table]):>8}  {term.what} ({days})")
