"""Entering works and writing the draft of their next release."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sri_admin.kernel import ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.materials.events import DraftJudged, DraftSaved, WorkEntered
from sri_admin.materials.models import EditionDraft, Work
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.works import draft_blocks, find_draft, find_work, source_texts
from sri_admin.materials.rules import markdown
from sri_admin.materials.rules.blocks import Block, Change, Risk
from sri_admin.materials.rules.matching import keep_identity

Values = Mapping[str, Any]


def enter_work(actor: Actor, hub_id: UUID, *, values: Values) -> Work:
    """Enter a work in the catalogue; the same id again answers with the first entry."""
    POLICY.require(actor, "materials.work.enter", hub_id)
    work_id = values.get("id") or ids.new()
    known = db.session.get(Work, (hub_id, work_id))
    if known is not None:
        return known
    if find_work(values["code"]) is not None:
        raise ConflictError(_l("Another work already has this code. A code is never used twice."), code="code_taken")
    title = values["title"] if isinstance(values["title"], Text) else Text.of(values["title"])
    work = Work(
        member_id=hub_id,
        id=work_id,
        code=values["code"],
        title=title,
        kind=values["kind"],
        points=[each.value for each in values["points"]],
        programme_type=values["programme_type"].value,
        licence_class=values["licence_class"],
        current_version=None,
        languages=[],
    )
    db.session.add(work)
    event = WorkEntered(
        member_id=hub_id,
        subject=work.id,
        code=work.code,
        programme_type=work.programme_type,
        licence_class=work.licence_class.value,
    )
    record(actor, event, work)
    return work


def save_draft(actor: Actor, work: Work, *, values: Values) -> EditionDraft:
    """Save the text of the next release; every block that came from an earlier one keeps its identity."""
    POLICY.require(actor, "materials.draft.edit", work)
    draft, released = find_draft(work), source_texts(work)
    before = draft_blocks(draft) if draft else next(iter(released), [])
    after = markdown.parse(values["markdown"], fresh=lambda: str(ids.new()))
    kept = [asdict(each) for each in keep_identity(before, after, released=released)]
    if draft is None:
        draft = EditionDraft(member_id=work.member_id, id=work.id, markdown=values["markdown"], blocks=kept)
        db.session.add(draft)
    else:
        check_version(draft, values.get("version"))
        draft.markdown, draft.blocks = values["markdown"], kept
    record(actor, DraftSaved(member_id=work.member_id, subject=work.id, code=work.code, blocks=len(kept)), draft)
    return draft


def judge_blocks(actor: Actor, draft: EditionDraft, work: Work, *, values: Values) -> EditionDraft:
    """Say of each block of a draft how much its meaning matters and, if it changed, how much it says something else."""
    POLICY.require(actor, "materials.draft.edit", draft)
    check_version(draft, values.get("version"))
    said = zip(values["uid"], values["risk"], values["change"], strict=False)
    judged = {uid: (risk, change) for uid, risk, change in said}
    blocks = draft_blocks(draft)
    if set(judged) != {each.uid for each in blocks}:
        raise ConflictError(_l("The text was changed meanwhile. Please look at its blocks again."), code="stale")
    draft.blocks = [asdict(_judged(each, *judged[each.uid])) for each in blocks]
    event = DraftJudged(member_id=work.member_id, subject=work.id, code=work.code, blocks=len(blocks))
    record(actor, event, draft)
    return draft


def _judged(block: Block, risk: str, change: str) -> Block:
    try:
        return replace(block, risk=Risk(risk), change=None if change == "none" else Change(change))
    except ValueError:
        raise InvalidError([FieldError("risk", _l("Please choose one of the answers offered."))]) from None
