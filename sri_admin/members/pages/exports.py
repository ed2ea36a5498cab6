"""Pages for SRI staff: tables taken out as files, and empty sheets to fill in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.installation import own_tenant
from sri_admin.kernel.part import HUB
from sri_admin.kernel.sheets import Manner, media_type, template
from sri_admin.members.models.sheet import SheetExport
from sri_admin.members.operations.exports import ask_for_export, fetch_export
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.exports import export_by_id
from sri_admin.members.rules.sheets import SHEETS, ExportState
from sri_admin.members.schemas.sheet import ExportFilters, ExportIn, ExportQuery, TemplateQuery
from sri_admin.web.doors import Attachment, Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("members")


@pages.get("/exports/new", audience=Audience.STAFF, template="members/export_new.html", query=ExportQuery, roles=HUB)
def export_new(actor: Actor, form: Form, query: Mapping[str, Any]) -> dict[str, Any]:
    """Ask which table is taken out, and how the file is written."""
    POLICY.require(actor, "members.sheet.export", own_tenant())
    filters = {name: query[name] for name in ExportFilters().fields if query.get(name)}
    return {"form": form, "sheets": SHEETS, "asked": query.get("kind"), "filters": filters}


@pages.post("/exports", audience=Audience.STAFF, takes=ExportIn, again=export_new, roles=HUB)
def export_ask(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Take a table out."""
    export = ask_for_export(actor, own_tenant(), values={**values, "id": values.pop("record_id", None)})
    return see_other("members.export_show", export_id=export.id)


@pages.get("/exports/<uuid:export_id>", audience=Audience.STAFF, template="members/export_show.html", roles=HUB)
def export_show(actor: Actor, *, export_id: UUID) -> dict[str, Any]:
    """Show how far an export is, and its file."""
    export = _found(actor, export_id)
    is_ready = export.state is ExportState.READY
    return {
        "export": export,
        "sheet": SHEETS[export.kind],
        "is_ready": is_ready,
        "percent": 100 * export.done // max(export.total, 1),
        "path": [(_("Countries"), url_for("members.member_list")), (_("Export"), None)],
    }


@pages.file("/exports/<uuid:export_id>/file", audience=Audience.STAFF, roles=HUB)
def export_file(actor: Actor, *, export_id: UUID) -> Attachment | SeeOther:
    """Hand out the file of an export."""
    export = _found(actor, export_id)
    if export.content is None:
        return see_other("members.export_show", export_id=export.id)
    return Attachment(*fetch_export(actor, export))


@pages.file("/sheet-templates", audience=Audience.STAFF, query=TemplateQuery, roles=HUB)
def sheet_template(actor: Actor, query: Mapping[str, Any]) -> Attachment:
    """Hand out an empty sheet that says what to write where."""
    POLICY.require(actor, "members.sheet.import", own_tenant())
    sheet = SHEETS[query["kind"]]
    manner = Manner(format=query["format"], separator=query["separator"], marked=query["marked"])
    return Attachment(f"{sheet.name}-template.{manner.format}", media_type(manner), template(sheet, manner))


def _found(actor: Actor, export_id: UUID) -> SheetExport:
    POLICY.require(actor, "members.sheet.export", own_tenant())
    return export_by_id(own_tenant(), export_id)
