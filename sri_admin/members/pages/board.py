"""Pages for the board: its agreement and its people; read-only where another installation writes, and they say so."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import ElsewhereError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import Member
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.operations import offices as operations
from sri_admin.members.pages.agreements import terms_said
from sri_admin.members.pages.history import history_of, history_of_office
from sri_admin.members.pages.members import badge_of, places_of, standing
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import agreements_of, current_agreement
from sri_admin.members.queries.files import signed_copies
from sri_admin.members.queries.members import find_card, find_member, member_by_id, today_of
from sri_admin.members.queries.offices import find_private_half, office_holder_by_id, office_holders_of
from sri_admin.members.queries.streams import file_writer, office_writer
from sri_admin.members.rules import words
from sri_admin.members.rules.contact import written
from sri_admin.members.schemas.office import OfficeEndIn, OfficeErasureIn, OfficeHolderIn
from sri_admin.web import about
from sri_admin.web.conflict import Answer, conflict_of, show_choices, show_date
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.homes import Home

pages = Pages("members")
ANSWERS = {
    "office": Answer(_l("Office"), show_choices(words.OFFICES)),
    "display_name": Answer(_l("Name to be shown")),
    "starts_on": Answer(_l("In office since"), show_date),
    "ends_on": Answer(_l("In office until"), show_date),
    "email": Answer(_l("Official e-mail")),
    "phone": Answer(_l("Official telephone")),
}


@pages.get("/countries/<code>/agreement", audience=Audience.MEMBER, template="members/our_agreement.html")
def our_agreement(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show a board its own agreement: what they may do, where, until when."""
    record = member_by_id(member.id)
    POLICY.require(actor, "members.agreement.read", record)
    rows = agreements_of(record)
    current = current_agreement(rows)
    return {
        "member": record,
        "answers": standing(record, current),
        "current": current,
        "badge": badge_of(record, current),
        "terms": terms_said(current.agreement) if current else [],
        "rows": [(row, badge_of(record, row)) for row in rows],
        "copies": signed_copies([row.agreement for row in rows]),
        "places": places_of(record),
        "writer": file_writer(record),
        "history": history_of(record, *(row.agreement.id for row in rows)),
        "words": words,
    }


