"""Pages for SRI staff: the text of the next release, its blocks, its preview, its release."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import HUB
from sri_admin.materials.models import Work
from sri_admin.materials.operations.releases import release_source
from sri_admin.materials.operations.works import judge_blocks, save_draft
from sri_admin.materials.pages.works import tabs
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.works import (
    blocks_of,
    draft_blocks,
    draft_of,
    find_draft,
    newest_release,
    work_by_code,
)
from sri_admin.materials.rules import rendering, wording, words
from sri_admin.materials.rules.blocks import Block, plain
from sri_admin.materials.rules.releases import compare, next_version
from sri_admin.materials.schemas import DraftIn, JudgementIn, ReleaseIn
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("materials")


@pages.get("/materials/<work>/text", audience=Audience.STAFF, template="materials/draft_edit.html", roles=HUB)
def draft_edit(actor: Actor, form: Form, *, work: str) -> dict[str, Any]:
    """Show the text of the next release as Markdown."""
    found = _work(actor, work)
    draft = find_draft(found)
    return {"form": form, "work": found, "draft": draft, "tabs": tabs(found, "materials.draft_edit")}


@pages.post("/materials/<work>/text", audience=Audience.STAFF, takes=DraftIn, again=draft_edit, roles=HUB)
def draft_save(actor: Actor, values: Mapping[str, Any], *, work: str) -> SeeOther:
    """Save the text and go on to its blocks."""
    save_draft(actor, _work(actor, work), values=values)
    return see_other("materials.block_list", work=work, notice=_("The text is saved. Look through its blocks now."))


@pages.get("/materials/<work>/blocks", audience=Audience.STAFF, template="materials/block_list.html", roles=HUB)
def block_list(actor: Actor, form: Form, *, work: str) -> dict[str, Any]:
    """Show each block with its risk and, where it changed since the last release, with what changed."""
    found = _work(actor, work)
    draft = draft_of(found)
    before = {each.uid: each for each in blocks_of(newest_release(found))}
    rows = [_row(each, before) for each in draft_blocks(draft)]
    shown = {"risks_said": words.RISKS, "changes_said": words.CHANGES, "tabs": tabs(found, "materials.block_list")}
    return {"form": form, "work": found, "draft": draft, "rows": rows, **shown}


@pages.post("/materials/<work>/blocks", audience=Audience.STAFF, takes=JudgementIn, again=block_list, roles=HUB)
def block_judge(actor: Actor, values: Mapping[str, Any], *, work: str) -> SeeOther:
    """Keep what was said of each block."""
    found = _work(actor, work)
    judge_blocks(actor, draft_of(found), found, values=values)
    return see_other("materials.draft_preview", work=work, notice=_("It is kept. This is how the text will look."))


@pages.get("/materials/<work>/preview", audience=Audience.STAFF, template="materials/draft_preview.html", roles=HUB)
def draft_preview(actor: Actor, work: str) -> dict[str, Any]:
    """Show the draft as it will be read."""
    found = _work(actor, work)
    shown = rendering.page(draft_blocks(draft_of(found)))
    return {"work": found, "shown": shown, "tabs": tabs(found, "materials.draft_preview")}


@pages.get("/materials/<work>/release", audience=Audience.STAFF, template="materials/release_new.html", roles=HUB)
def release_new(actor: Actor, form: Form, *, work: str) -> dict[str, Any]:
    """Show what a release changes and whom it reaches, before it is made."""
    found = _work(actor, work)
    draft, last = draft_of(found), newest_release(found)
    changed = compare(blocks_of(last), draft_blocks(draft))
    proposed = next_version(last.version_no if last else None, changed)
    shown = {"changed": changed, "proposed": proposed, "tabs": tabs(found, "materials.release_new")}
    return {"form": form, "work": found, "draft": draft, "last": last, **shown}


@pages.post(
    "/materials/<work>/release", audience=Audience.STAFF, takes=ReleaseIn, again=release_new, fresh=True, roles=HUB
)
def release_make(actor: Actor, values: Mapping[str, Any], *, work: str) -> SeeOther:
    """Release the text and sign it."""
    found = _work(actor, work)
    release = release_source(actor, found, draft_of(found), values=values)
    notice = _("Release %(number)s is signed and goes out by itself.", number=release.version_no)
    return see_other("materials.work_show", work=work, notice=notice)


def _work(actor: Actor, code: str) -> Work:
    work = work_by_code(code)
    POLICY.require(actor, "materials.draft.edit", work)
    return work


def _row(block: Block, before: Mapping[str, Block]) -> dict[str, Any]:
    old = before.get(block.uid)
    is_changed = old is not None and old.revision != block.revision
    return {
        "block": block,
        "text": plain(block.text),
        "is_new": bool(before) and old is None,
        "words": wording.difference(plain(old.text), plain(block.text)) if old and is_changed else None,
    }
