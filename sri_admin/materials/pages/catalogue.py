"""Pages for members: every work with why they may have it or not, and the releases they read, also offline."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from sri_admin.kernel import i18n
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.entitlement import catalogue_for, reading, standing_of
from sri_admin.materials.queries.works import find_work, releases_of, source_of
from sri_admin.materials.rules import rendering, words
from sri_admin.materials.rules.releases import SOURCE_LANGUAGE
from sri_admin.materials.schemas import ReadingQuery
from sri_admin.web import about
from sri_admin.web.doors import Audience, Pages
from sri_admin.web.homes import Home

pages = Pages("materials")


@pages.get("/countries/<code>/materials", audience=Audience.MEMBER, template="materials/catalogue.html")
def catalogue(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show every work, and for each one why this country may have it or not."""
    POLICY.require(actor, "materials.catalogue.read", member.id)
    tabs = about.tabs(actor, member, "materials.catalogue")
    return {"member": member, "rows": catalogue_for(member.id), "tabs": tabs, "words": words}


@pages.get(
    "/countries/<code>/materials/<work>", audience=Audience.MEMBER, template="materials/read.html", query=ReadingQuery
)
def release_read(actor: Actor, query: Mapping[str, Any], *, member: Tenant, work: str) -> dict[str, Any]:
    """Show a release to a country that is entitled to it; to every other there is nothing here."""
    POLICY.require(actor, "materials.release.read", member.id)
    found = find_work(work)
    if found is None or not standing_of(member.id, found).may_read:
        raise NotFoundError
    here = releases_of(found)
    tags = sorted({each.language for each in here})
    release, text = reading(found, language=_language(query, tags), version_no=query.get("release"))
    newest = next(each for each in here if each.language == release.language)
    return {
        "member": member,
        "work": found,
        "release": release,
        "newest": newest,
        "source": source_of(release),
        "source_newest": next((each for each in here if each.language == SOURCE_LANGUAGE), None),
        "shown": rendering.page(text.blocks) if text else None,
        "dir": i18n.direction(release.language),
        "tags": tags,
        "earlier": [each for each in here if each.language == release.language and each.id != release.id],
    }


def _language(query: Mapping[str, Any], tags: list[str]) -> str:
    if query.get("language"):
        return query["language"]
    return next((each for each in i18n.chain(i18n.locale()) if each in tags), SOURCE_LANGUAGE)


READING = Home(POLICY, "materials.catalogue.read")

MENU = (
    MenuEntry(
        label=_l("Materials"),
        endpoint="materials.work_list",
        icon="file-earmark-text",
        place=60,
        group=_l("Programme"),
        roles=HUB,
        shown=lambda actor: actor.is_staff,
        covers=frozenset(
            f"materials.{each}"
            for each in (
                "work_new",
                "work_show",
                "release_show",
                "draft_edit",
                "block_list",
                "draft_preview",
                "release_new",
            )
        ),
    ),
    MenuEntry(
        label=_l("Materials"),
        endpoint="materials.catalogue",
        icon="file-earmark-text",
        place=60,
        group=_l("From SRI"),
        shown=READING.shown,
        url=lambda actor: url_for("materials.catalogue", code=READING.code(actor)),
        covers=frozenset({"materials.release_read"}),
    ),
)