@pages.get("/countries/<code>/office-holders", audience=Audience.MEMBER, template="members/office_list.html")
def office_holder_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show who holds which office, now and before."""
    record = member_by_id(member.id)
    POLICY.require(actor, "members.office_holder.read", record)
    holders, today = office_holders_of(member.id), today_of(record)
    return {
        "member": record,
        "tabs": about.tabs(actor, member, "members.office_holder_list"),
        "now": [each for each in holders if not _is_over(each, today)],
        "before": [each for each in holders if _is_over(each, today)],
        "history": history_of_office(record, *(each.id for each in holders)),
        "writer": office_writer(record),
        "written": written,
        "words": words,
    }


@pages.get("/countries/<code>/office-holders/new", audience=Audience.MEMBER, template="members/office_form.html")
def office_holder_new(actor: Actor, form: Form, *, member: Tenant) -> dict[str, Any]:
    """Show the form for somebody who takes an office."""
    record = _own(actor, member, "enter")
    url = url_for("members.office_holder_enter", code=record.code)
    empty = {"holder": None, "stored": {}, "conflict": None, "history": []}
    return {"form": form, "member": record, **empty, "url": url, "words": words}


@pages.post("/countries/<code>/office-holders", audience=Audience.MEMBER, takes=OfficeHolderIn, again=office_holder_new)
def office_holder_enter(actor: Actor, values: dict[str, Any], *, member: Tenant) -> SeeOther:
    """Enter somebody who takes an office."""
    values["id"] = values.pop("record_id", values.get("id"))
    operations.enter_office_holder(actor, _own(actor, member, "enter"), values=values)
    return see_other("members.office_holder_list", code=member.code, notice=_("It is entered. Thank you."))


@pages.get(
    "/countries/<code>/office-holders/<uuid:holder_id>", audience=Audience.MEMBER, template="members/office_form.html"
)
def office_holder_edit(actor: Actor, form: Form, *, member: Tenant, holder_id: UUID) -> dict[str, Any]:
    """Show the form that corrects an office holder; if somebody else did so meanwhile, both texts."""
    record, holder = _own(actor, member, "correct"), office_holder_by_id(member.id, holder_id)
    url = url_for("members.office_holder_correct", code=record.code, holder_id=holder_id)
    stored = _stored(actor, holder)
    return {
        "form": form,
        "member": record,
        "holder": holder,
        "stored": stored,
        "conflict": conflict_of(form, ANSWERS, stored, url=url),
        "history": history_of_office(record, holder.id),
        "url": url,
        "words": words,
    }


@pages.post(
    "/countries/<code>/office-holders/<uuid:holder_id>",
    audience=Audience.MEMBER,
    takes=OfficeHolderIn,
    again=office_holder_edit,
)
def office_holder_correct(actor: Actor, values: dict[str, Any], *, member: Tenant, holder_id: UUID) -> SeeOther:
    """Correct an office holder."""
    _own(actor, member, "correct")
    operations.correct_office_holder(actor, office_holder_by_id(member.id, holder_id), values=values)
    return see_other("members.office_holder_list", code=member.code, notice=_("The correction is saved."))


@pages.get(
    "/countries/<code>/office-holders/<uuid:holder_id>/end",
    audience=Audience.MEMBER,
    template="members/office_end.html",
)
def office_holder_leave(actor: Actor, form: Form, *, member: Tenant, holder_id: UUID) -> dict[str, Any]:
    """Ask when somebody leaves an office, and why."""
    record = _own(actor, member, "end")
    holder = office_holder_by_id(member.id, holder_id)
    return {"form": form, "member": record, "holder": holder, "today": today_of(record), "words": words}


@pages.post(
    "/countries/<code>/office-holders/<uuid:holder_id>/end",
    audience=Audience.MEMBER,
    takes=OfficeEndIn,
    again=office_holder_leave,
)
def office_holder_end(actor: Actor, values: Mapping[str, Any], *, member: Tenant, holder_id: UUID) -> SeeOther:
    """Note that somebody leaves an office."""
    _own(actor, member, "end")
    operations.end_office(actor, office_holder_by_id(member.id, holder_id), values=values)
    return see_other("members.office_holder_list", code=member.code, notice=_("The term is ended. Thank you."))


@pages.get(
    "/countries/<code>/office-holders/<uuid:holder_id>/erase",
    audience=Audience.MEMBER,
    template="members/office_erase.html",
)
def office_holder_forget(actor: Actor, form: Form, *, member: Tenant, holder_id: UUID) -> dict[str, Any]:
    """Show what is erased and what stays when everything about an office holder has to go."""
    record = _own(actor, member, "erase")
    return {"form": form, "member": record, "holder": office_holder_by_id(member.id, holder_id), "words": words}


@pages.post(
    "/countries/<code>/office-holders/<uuid:holder_id>/erase",
    audience=Audience.MEMBER,
    takes=OfficeErasureIn,
    again=office_holder_forget,
    fresh=True,
)
def office_holder_erase(actor: Actor, values: Mapping[str, Any], *, member: Tenant, holder_id: UUID) -> SeeOther:
    """Erase everything kept about an office holder."""
    _own(actor, member, "erase")
    operations.erase_office_holder(actor, office_holder_by_id(member.id, holder_id), values=values)
    return see_other(
        "members.office_holder_list", code=member.code, notice=_("It is erased here, and goes out to SRI.")
    )


def place_name(member_id: UUID, _on: date) -> str:
    """Name a member for the top bar of every page."""
    found = find_member(member_id) or find_card(member_id)
    return str(found.names) if found else ""


_HOLDERS = Home(POLICY, "members.office_holder.read")
_AGREEMENT = Home(POLICY, "members.agreement.read")

MENU = (
    MenuEntry(
        label=_l("Office holders"),
        endpoint="members.office_holder_list",
        icon="people",
        place=42,
        group=_l("Our body"),
        shown=_HOLDERS.shown,
        url=lambda actor: url_for("members.office_holder_list", code=_HOLDERS.code(actor)),
        covers=frozenset(f"members.office_holder_{each}" for each in ("new", "edit", "leave", "forget")),
    ),
    MenuEntry(
        label=_l("Agreement"),
        endpoint="members.our_agreement",
        icon="file-earmark-text",
        place=50,
        group=_l("Our body"),
        shown=_AGREEMENT.shown,
        url=lambda actor: url_for("members.our_agreement", code=_AGREEMENT.code(actor)),
    ),
)


def _own(actor: Actor, member: Tenant, act: str) -> Member:
    record = member_by_id(member.id)
    POLICY.require(actor, f"members.office_holder.{act}", record)
    if not office_writer(record).is_here:
        raise ElsewhereError
    return record


def _is_over(holder: OfficeHolder, today: date) -> bool:
    return holder.ends_on is not None and holder.ends_on < today


def _stored(actor: Actor, holder: OfficeHolder) -> dict[str, Any]:
    names = (*ANSWERS, "phone_country")
    stored = {name: getattr(holder, name) for name in names}
    private = find_private_half(holder)
    if private is not None and POLICY.allows(actor, "members.office_holder.read_private", holder):
        stored |= {"full_name": private.full_name, "private_email": private.email, "private_phone": private.phone}
    return stored
