"""The log of downloads: a board sees who took files of its country, SRI sees it of every country."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.keeping.policy import downloads_of
from sri_admin.keeping.queries import downloads as queries
from sri_admin.keeping.rules.words import file_name
from sri_admin.keeping.schemas import DownloadQuery
from sri_admin.kernel import clock, formats
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.download_log import FileDownload
from sri_admin.kernel.errors import NotAllowedError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry, ask
from sri_admin.members.models.sheet import ExportNote
from sri_admin.members.rules.sheets import SHEETS, SheetKind
from sri_admin.web import paging
from sri_admin.web.doors import Audience, Pages

pages = Pages("keeping")


@pages.get("/downloads", audience=Audience.SIGNED_IN, template="keeping/download_list.html", query=DownloadQuery)
def download_list(actor: Actor, query: Mapping[str, Any]) -> dict[str, Any]:
    """Show who downloaded which file, and when."""
    members = downloads_of(actor)
    if members is not None and not members:
        raise NotAllowedError(action="keeping.download.see")
    page = queries.downloads(members, number=query["page"])
    taken_out = queries.tables_taken_out() if members is None else []
    names = queries.names_of({each.actor for each in (*page.rows, *taken_out)}, members)
    files = queries.tables_of_files({each.sha256 for each in page.rows})
    places = {each: _place(each) for each in {row.member_id for row in page.rows}}
    return {
        "columns": [{"label": _("When")}, {"label": _("File")}, {"label": _("Country")}, {"label": _("By whom")}],
        "rows": [_row(each, names, files, places) for each in page.rows],
        "paging": paging.pager(page, query),
        "table_columns": [{"label": _("When")}, {"label": _("Table")}, {"label": _("Rows")}, {"label": _("By whom")}],
        "tables": [_table_row(each, names) for each in taken_out],
    }


def _row(
    row: FileDownload, names: Mapping[str, str], files: Mapping[str, str], places: Mapping[UUID, str]
) -> list[Any]:
    by = _("The node of the country") if row.kind == "node" else _who(row.actor, names)
    return [formats.date_and_time(row.at), file_name(files.get(row.sha256)), places[row.member_id], by]


def _table_row(row: ExportNote, names: Mapping[str, str]) -> list[Any]:
    known = {each.value for each in SheetKind}
    table = SHEETS[SheetKind(row.kind)].label if row.kind in known else row.kind
    return [formats.date_and_time(row.at), table, formats.number(row.rows), _who(row.actor, names)]


def _who(label: str, names: Mapping[str, str]) -> str:
    return names.get(label) or _("Somebody else (%(label)s)", label=label)


def _place(member_id: UUID) -> str:
    found = ask("shell.place", member_id, clock.today())
    return next((str(each) for each in found if str(each)), _("SRI"))


def _sees(actor: Actor) -> bool:
    return downloads_of(actor) != frozenset()


MENU = (
    MenuEntry(
        label=_l("Downloads"),
        endpoint="keeping.download_list",
        icon="arrow-down",
        place=94,
        group=_l("This installation"),
        shown=_sees,
    ),
)
