"""Taking whole tables out: small ones at once, large ones as a job that tells how far it is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sri_admin.kernel import clock, i18n, ids, jobs, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import load
from sri_admin.kernel.sheets import Manner, file_name, media_type, written
from sri_admin.kernel.work import plain
from sri_admin.members.models.sheet import ExportNote, SheetExport
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.exports import keys_of, rows_of
from sri_admin.members.rules.sheets import SHEETS, ExportState, SheetKind
from sri_admin.members.schemas.sheet import ExportFilters

WRITE_EXPORT = "members.write_export"
AT_ONCE = 200
KEPT = timedelta(days=1)
_FILTERS = tuple(ExportFilters().fields)


def ask_for_export(actor: Actor, hub_id: UUID, *, values: Mapping[str, Any]) -> SheetExport:
    """Ask for a table as a file; the same id again answers with the first request."""
    POLICY.require(actor, "members.sheet.export", hub_id)
    export_id = values.get("id") or ids.new()
    found = db.session.get(SheetExport, (hub_id, export_id))
    if found is not None:
        return found
    filters = {name: plain(values[name]) for name in _FILTERS if values.get(name)}
    keys = keys_of(actor, values["kind"], asked_of(values["kind"], filters))
    export = SheetExport(
        member_id=hub_id,
        id=export_id,
        query=filters,
        locale=i18n.locale(),
        actor=actor.label,
        account_id=actor.account_id,
        state=ExportState.WAITING,
        total=len(keys),
        expires_at=clock.now() + KEPT,
        **{name: values[name] for name in ("kind", "format", "separator", "marked")},
    )
    db.session.add(export)
    if len(keys) <= AT_ONCE:
        finish_export(export, list(rows_of(export.kind, keys)))
    else:
        db.session.flush()  # the job looks for it
        jobs.defer(WRITE_EXPORT, member_id=hub_id, export_id=export_id)
    return export


def finish_export(export: SheetExport, rows: list[dict[str, Any]]) -> None:
    """Write the file of an export in the language it was asked for, and note who took it out."""
    with i18n.using(export.locale):
        export.content = written(SHEETS[export.kind], rows, manner_of(export))
    export.state, export.done, export.total = ExportState.READY, len(rows), len(rows)
    note_export(export.actor, export_id=export.id, kind=export.kind, rows=export.total, deed="made")


def note_export(actor: str, *, export_id: UUID, kind: SheetKind, rows: int, deed: str) -> None:
    """Note, whatever becomes of the request, who took out what."""
    with transaction.apart() as session:
        session.add(ExportNote(actor=actor, export_id=export_id, kind=kind.value, deed=deed, rows=rows))


def fetch_export(actor: Actor, export: SheetExport) -> tuple[str, str, bytes]:
    """Hand out the file of an export with its name and media type, and note who fetched it."""
    POLICY.require(actor, "members.sheet.export", export)
    if export.content is None:
        raise ConflictError(_l("This file is still being written. Please come back in a moment."), code="not_ready")
    note_export(actor.label, export_id=export.id, kind=export.kind, rows=export.total, deed="fetched")
    manner = manner_of(export)
    return file_name(SHEETS[export.kind], clock.today(), manner), media_type(manner), export.content


def manner_of(export: SheetExport) -> Manner:
    """Return how the file of an export is written."""
    return Manner(format=export.format, separator=export.separator, marked=export.marked)


def asked_of(kind: SheetKind, filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters of a stored export as queries take them."""
    asked = load(ExportFilters, filters)
    if kind is SheetKind.AGREEMENTS:
        return {"shown": asked.get("shown"), "kind": asked.get("agreement_kind")}
    return asked
