"""Pages for SRI staff: what waits for a decision in every language, releases of translations, terms, grants."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from sri_admin.kernel import clock, formats, i18n, installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.localization.operations import decisions
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import granted_languages, grants_of, languages_by_member, terms_of
from sri_admin.localization.queries.texts import TextRow, text_for_sri, text_of, work_for_sri
from sri_admin.localization.rules import words
from sri_admin.localization.rules.standing import State
from sri_admin.localization.schemas import LanguageGrantIn, TermIn, TranslationReleaseIn, VerdictIn
from sri_admin.materials.queries.works import newest_release, works
from sri_admin.materials.rules.words import RISKS
from sri_admin.members.queries.members import member_by_id, members_page
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("localization")
TO_DECIDE = (State.INTEGRITY, State.CONTESTED)
_AT = "/translation/<work>/<language>"


@pages.get("/translation", audience=Audience.STAFF, template="localization/translations.html", roles=HUB)
def translation_list(actor: Actor) -> dict[str, Any]:
    """Show every text in every language, and what waits for SRI."""
    POLICY.require(actor, "localization.overview.read")
    pairs = [(work, tag) for tag in granted_languages() for work in works()]
    rows = [text for work, tag in pairs if (text := text_of(work, tag)) is not None and _is_begun(text)]
    waiting = sum(each.count(*TO_DECIDE) for each in rows)
    tags = languages_by_member()
    countries = [(row.member, tags.get(row.member.member_id, [])) for row in members_page(actor, {"size": 200}).rows]
    return {"rows": rows, "waiting": waiting, "to_decide": TO_DECIDE, "countries": countries}


@pages.get(_AT, audience=Audience.STAFF, template="localization/translation.html", roles=HUB)
def translation_show(actor: Actor, form: Form, *, work: str, language: str) -> dict[str, Any]:
    """Show a text in a language: what waits for a decision, and whether it can be released."""
    text = text_for_sri(actor, work, language)
    last = newest_release(text.work, language)
    return {
        "form": form,
        "text": text,
        "work": text.work,
        "language": language,
        "dir": i18n.direction(language),
        "waiting": [each for each in text.segments if each.standing.state in TO_DECIDE],
        "last": last,
        "is_released": last is not None and last.source_id == text.source.id,
        "words": words,
        "risks": RISKS,
    }


@pages.post(f"{_AT}/decision", audience=Audience.STAFF, takes=VerdictIn, again=translation_show, roles=HUB)
def segment_decide(actor: Actor, values: Mapping[str, Any], *, work: str, language: str) -> SeeOther:
    """Accept a wording or return it."""
    decisions.decide(actor, work_for_sri(actor, work), language, values=values)
    notice = _("It is decided. Every country that works in this language sees it after its next exchange.")
    return see_other(url_for("localization.translation_show", work=work, language=language), notice=notice)


@pages.post(
    f"{_AT}/release",
    audience=Audience.STAFF,
    takes=TranslationReleaseIn,
    again=translation_show,
    fresh=True,
    roles=HUB,
)
def translation_release(actor: Actor, values: Mapping[str, Any], *, work: str, language: str) -> SeeOther:
    """Release a translation and sign it."""
    release = decisions.release_text(actor, work_for_sri(actor, work), language, values=values)
    notice = _("Release %(number)s is signed and goes out by itself.", number=release.version_no)
    return see_other(url_for("localization.translation_show", work=work, language=language), notice=notice)


@pages.get("/terms", audience=Audience.STAFF, template="localization/terms.html", roles=HUB)
def term_list(actor: Actor, form: Form) -> dict[str, Any]:
    """Show the glossary of every language, and the form for a term."""
    POLICY.require(actor, "localization.overview.read")
    tags = granted_languages()
    choices = [(tag, formats.language_name(tag)) for tag in tags]
    return {"form": form, "rows": [(tag, terms_of(tag)) for tag in tags], "choices": choices}


@pages.post("/terms", audience=Audience.STAFF, takes=TermIn, again=term_list, roles=HUB)
def term_enter(actor: Actor, values: Mapping[str, Any]) -> SeeOther:
    """Enter a term."""
    decisions.enter_term(actor, installation.hub_tenant_id(), values=values)
    return see_other("localization.term_list", notice=_("The term is entered. Translators see it beside their text."))


@pages.get("/countries/<code>/languages", audience=Audience.STAFF, template="localization/languages.html", roles=HUB)
def language_list(actor: Actor, form: Form, *, member: Tenant) -> dict[str, Any]:
    """Show into which languages a country may translate, and the form for a further one."""
    POLICY.require(actor, "localization.language.grant", member.id)
    shown = {"member": member_by_id(member.id), "rows": grants_of(member.id)}
    return {"form": form, "today": clock.today(), **shown}


@pages.post(
    "/countries/<code>/languages", audience=Audience.STAFF, takes=LanguageGrantIn, again=language_list, roles=HUB
)
def language_grant(actor: Actor, values: Mapping[str, Any], *, member: Tenant) -> SeeOther:
    """Let a country translate into a language."""
    decisions.grant_language(actor, member.id, values=values)
    notice = _("It is granted. Its administrator can now invite translators and revisers for it.")
    return see_other("localization.language_list", code=member.code, notice=notice)


def _is_begun(text: TextRow) -> bool:
    return text.count(State.MISSING) < len(text.segments)
