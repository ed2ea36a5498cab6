"""Pages for translators and revisers: their texts, and the workbench. Every act is a form; keys press its buttons."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

from sri_admin.kernel import i18n
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.localization.operations import contributions
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import is_written_here, languages_of, terms_of
from sri_admin.localization.queries.texts import Segment, TextRow, draft_of, text_of, work_on
from sri_admin.localization.rules import words
from sri_admin.localization.rules.checks import findings, terms_in
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import State
from sri_admin.localization.schemas import KeepIn, TranslationIn, VerdictIn, WorkbenchQuery
from sri_admin.materials.models import Work
from sri_admin.materials.queries.entitlement import catalogue_for
from sri_admin.materials.rules import wording
from sri_admin.materials.rules.blocks import plain, protected
from sri_admin.web import about
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.homes import Home

pages = Pages("localization")
TODO = (State.MISSING, State.OUTDATED, State.RETURNED, State.TWO_VERSIONS)
TO_REVIEW = (State.DRAFTED, State.TWO_VERSIONS)
ROWS_AROUND = 30
_AT = "/countries/<code>/translation/<work>/<language>"


@pages.get("/countries/<code>/translation", audience=Audience.MEMBER, template="localization/texts.html")
def text_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show the texts this country may translate, and how far each one is."""
    POLICY.require(actor, "localization.list.read", member.id)
    works = [row.work for row in catalogue_for(member.id) if row.standing.may_read]
    tags = [tag for tag in languages_of(member.id) if _may(actor, member, "read", tag)]
    rows = [text for tag in tags for work in works if (text := text_of(work, tag, member_id=member.id)) is not None]
    tabs = about.tabs(actor, member, "localization.text_list")
    return {"member": member, "rows": rows, "todo": TODO, "to_review": TO_REVIEW, "tags": tags, "tabs": tabs}


@pages.get(_AT, audience=Audience.MEMBER, template="localization/workbench.html", query=WorkbenchQuery)
def workbench(actor: Actor, query: Mapping[str, Any], form: Form, *, member: Tenant, work: str, language: str) -> Any:
    """Show a text segment by segment, one of them opened."""
    found, desk = _open(actor, member, work, language)
    text = text_of(found, language, member_id=member.id)
    if text is None:
        raise NotFoundError
    show = query.get("show") or form.value("show", "all") or "all"
    shown = [each for each in text.segments if _is_shown(each, show)]
    asked = form.value("segment", None) or query.get("segment")
    active = next((each for each in shown if each.block.uid == asked), None) or _first(shown)
    here = {"member": member, "work": found, "language": language, "dir": i18n.direction(language)}
    return {
        **here,
        "form": form,
        "text": text,
        **_window(shown, active),
        "show": show,
        "active": active,
        "opened": _opened(actor, desk, found, active, form) if active else None,
        "steps": _steps(shown, active),
        "may_write": is_written_here(member.id) and _may(actor, member, "translate", language),
        "may_review": is_written_here(member.id) and _may(actor, member, "review", language),
        "words": words,
    }


@pages.post(f"{_AT}/save", audience=Audience.MEMBER, takes=TranslationIn, again=workbench)
def segment_save(actor: Actor, values: dict[str, Any], *, member: Tenant, work: str, language: str) -> SeeOther:
    """Contribute a wording and go on to the next segment that waits."""
    found, desk = _open(actor, member, work, language)
    contributions.contribute(actor, desk, found, values=values)
    return _next(member, found, language, values, notice=_("Saved. It waits for the reviser."))


@pages.post(f"{_AT}/keep", audience=Audience.MEMBER, takes=KeepIn, again=workbench)
def segment_keep(actor: Actor, values: dict[str, Any], *, member: Tenant, work: str, language: str) -> SeeOther:
    """Keep what has been typed, for oneself alone."""
    found, desk = _open(actor, member, work, language)
    contributions.keep_draft(actor, desk, found, values=values)
    return see_other(_address(member, found, language, values["segment"], values.get("show", "all")))


@pages.post(f"{_AT}/review", audience=Audience.MEMBER, takes=VerdictIn, again=workbench)
def segment_review(actor: Actor, values: dict[str, Any], *, member: Tenant, work: str, language: str) -> SeeOther:
    """Approve a wording or return it, and go on to the next one that waits."""
    found, desk = _open(actor, member, work, language)
    contributions.review(actor, desk, found, values=values)
    return _next(member, found, language, values, notice=_("Thank you. Your review is kept."))


