"""Whole tables as JSON doors: taken out as files, brought in from files."""

from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.installation import own_tenant
from sri_admin.kernel.part import HUB
from sri_admin.members.api.members import api
from sri_admin.members.models.sheet import SheetExport
from sri_admin.members.operations.exports import ask_for_export, fetch_export
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.exports import export_by_id
from sri_admin.members.schemas.sheet import ExportIn, ExportOut
from sri_admin.web.doors import Attachment, Audience

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


def _export(actor: Actor, export_id: UUID) -> SheetExport:
    POLICY.require(actor, "members.sheet.export", own_tenant())
    return export_by_id(own_tenant(), export_id)
