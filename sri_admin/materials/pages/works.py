"""Pages for SRI staff: the catalogue and what is in a work."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import HUB
from sri_admin.materials.models import Work
from sri_admin.materials.operations.works import enter_work
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.signatures import verified
from sri_admin.materials.queries.works import (
    documents_of,
    find_draft,
    release_by_id,
    releases_of,
    source_of,
    work_by_code,
    works,
)
from sri_admin.materials.rules import rendering, words
from sri_admin.materials.schemas import WorkIn
from sri_admin.members.rules.agreement import ProgrammeType
from sri_admin.members.rules.words import PROGRAMME_TYPES
from sri_admin.program.queries import points
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("materials")


@pages.get("/materials", audience=Audience.STAFF, template="materials/work_list.html", roles=HUB)
def work_list(actor: Actor) -> dict[str, Any]:
    """Show every work with its releases and what is being written."""
    POLICY.require(actor, "materials.work.list")
    return {"rows": [(each, find_draft(each)) for each in works()], "words": words, "programmes": PROGRAMME_TYPES}


@pages.get("/materials/new", audience=Audience.STAFF, template="materials/work_new.html", roles=HUB)
def work_new(actor: Actor, form: Form) -> dict[str, Any]:
    """Ask what a new work is."""
    POLICY.require(actor, "materials.work.enter", installation.hub_tenant_id())
    programmes = [(each.value, PROGRAMME_TYPES[each]) for each in ProgrammeType]
    shown = [(each.code.value, str(each.names)) for each in points()]
    return {"form": form, "points": shown, "programmes": programmes, "words": words}


@pages.post("/materials", audience=Audience.STAFF, takes=WorkIn, again=work_new, roles=HUB)
def work_enter(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Enter a work and go on to its text."""
    values["id"] = values.pop("record_id", values.get("id"))
    work = enter_work(actor, installation.hub_tenant_id(), values=values)
    return see_other("materials.draft_edit", work=work.code, notice=_("It is entered. Now write its text."))


@pages.get("/materials/<work>", audience=Audience.STAFF, template="materials/work_show.html", roles=HUB)
def work_show(actor: Actor, work: str) -> dict[str, Any]:
    """Show a work: its releases, newest first, and what is being written."""
    found = _work(actor, work)
    rows = [(each, source_of(each)) for each in releases_of(found)]
    draft = find_draft(found)
    return {
        "work": found,
        "rows": rows,
        "draft": draft,
        "words": words,
        "programmes": PROGRAMME_TYPES,
        "tabs": tabs(found),
    }


@pages.get(
    "/materials/<work>/releases/<uuid:release_id>",
    audience=Audience.STAFF,
    template="materials/release_show.html",
    roles=HUB,
)
def release_show(actor: Actor, work: str, *, release_id: UUID) -> dict[str, Any]:
    """Show one release as it was signed."""
    found, release = _work(actor, work), release_by_id(release_id)
    if release.work_id != found.id:
        raise NotFoundError
    text = verified(found, release, documents_of(release))
    shown = rendering.page(text.blocks) if text else None
    return {"work": found, "release": release, "shown": shown, "source": source_of(release), "tabs": tabs(found)}


def tabs(work: Work, current: str = "materials.work_show") -> list[Mapping[str, Any]]:
    """Return the pages of one work."""
    labels = {
        "materials.work_show": _("Releases"),
        "materials.draft_edit": _("Text"),
        "materials.block_list": _("Blocks"),
        "materials.draft_preview": _("Preview"),
        "materials.release_new": _("Release"),
    }
    return [
        {"label": label, "url": url_for(endpoint, work=work.code), "current": endpoint == current}
        for endpoint, label in labels.items()
    ]


def _work(actor: Actor, code: str) -> Work:
    POLICY.require(actor, "materials.work.list")
    return work_by_code(code)
