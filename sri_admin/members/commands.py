"""`sri-admin import` and `sri-admin export`: whole tables from and to files, for the operator of a hub."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from sri_admin.kernel import actor, ids, installation, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError, InvalidError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.installation import own_tenant
from sri_admin.kernel.sheets import FileFormat, Manner, written
from sri_admin.members.jobs import exports as export_jobs
from sri_admin.members.jobs import imports as import_jobs
from sri_admin.members.models.sheet import SheetImport
from sri_admin.members.operations import imports
from sri_admin.members.operations.exports import note_export
from sri_admin.members.queries.exports import keys_of, rows_of
from sri_admin.members.queries.imports import import_by_id, rows_with, tally
from sri_admin.members.rules.sheets import IMPORTED, SHEETS, Outcome, SheetKind

_DOER = actor.system("sheets")
_REFUSED = 3


@click.group("import")
def import_() -> None:
    """Bring whole tables in, and take an import back."""


def _add(kind: SheetKind) -> None:
    @import_.command(kind.value)
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option("--dry-run/--apply", "dry", default=True, help="Only check (the default), or do the good rows.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def bring(file: Path, dry: bool, as_json: bool) -> None:
        """Check a file row by row; with --apply, do its good rows."""
        _bring(kind, file, dry=dry, as_json=as_json)


for _kind in IMPORTED:
    _add(_kind)


@import_.command("undo")
@click.argument("import_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def undo(import_id: UUID, as_json: bool) -> None:
    """Take back what an import did, as far as nobody went on working with it."""
    hub_id = _hub()
    _write(hub_id, lambda: imports.undo_import(_DOER, import_by_id(hub_id, import_id, lock=True)))
    import_jobs.undo_import(_DOER, member_id=hub_id, import_id=import_id)
    _tell(hub_id, import_id, as_json=as_json)


@click.command("export")
@click.argument("kind", type=click.Choice([each.value for each in SheetKind]))
@click.option("--to", "path", type=click.Path(path_type=Path, dir_okay=False), required=True, help="*.xlsx or *.csv")
@click.option("--separator", type=click.Choice([",", ";"]), default=",", help="What stands between cells of a CSV.")
def export(kind: str, path: Path, separator: str) -> None:
    """Write a whole table to a file."""
    if path.suffix not in {".xlsx", ".csv"}:
        raise InvalidError(_("The name of the file must end with .xlsx or .csv."))
    _hub()
    wanted = SheetKind(kind)
    with transaction.reading(export_jobs.everything()):
        rows = list(rows_of(wanted, keys_of(_DOER, wanted, {})))
        db.session.expunge_all()
    manner = Manner(format=FileFormat(path.suffix[1:]), separator=separator)
    path.write_bytes(written(SHEETS[wanted], rows, manner))
    note_export(_DOER.label, export_id=ids.new(), kind=wanted, rows=len(rows), deed="made")
    click.echo(_("%(count)s rows are in %(path)s.", count=len(rows), path=str(path)))


def _bring(kind: SheetKind, file: Path, *, dry: bool, as_json: bool) -> None:
    hub_id = _hub()
    if file.stat().st_size > imports.LARGEST_FILE:
        raise InvalidError(_("This file is larger than 8 MB. Split it into several."))
    values = {"kind": kind, "file_name": file.name, "content": file.read_bytes()}
    import_id = _write(hub_id, lambda: imports.begin_import(_DOER, hub_id, values=values))
    import_jobs.check_import(_DOER, member_id=hub_id, import_id=import_id)
    with transaction.reading(tenancy.only(hub_id)):
        problem = import_by_id(hub_id, import_id).problem
    if problem:
        raise InvalidError(problem)
    if not dry:
        _write(hub_id, lambda: imports.apply_import(_DOER, import_by_id(hub_id, import_id, lock=True)))
        import_jobs.apply_import(_DOER, member_id=hub_id, import_id=import_id)
    _tell(hub_id, import_id, as_json=as_json)


def _tell(hub_id: UUID, import_id: UUID, *, as_json: bool) -> None:
    with transaction.reading(tenancy.only(hub_id)):
        made = import_by_id(hub_id, import_id)
        faults: list[dict[str, Any]] = [
            {"row": row.number, **fault}
            for row in rows_with(made, (Outcome.BAD, Outcome.FAILED, Outcome.KEPT))
            for fault in row.faults
        ]
        counts = {outcome.value: count for outcome, count in tally(made).items()}
        facts = {"import": str(import_id), "state": made.state.value, "rows": counts, "faults": faults}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        click.echo(_("Import %(id)s: %(state)s", id=str(import_id), state=facts["state"]))
        for fault in faults:
            place = {"row": fault["row"], "column": fault["column"] or "-", "reason": fault["reason"]}
            click.echo(_("Row %(row)s, column %(column)s: %(reason)s", **place))
        for outcome, count in counts.items():
            click.echo(f"{outcome}  {count}")
    if faults:
        raise click.exceptions.Exit(_REFUSED)


def _write(hub_id: UUID, act: Callable[[], SheetImport]) -> UUID:
    def body() -> UUID:
        installation.require_writing()
        return act().id

    return transaction.write(tenancy.only(hub_id), body)


def _hub() -> UUID:
    if not runtime.current().is_hub:
        raise ConfigurationError(_("Whole tables are imported and exported at the hub."))
    return own_tenant()
