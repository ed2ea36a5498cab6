"""Whole tables as JSON doors: taken out as files, brought in from files."""

from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.installation import own_tenant
from sri_admin.kernel.part import HUB
from sri_admin.members.api.members import api
from sri_admin.members.models.sheet import SheetExport, SheetImport
from sri_admin.members.operations import imports
from sri_admin.members.operations.exports import ask_for_export, fetch_export
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.exports import export_by_id
from sri_admin.members.queries.imports import import_by_id, rows_with
from sri_admin.members.rules.sheets import Outcome
from sri_admin.members.schemas.sheet import ExportIn, ExportOut, ImportOut, ImportQuery, ImportRowList
from sri_admin.web.doors import Attachment, Audience
from sri_admin.web.forms import Upload

Values = dict[str, Any]


@api.post("/exports", audience=Audience.STAFF, takes=ExportIn, gives=ExportOut, created=True, roles=HUB)
def export_create(actor: Actor, values: Values) -> SheetExport:
    """Ask for a table as a file."""
    return ask_for_export(actor, own_tenant(), values=values)


@api.get("/exports/<uuid:export_id>", audience=Audience.STAFF, gives=ExportOut, roles=HUB)
def export(actor: Actor, *, export_id: UUID) -> SheetExport:
    """Return how far an export is."""
    return _export(actor, export_id)


@api.file("/exports/<uuid:export_id>/file", audience=Audience.STAFF, roles=HUB)
def export_fetch(actor: Actor, *, export_id: UUID) -> Attachment:
    """Return the file of an export that is ready."""
    return Attachment(*fetch_export(actor, _export(actor, export_id)))


@api.post("/imports", audience=Audience.STAFF, query=ImportQuery, gives=ImportOut, created=True, roles=HUB)
def import_create(actor: Actor, query: Values, upload: Upload) -> SheetImport:
    """Send a file to be read and checked: its bytes are the body; nothing is changed yet."""
    taken = {"file_name": query["name"], "content": upload.content, "id": query.get("id")}
    return imports.begin_import(actor, own_tenant(), values={"kind": query["kind"], **taken})


@api.get("/imports/<uuid:import_id>", audience=Audience.STAFF, gives=ImportOut, roles=HUB)
def import_state(actor: Actor, *, import_id: UUID) -> SheetImport:
    """Return how far an import is."""
    return _import(actor, import_id)


@api.get("/imports/<uuid:import_id>/rows", audience=Audience.STAFF, gives=ImportRowList, roles=HUB)
def import_rows(actor: Actor, *, import_id: UUID) -> Values:
    """Return the rows of an import, what becomes of each, and what is wrong with it."""
    return {"rows": rows_with(_import(actor, import_id), set(Outcome))}


@api.post("/imports/<uuid:import_id>/apply", audience=Audience.STAFF, gives=ImportOut, roles=HUB)
def import_application(actor: Actor, *, import_id: UUID) -> SheetImport:
    """Have the good rows of a checked import done."""
    return imports.apply_import(actor, import_by_id(own_tenant(), import_id, lock=True))


@api.post("/imports/<uuid:import_id>/undo", audience=Audience.STAFF, gives=ImportOut, roles=HUB)
def import_taking_back(actor: Actor, *, import_id: UUID) -> SheetImport:
    """Have everything an import did taken back."""
    return imports.undo_import(actor, import_by_id(own_tenant(), import_id, lock=True))


def _import(actor: Actor, import_id: UUID) -> SheetImport:
    POLICY.require(actor, "members.sheet.import", own_tenant())
    return import_by_id(own_tenant(), import_id)


def _export(actor: Actor, export_id: UUID) -> SheetExport:
    POLICY.require(actor, "members.sheet.export", own_tenant())
    return export_by_id(own_tenant(), export_id)
