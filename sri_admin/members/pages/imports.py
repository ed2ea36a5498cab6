"""Pages for SRI staff: files brought in, checked before anything is done, and taken back as a whole."""

from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.installation import own_tenant
from sri_admin.kernel.part import HUB
from sri_admin.members.models.sheet import ImportRow, SheetImport
from sri_admin.members.operations import imports as operations
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.imports import import_by_id, newest_imports, rows_with, tally
from sri_admin.members.rules.sheets import GOOD, IMPORT_STATES, IMPORTED, OUTCOMES, SHEETS, ImportState, Outcome
from sri_admin.members.schemas.sheet import DayOrderIn, ImportIn
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form, Upload

pages = Pages("members")
MOST_SHOWN = 200
_WORKING = {ImportState.READING, ImportState.RUNNING, ImportState.UNDOING}
_GRAVE = (Outcome.BAD, Outcome.FAILED, Outcome.KEPT)


@pages.get("/imports", audience=Audience.STAFF, template="members/import_list.html", roles=HUB)
def import_list(actor: Actor) -> dict[str, Any]:
    """Show what was brought in, and how it stands."""
    POLICY.require(actor, "members.sheet.import", own_tenant())
    return {"imports": newest_imports(own_tenant()), "sheets": SHEETS, "states": IMPORT_STATES}


@pages.get("/imports/new", audience=Audience.STAFF, template="members/import_new.html", roles=HUB)
def import_new(actor: Actor, form: Form) -> dict[str, Any]:
    """Ask for a file."""
    POLICY.require(actor, "members.sheet.import", own_tenant())
    return {"form": form, "sheets": {kind: SHEETS[kind] for kind in IMPORTED}}


@pages.post("/imports", audience=Audience.STAFF, takes=ImportIn, again=import_new, roles=HUB)
def import_begin(actor: Actor, values: dict[str, Any], upload: Upload) -> SeeOther:
    """Take a file, to be read and checked."""
    taken = {"id": values.pop("record_id", None), "file_name": upload.name, "content": upload.content}
    made = operations.begin_import(actor, own_tenant(), values={**values, **taken})
    return see_other("members.import_show", import_id=made.id)


@pages.get("/imports/<uuid:import_id>", audience=Audience.STAFF, template="members/import_show.html", roles=HUB)
def import_show(actor: Actor, form: Form, *, import_id: UUID) -> dict[str, Any]:
    """Show what an import would do or did, row by row."""
    made = _found(actor, import_id)
    counts = tally(made)
    good = sum(counts.get(each, 0) for each in GOOD)
    worst = rows_with(made, _GRAVE, limit=MOST_SHOWN)
    others = rows_with(made, set(Outcome) - set(_GRAVE), limit=MOST_SHOWN - len(worst)) if made.total else []
    return {
        "form": form,
        "made": made,
        "sheet": SHEETS[made.kind],
        "state": IMPORT_STATES[made.state],
        "is_working": made.state in _WORKING,
        "is_checked": made.state is ImportState.CHECKED,
        "is_done": made.state is ImportState.DONE,
        "percent": min(100, 100 * made.done // max(made.done + good, 1)),
        "good": good,
        "rest": rest_is_fine(good) if counts.get(Outcome.BAD) and good else "",
        "left_out": left_out(made.total - len(worst) - len(others)),
        "counts": [(OUTCOMES[each], counts[each]) for each in Outcome if counts.get(each)],
        "rows": [(OUTCOMES[row.outcome], row, _sentences(row)) for row in (*worst, *others)],
        "path": [(_("Countries"), url_for("members.member_list")), (_("Imports"), url_for("members.import_list"))],
    }


@pages.post("/imports/<uuid:import_id>/days", audience=Audience.STAFF, takes=DayOrderIn, again=import_show, roles=HUB)
def import_days(actor: Actor, values: dict[str, Any], *, import_id: UUID) -> SeeOther:
    """Say how dates are meant."""
    operations.answer_day_order(actor, _found(actor, import_id), values=values)
    return see_other("members.import_show", import_id=import_id)


@pages.post("/imports/<uuid:import_id>/apply", audience=Audience.STAFF, again=import_show, roles=HUB)
def import_apply(actor: Actor, *, import_id: UUID) -> SeeOther:
    """Have the good rows done."""
    operations.apply_import(actor, import_by_id(own_tenant(), import_id, lock=True))
    return see_other("members.import_show", import_id=import_id)


@pages.post("/imports/<uuid:import_id>/undo", audience=Audience.STAFF, again=import_show, roles=HUB)
def import_undo(actor: Actor, *, import_id: UUID) -> SeeOther:
    """Have everything taken back."""
    operations.undo_import(actor, import_by_id(own_tenant(), import_id, lock=True))
    return see_other("members.import_show", import_id=import_id)


def _found(actor: Actor, import_id: UUID) -> SheetImport:
    POLICY.require(actor, "members.sheet.import", own_tenant())
    return import_by_id(own_tenant(), import_id)


def _sentences(row: ImportRow) -> list[str]:
    return [_sentence(row.number, fault) for fault in row.faults]


def _sentence(number: int, fault: dict[str, Any]) -> str:
    if fault["column"]:
        said = {"column": fault["column"], "reason": fault["reason"]}
        return _("Row %(row)s, column %(column)s: %(reason)s", row=number, **said)
    return _("Row %(row)s: %(reason)s", row=number, reason=fault["reason"])


def left_out(count: int) -> str:
    """Return the sentence about the rows a page has no room for."""
    if count <= 0:
        return ""
    return ngettext("%(num)s more row is not shown here.", "%(num)s more rows are not shown here.", count)


def rest_is_fine(good: int) -> str:
    """Return the sentence that offers the good rows."""
    return ngettext("The other %(num)s row is fine.", "The other %(num)s rows are fine.", good)
