"""Translations as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.localization.models import (
    Contribution,
    ContributionReview,
    GlossaryTerm,
    LanguageDecision,
    LanguageGrant,
)
from sri_admin.localization.operations import decisions
from sri_admin.localization.operations.contributions import contribute, review
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import grants_of, terms_of
from sri_admin.localization.queries.texts import text_for_sri, text_of, work_for_sri, work_on
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.schemas import (
    ContributionOut,
    LanguageGrantIn,
    LanguageGrantOut,
    LanguageGrantRows,
    SegmentRows,
    TermIn,
    TermOut,
    TermRows,
    TranslationDecisionOut,
    TranslationIn,
    TranslationReleaseIn,
    TranslationReleaseOut,
    TranslationReviewOut,
    VerdictIn,
)
from sri_admin.materials.models import Release
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("localization", description="Texts in their languages, segment by segment; grants, terms and decisions.")
Values = Mapping[str, Any]
_AT, _TEXT = "/members/<code>/translation/<work>/<language>", "/translations/<work>/<language>"


@api.get(_AT, audience=Audience.MEMBER, gives=SegmentRows)
def segment_rows(actor: Actor, member: Tenant, *, work: str, language: str) -> dict[str, Any]:
    """List the segments of a text and how each stands."""
    found = work_on(actor, Desk(member.id, language), work)
    text = text_of(found, language, member_id=member.id)
    if text is None:
        raise NotFoundError
    return {"rows": text.segments}


@api.post(_AT, audience=Audience.MEMBER, takes=TranslationIn, gives=ContributionOut, created=True)
def segment_translate(actor: Actor, values: Values, *, member: Tenant, work: str, language: str) -> Contribution:
    """Contribute a wording."""
    desk = Desk(member.id, language)
    return contribute(actor, desk, work_on(actor, desk, work), values=values)


@api.post(f"{_AT}/reviews", audience=Audience.MEMBER, takes=VerdictIn, gives=TranslationReviewOut, created=True)
def segment_review_create(
    actor: Actor, values: Values, *, member: Tenant, work: str, language: str
) -> ContributionReview:
    """Approve somebody else's wording or return it."""
    desk = Desk(member.id, language)
    return review(actor, desk, work_on(actor, desk, work), values=values)


@api.get(_TEXT, audience=Audience.STAFF, gives=SegmentRows, roles=HUB)
def text_rows(actor: Actor, *, work: str, language: str) -> dict[str, Any]:
    """List the segments of a text as every country left them, and how each stands."""
    return {"rows": text_for_sri(actor, work, language).segments}


@api.post(
    f"{_TEXT}/decisions",
    audience=Audience.STAFF,
    takes=VerdictIn,
    gives=TranslationDecisionOut,
    created=True,
    roles=HUB,
)
def segment_decision_create(actor: Actor, values: Values, *, work: str, language: str) -> LanguageDecision:
    """Accept a wording or return it."""
    return decisions.decide(actor, work_for_sri(actor, work), language, values=values)


@api.post(
    f"{_TEXT}/releases",
    audience=Audience.STAFF,
    takes=TranslationReleaseIn,
    gives=TranslationReleaseOut,
    created=True,
    fresh=True,
    roles=HUB,
)
def text_release_create(actor: Actor, values: Values, *, work: str, language: str) -> Release:
    """Release a translation and sign it."""
    return decisions.release_text(actor, work_for_sri(actor, work), language, values=values)


@api.get("/members/<code>/languages", audience=Audience.STAFF, gives=LanguageGrantRows, roles=HUB)
def grant_rows(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List into which languages a country may translate."""
    POLICY.require(actor, "localization.language.grant", member.id)
    return {"rows": grants_of(member.id)}


@api.post(
    "/members/<code>/languages",
    audience=Audience.STAFF,
    takes=LanguageGrantIn,
    gives=LanguageGrantOut,
    created=True,
    roles=HUB,
)
def grant_create(actor: Actor, values: Values, *, member: Tenant) -> LanguageGrant:
    """Let a country translate into a language."""
    return decisions.grant_language(actor, member.id, values=values)


@api.get("/terms/<language>", audience=Audience.STAFF, gives=TermRows, roles=HUB)
def term_rows(actor: Actor, *, language: str) -> dict[str, Any]:
    """List the glossary of a language."""
    POLICY.require(actor, "localization.overview.read")
    return {"rows": terms_of(language)}


@api.post("/terms", audience=Audience.STAFF, takes=TermIn, gives=TermOut, created=True, roles=HUB)
def term_create(actor: Actor, values: Values) -> GlossaryTerm:
    """Say how a word of the source is said in a language."""
    return decisions.enter_term(actor, installation.hub_tenant_id(), values=values)
