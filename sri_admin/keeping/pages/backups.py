"""The page of backups: when the last one ran, whether it is whole, what to do; and the line on the first page."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from markupsafe import Markup

from sri_admin.keeping.models import BackupRun
from sri_admin.keeping.operations.backups import ask_for_backup
from sri_admin.keeping.policy import POLICY
from sri_admin.keeping.queries.backups import last_and_since, newest_runs, plan
from sri_admin.keeping.rules.backups import Shown, is_late, is_under_way, shown
from sri_admin.keeping.rules.words import STATES, why
from sri_admin.kernel import clock, formats, installation, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import MenuEntry, WorkItem
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("keeping")


@pages.get("/backups", audience=Audience.SIGNED_IN, template="keeping/backup_list.html")
def backup_list(actor: Actor, form: Form) -> dict[str, Any]:
    """Show how it stands with backups, and the last runs."""
    POLICY.require(actor, "keeping.backup.see", installation.identity().tenant_id)
    runs, now = newest_runs(), clock.now()
    return {
        "form_state": form,
        "answers": [_answer(now)],
        "facts": _facts(),
        "can_run": plan().can_run,
        "at_work": next((_row(each, now) for each in runs if is_under_way(each.told, now)), None),
        "runs": [_row(each, now) for each in runs],
        "columns": [
            {"label": _("Asked for")},
            {"label": _("State")},
            {"label": _("Size")},
            {"label": _("Where it lies")},
        ],
        "restore": _restore(runs),
    }


@pages.post("/backups", audience=Audience.SIGNED_IN, again=backup_list)
def backup_make(actor: Actor) -> SeeOther:
    """Have a backup made now."""
    ask_for_backup(actor, installation.identity().tenant_id)
    return see_other("keeping.backup_list")


def work_of(member_id: UUID, _on: Any) -> list[WorkItem]:
    """Say on the first page that the last whole backup is too old."""
    if member_id != installation.identity().tenant_id:
        return []
    last, since = last_and_since()
    if not is_late(last, plan(), since=since, now=clock.now()):
        return []
    return [
        WorkItem(
            family="soon",
            title=_("Backups"),
            reason=_age(last, clock.now()),
            label=_("See what to do"),
            endpoint="keeping.backup_list",
            arguments={},
            shown=lambda actor: POLICY.allows(actor, "keeping.backup.see", member_id),
        )
    ]


def _answer(now: datetime) -> dict[str, str]:
    last, since = last_and_since()
    late = last is None or is_late(last, plan(), since=since, now=now)
    return {"family": "soon" if late else "good", "text": _age(last, now)}


def _age(last: datetime | None, now: datetime) -> str:
    if last is None:
        return _("No backup of this installation was read back yet.")
    hours = int((now - last).total_seconds() // 3600)
    if hours < 48:
        return ngettext(
            "The last backup that was read back is %(num)s hour old.",
            "The last backup that was read back is %(num)s hours old.",
            hours,
        )
    return ngettext(
        "The last backup that was read back is %(num)s day old.",
        "The last backup that was read back is %(num)s days old.",
        hours // 24,
    )


def _facts() -> list[tuple[str, Any]]:
    chosen = runtime.current().settings.backup
    often = (
        ngettext("Every %(num)s hour", "Every %(num)s hours", chosen.every_hours)
        if chosen.every_hours
        else _("Not by themselves. Set backup.every_hours.")
    )
    return [
        (_("How often"), often),
        (_("How many are kept"), formats.number(chosen.keep)),
        (_("Folder"), _path(chosen.folder) if chosen.folder else _("None. Set backup.folder.")),
    ]


def _row(run: BackupRun, now: datetime) -> dict[str, Any]:
    state = shown(run.told, now)
    said = STATES[state]
    return {
        "when": formats.date_and_time(run.asked_at),
        "family": said.family,
        "state": said.label,
        "why": why(state, run.problem),
        "percent": run.percent,
        "size": formats.file_size(run.size) if run.size is not None else "–",
        "where": _where(run) if state is Shown.WHOLE else "–",
        "left_out": _left_out(run.left_out),
    }


def _where(run: BackupRun) -> str:
    folder = Path(run.folder or "")
    if folder.is_dir():
        return _path(folder)
    return _("No longer here: newer ones took its place.") if folder.parent.is_dir() else _("Its disk is not here now.")


def _path(path: Path) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(path)


def _left_out(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s file was damaged here already and is not in it. “sri-admin verify” names it.",
        "%(num)s files were damaged here already and are not in it. “sri-admin verify” names them.",
        count,
    )


def _restore(runs: list[BackupRun]) -> str:
    here = (run.folder for run in runs if run.folder and Path(run.folder).is_dir())
    return f"sri-admin restore {next(here, 'FOLDER')}"


def _sees(actor: Actor) -> bool:
    return POLICY.allows(actor, "keeping.backup.see", installation.identity().tenant_id)


MENU = (
    MenuEntry(
        label=_l("Backups"),
        endpoint="keeping.backup_list",
        icon="lock",
        place=93,
        group=_l("This installation"),
        shown=_sees,
    ),
)
