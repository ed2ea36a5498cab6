"""Pages for SRI staff: agreements from the draft to the end."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import ConflictError, InvalidError
from sri_admin.kernel.formats import joined
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member
from sri_admin.members.operations import agreements as operations
from sri_admin.members.operations import drafts
from sri_admin.members.pages.history import history_of
from sri_admin.members.pages.members import badge_of
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import (
    agreement_by_id,
    agreement_events,
    agreements_of,
    agreements_page,
    draft_by_id,
)
from sri_admin.members.queries.blocks import open_blocks
from sri_admin.members.queries.files import signed_copies
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.queries.renewals import prolongs, renewal_of, require_renewable
from sri_admin.members.queries.territories import place_names
from sri_admin.members.rules import words
from sri_admin.members.rules.agreement import AgreementState, ShownState
from sri_admin.members.rules.renewal import first_day_after
from sri_admin.members.schemas.agreement import AgreementDraftIn, AgreementQuery, OfferIn, usual_terms
from sri_admin.web import paging
from sri_admin.web.conflict import Answer, conflict_of, show_choices, show_date
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("members")
COLUMNS = {"ref": _l("Agreement"), "starts": _l("Begins"), "ends": _l("Ends")}
ANSWERS = {
    "kind": Answer(_l("Kind"), show_choices(words.AGREEMENT_KINDS)),
    "starts_on": Answer(_l("Starts on"), show_date),
    "ends_on": Answer(_l("Ends on"), show_date),
    "notice_days": Answer(_l("Days of notice")),
    "grace_days": Answer(_l("Days of grace")),
    "cure_days": Answer(_l("Days to put things right")),
    "territories": Answer(_l("Places")),
    "exclusive": Answer(_l("Theirs alone"), lambda raw: _("Yes") if raw == "true" else _("No")),
    "rights": Answer(_l("They may"), show_choices(words.MAY)),
    "programme_types": Answer(_l("Programme"), show_choices(words.PROGRAMME_TYPES)),
}


@pages.get(
    "/agreements", audience=Audience.STAFF, template="members/agreement_list.html", query=AgreementQuery, roles=HUB
)
def agreement_list(actor: Actor, query: Mapping[str, Any]) -> dict[str, Any]:
    """Show the agreements of all countries, by what they are called today."""
    page = agreements_page(actor, query)
    return {
        "page": page,
        "rows": [(row, badge_of(row.member, row)) for row in page.rows],
        "paging": paging.pager(page, query),
        "columns": paging.sort_links(query, COLUMNS, default="ends"),
        "asked": _filters(query),
        "export_url": url_for(
            "members.export_new", kind="agreements", shown=query.get("shown"), agreement_kind=query.get("kind")
        ),
        "words": words,
    }


@pages.get(
    "/countries/<code>/agreements/new", audience=Audience.STAFF, template="members/agreement_form.html", roles=HUB
)
def agreement_new(actor: Actor, form: Form, *, member: Tenant) -> dict[str, Any]:
    """Show an empty form for an agreement."""
    record = member_by_id(member.id)
    POLICY.require(actor, "members.agreement.draft", record)
    return form_of(form, record, amended=None, stored=usual_terms())


@pages.post(
    "/countries/<code>/agreements/new", audience=Audience.STAFF, takes=AgreementDraftIn, again=agreement_new, roles=HUB
)
def agreement_draft(actor: Actor, values: dict[str, Any], *, member: Tenant) -> SeeOther:
    """Keep a new draft, and go on to checking it."""
    return _keep(actor, member, values, draft_id=values.pop("record_id", None))


@pages.get(
    "/countries/<code>/agreements/<uuid:agreement_id>/amend",
    audience=Audience.STAFF,
    template="members/agreement_form.html",
    roles=HUB,
)
def agreement_amend(actor: Actor, form: Form, *, member: Tenant, agreement_id: UUID) -> dict[str, Any]:
    """Show the form for an amendment, filled with what stands."""
    record = member_by_id(member.id)
    POLICY.require(actor, "members.agreement.draft", record)
    agreement = agreement_by_id(member.id, agreement_id)
    operations.check_move(agreement.state, AgreementState.SUPERSEDED)
    return form_of(form, record, amended=agreement, stored={name: getattr(agreement, name) for name in drafts.TERMS})


@pages.post(
    "/countries/<code>/agreements/<uuid:agreement_id>/amend",
    audience=Audience.STAFF,
    takes=AgreementDraftIn,
    again=agreement_amend,
    roles=HUB,
)
def agreement_amend_send(actor: Actor, values: dict[str, Any], *, member: Tenant, agreement_id: UUID) -> SeeOther:
    """Keep the draft of an amendment, and go on to checking it."""
    return _keep(actor, member, {**values, "amends_id": agreement_id}, draft_id=values.pop("record_id", None))


@pages.get(
    "/countries/<code>/agreement-drafts/<uuid:draft_id>",
    audience=Audience.STAFF,
    template="members/agreement_form.html",
    roles=HUB,
)
def draft_edit(actor: Actor, form: Form, *, member: Tenant, draft_id: UUID) -> dict[str, Any]:
    """Show a draft to be changed; if somebody else changed it meanwhile, both texts."""
    record, draft = member_by_id(member.id), draft_by_id(member.id, draft_id)
    POLICY.require(actor, "members.agreement.draft", record)
    amended = agreement_by_id(member.id, draft.amends_id) if draft.amends_id else None
    continued = agreement_by_id(member.id, draft.continues_id) if draft.continues_id else None
    url = url_for("members.draft_edit", code=record.code, draft_id=draft_id)
    context = form_of(form, record, amended=amended, stored=draft.values)
    first_day = first_day_after(continued.ends_on) if continued else None
    context |= {"draft": draft, "continued": continued, "first_day": first_day}
    return {**context, "conflict": conflict_of(form, ANSWERS, draft.values, url=url)}


@pages.post(
    "/countries/<code>/agreement-drafts/<uuid:draft_id>",
    audience=Audience.STAFF,
    takes=AgreementDraftIn,
    again=draft_edit,
    roles=HUB,
)
def draft_keep(actor: Actor, values: dict[str, Any], *, member: Tenant, draft_id: UUID) -> SeeOther:
    """Keep a changed draft, and go on to checking it."""
    draft_by_id(member.id, draft_id)
    values.pop("record_id", None)
    return _keep(actor, member, values, draft_id=draft_id)


@pages.get(
    "/countries/<code>/agreement-drafts/<uuid:draft_id>/check",
    audience=Audience.STAFF,
    template="members/agreement_check.html",
    roles=HUB,
)
def draft_check(actor: Actor, form: Form, *, member: Tenant, draft_id: UUID) -> dict[str, Any]:
    """Show every answer once more before the board is offered anything."""
    record, draft = member_by_id(member.id), draft_by_id(member.id, draft_id)
    POLICY.require(actor, "members.agreement.offer", record)
    edit = url_for("members.draft_edit", code=record.code, draft_id=draft_id)
    return {
        "form": form,
        "member": record,
        "draft": draft,
        "edit_url": edit,
        "is_complete": _is_complete(record, draft),
        "rows": [{"label": label, "value": value, "change_url": edit} for label, value in _said(draft.values)],
    }


@pages.post(
    "/countries/<code>/agreement-drafts/<uuid:draft_id>/check",
    audience=Audience.STAFF,
    takes=OfferIn,
    again=draft_check,
    roles=HUB,
)
def agreement_offer(actor: Actor, values: Mapping[str, Any], *, member: Tenant, draft_id: UUID) -> SeeOther:
    """Offer to the board what was checked."""
    agreement = operations.offer_agreement(actor, draft_by_id(member.id, draft_id), values=values)
    notice = _("%(ref_no)s is offered. The board sees it now.", ref_no=agreement.ref_no)
    return see_other("members.agreement_show", code=member.code, agreement_id=agreement.id, notice=notice)


@pages.get(
    "/countries/<code>/agreements/<uuid:agreement_id>",
    audience=Audience.STAFF,
    template="members/agreement_show.html",
    roles=HUB,
)
def agreement_show(actor: Actor, *, member: Tenant, agreement_id: UUID) -> dict[str, Any]:
    """Show an agreement, what happened to it, and what can be done."""
    record, agreement = member_by_id(member.id), agreement_by_id(member.id, agreement_id)
    POLICY.require(actor, "members.agreement.read", agreement)
    row = next(each for each in agreements_of(record) if each.agreement is agreement)
    return {
        "member": record,
        "agreement": agreement,
        "badge": badge_of(record, row),
        "terms": terms_said(agreement),
        "notes": agreement_events([agreement])[agreement.id],
        "copies": signed_copies([agreement])[agreement.id],
        "history": history_of(record, agreement.id),
        "is_signed": agreement.state is AgreementState.SIGNED,
        "is_offered": agreement.state is AgreementState.OFFERED,
        "is_over": row.shown in {ShownState.EXPIRED, ShownState.GRACE},
        **_renewal(record, agreement),
        "held": open_blocks(member.id) if prolongs(agreement) else [],
        "words": words,
    }


def form_of(form: Form, member: Member, *, amended: Agreement | None, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of an agreement shows."""
    return {
        "form": form,
        "member": member,
        "amended": amended,
        "continued": None,
        "stored": stored,
        "draft": None,
        "conflict": None,
        "today": today_of(member),
        "words": words,
    }