def _open(actor: Actor, member: Tenant, code: str, language: str) -> tuple[Work, Desk]:
    desk = Desk(member.id, language)
    return work_on(actor, desk, code), desk


def _may(actor: Actor, member: Tenant, act: str, language: str) -> bool:
    return POLICY.allows(actor, f"localization.text.{act}", Desk(member.id, language))


def _is_shown(segment: Segment, show: str) -> bool:
    state = segment.standing.state
    wanted = {"todo": state in TODO, "changed": state is State.OUTDATED, "critical": segment.block.risk.is_critical}
    return {**wanted, "review": state in TO_REVIEW or segment.standing.waits is not None}.get(show, True)


def _first(shown: Sequence[Segment]) -> Segment | None:
    return next((each for each in shown if each.standing.state in TODO), None) or next(iter(shown), None)


def _window(shown: Sequence[Segment], active: Segment | None) -> dict[str, Any]:
    """Return the rows around the open one, and the segments a reader goes on to beyond them."""
    place = next((number for number, each in enumerate(shown) if active and each.block.uid == active.block.uid), 0)
    first, end = max(place - ROWS_AROUND, 0), place + ROWS_AROUND + 1
    return {
        "rows": shown[first:end],
        "earlier": shown[max(first - ROWS_AROUND, 0)] if first else None,
        "later": shown[min(end + ROWS_AROUND, len(shown) - 1)] if end < len(shown) else None,
    }


def _steps(shown: Sequence[Segment], active: Segment | None) -> dict[str, str | None]:
    uids = [each.block.uid for each in shown]
    place = uids.index(active.block.uid) if active else 0
    return {
        "previous": uids[place - 1] if place else None,
        "next": uids[place + 1] if place + 1 < len(uids) else None,
    }


def _opened(actor: Actor, desk: Desk, work: Work, active: Segment, form: Form) -> dict[str, Any]:
    uid, standing = active.block.uid, active.standing
    draft = draft_of(desk.member_id, work, desk.language, block_uid=uid, actor=actor.label)
    stored = draft.text if draft else standing.waits.text if standing.waits else standing.text
    target, terms = form.value("text", stored), terms_of(desk.language)
    changed = active.old_source is not None and active.old_source != active.block.text
    return {
        "target": target,
        "draft": draft,
        "codes": list(dict.fromkeys(protected(active.block.text))),
        "terms": terms_in(active.block.text, terms),
        "findings": [words.say(each) for each in findings(active.block.text, target, terms)] if target else [],
        "changed": wording.difference(plain(active.old_source or ""), plain(active.block.text)) if changed else None,
        "rivals": [*standing.candidates] if len({each.text for each in standing.candidates}) > 1 else [],
        "own": standing.waits is not None and standing.waits.author == actor.label,
    }


def _next(member: Tenant, work: Work, language: str, values: Mapping[str, Any], *, notice: str) -> SeeOther:
    text: TextRow | None = text_of(work, language, member_id=member.id)
    show, segments = values.get("show", "all"), list(text.segments) if text else []
    place = next((number for number, each in enumerate(segments) if each.block.uid == values["segment"]), -1)
    ahead = [*segments[place + 1 :], *segments[: max(place, 0)]]
    states = TO_REVIEW if "verdict" in values else TODO
    after = next((each for each in ahead if each.standing.state in states), None)
    uid = after.block.uid if after else values["segment"]
    return see_other(_address(member, work, language, uid, show), notice=notice)


def _address(member: Tenant, work: Work, language: str, uid: str, show: str) -> str:
    return url_for(
        "localization.workbench", code=member.code, work=work.code, language=language, segment=uid, show=show
    )


_READING = Home(POLICY, "localization.list.read")

MENU = (
    MenuEntry(
        label=_l("Translation"),
        endpoint="localization.text_list",
        icon="file-earmark-text",
        place=62,
        group=_l("From SRI"),
        shown=_READING.shown,
        url=lambda actor: url_for("localization.text_list", code=_READING.code(actor)),
        covers=frozenset({"localization.workbench"}),
    ),
    MenuEntry(
        label=_l("Translation"),
        endpoint="localization.translation_list",
        icon="file-earmark-text",
        place=62,
        group=_l("Programme"),
        roles=HUB,
        shown=lambda actor: actor.is_staff,
        covers=frozenset(f"localization.{each}" for each in ("translation_show", "term_list", "language_list")),
    ),
)