def _renewal(member: Member, agreement: Agreement) -> dict[str, Any]:
    """Return what an agreement continues and is continued by, and whether or why not it can be renewed today."""
    continues_id = agreement.continues_id
    found = {
        "continued": agreement_by_id(member.member_id, continues_id) if continues_id else None,
        "renewal": renewal_of(agreement),
    }
    try:
        require_renewable(member, agreement)
    except ConflictError as error:
        return {**found, "may_renew": False, "why_not": error.text}
    return {**found, "may_renew": True, "why_not": ""}


def terms_said(agreement: Agreement) -> list[tuple[Any, Any]]:
    """Return the terms of an agreement as labels and words."""
    return _said({name: getattr(agreement, name) for name in drafts.TERMS})


def _said(terms: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    given = {name: drafts.wire_term(value) for name, value in terms.items()}
    names = place_names(given.get("territories") or [])
    rows = []
    for name, answer in ANSWERS.items():
        value = given.get(name)
        if name == "territories":
            rows.append((answer.label, joined(names[code] for code in value or [])))
        else:
            rows.append((answer.label, answer.show(_raw(value)) if value not in (None, []) else _("not answered yet")))
    return rows


def _raw(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


def _is_complete(member: Member, draft: AgreementDraft) -> bool:
    try:
        drafts.check_draft(member, drafts.terms_of(draft.values), continues_id=draft.continues_id)
    except InvalidError:
        return False
    return True


def _keep(actor: Actor, member: Tenant, values: dict[str, Any], *, draft_id: UUID | None) -> SeeOther:
    record = member_by_id(member.id)
    draft = drafts.save_draft(actor, record, values={**values, "id": draft_id or values.get("id")})
    if values.get("later"):
        notice = _("The draft is kept. Only SRI staff can see it.")
        return see_other("members.member_agreements", code=member.code, notice=notice)
    return see_other("members.draft_check", code=member.code, draft_id=draft.id)


def _filters(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown, kind = query.get("shown"), query.get("kind")
    states = [("", _("All states")), *((each.value, said.label) for each, said in words.SHOWN_STATES.items())]
    kinds = [("", _("All kinds")), *((each.value, label) for each, label in words.AGREEMENT_KINDS.items())]
    return [
        {"name": "shown", "label": _("State"), "value": shown or "", "choices": states},
        {"name": "kind", "label": _("Kind"), "value": kind or "", "choices": kinds},
    ]
