"""Who has access and until when; inviting, new links, ending and blocking."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel import clock, formats, i18n, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.audit import entries_about
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import Panel
from sri_admin.kernel.tenancy import Tenant, TenantKind
from sri_admin.people.events import PasswordConfirmed, PreferencesChanged, SignedIn, SignedOut
from sri_admin.people.models import Account, MandateRow
from sri_admin.people.operations import access, erasure, second_step
from sri_admin.people.operations.links import Issued, issue_reset_link
from sri_admin.people.pages.sign_in import NothingIn
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.access import Access, access_at, managed, mandate_of, person_of
from sri_admin.people.queries.accounts import account_by_id, asks_for_code, codes_of
from sri_admin.people.rules import (
    AccountState,
    Grant,
    LinkPurpose,
    may_grant,
    may_manage,
    role_name,
    roles_at,
    scope_in,
)
from sri_admin.people.schemas import ExtensionIn, GrantIn, InvitationIn, ReasonIn
from sri_admin.web import addresses, history
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("people")
_SOON_DAYS, _SHOWN = 30, 20
# Coming and going is nobody's business; what gives and takes access is.
_EVERYDAY = {each.event_name() for each in (SignedIn, SignedOut, PasswordConfirmed, PreferencesChanged)}


@pages.get("/people", audience=Audience.SIGNED_IN, template="people/access.html")
def people_own(actor: Actor) -> SeeOther:
    """Lead to the people of one's own place: a member country, or the hub."""
    home = actor.mandates[0].member_id
    return see_other("people.access_list", code=codes_of({home})[home])


@pages.get("/countries/<code>/people", audience=Audience.MEMBER, template="people/access.html")
def access_list(actor: Actor, *, member: Tenant) -> dict[str, Any]:
    """Show who has access for a place and until when."""
    POLICY.require(actor, "people.access.read", member.id)
    rows = access_at(member.id)
    today = clock.today()
    return {
        "member": member,
        "rows": [_row(actor, each, today) for each in rows],
        "people": len({each.account.id for each in rows}),
        "ending": [each for each in rows if _ends_soon(each.mandate.ends_on, today)],
        "is_hub": member.kind is TenantKind.HUB,
    }


def panel_of(member_id: UUID, _on: date) -> Panel | None:
    """Tell the page about a country how many people have access for it here; their names stay on their own page."""
    rows = access_at(member_id)
    if not rows:
        return None
    waiting = len({each.account.id for each in rows if not each.has_password})
    facts = [(_("People with access"), formats.number(len({each.account.id for each in rows})))]
    if waiting:
        facts.append((_("Invited, not here yet"), formats.number(waiting)))
    return Panel(
        title=_("Access"),
        facts=facts,
        label=_("Who has access"),
        endpoint="people.access_list",
        arguments={"code": codes_of({member_id})[member_id]},
        shown=lambda actor: POLICY.allows(actor, "people.access.read", member_id),
    )


def _row(actor: Actor, each: Access, today: date) -> dict[str, Any]:
    return {
        "access": each,
        "role": role_name(each.mandate.role),
        "state": _state(each, today),
        "may_end": POLICY.allows(actor, "people.mandate.end", each.mandate),
        "may_manage": may_manage(actor.mandates, each.managed),
    }


def _ends_soon(ends_on: date | None, today: date) -> bool:
    return ends_on is not None and (ends_on - today).days <= _SOON_DAYS


def _state(each: Access, today: date) -> tuple[str, str]:
    if each.account.state is AccountState.BLOCKED:
        return "pause", _("Blocked")
    if not each.has_password:
        return "wait", _("Invited")
    if each.mandate.starts_on > today:
        return "wait", _("Not begun")
    return ("soon", _("Ends soon")) if _ends_soon(each.mandate.ends_on, today) else ("good", _("Has access"))


def known_person(actor: Actor, member: Tenant, person_id: UUID) -> Account:
    """Return somebody with access for a place, to those who may see the list; NotFoundError otherwise."""
    # Who may not see the list must not learn from the answer whether somebody is on it.
    POLICY.require(actor, "people.access.read", member.id)
    return person_of(member.id, person_id)


def _mandate(actor: Actor, member: Tenant, mandate_id: UUID) -> MandateRow:
    POLICY.require(actor, "people.access.read", member.id)
    return mandate_of(member.id, mandate_id)


def _history(member_id: UUID, person_id: UUID) -> list[dict[str, Any]]:
    entries = [each for each in entries_about(member_id, person_id, limit=100) if each.event not in _EVERYDAY]
    items = history.told(entries[:_SHOWN])
    return [{**each, "when": formats.date_and_time(each["when"]), "actor": role_name(each["actor"])} for each in items]


def recent(actor: Actor, show: Callable[[], dict[str, Any] | SeeOther], back: str) -> dict[str, Any] | SeeOther:
    """Show a page to somebody who gave the password lately; everybody else gives it first."""
    # Asked for here as well as at the door of the form, so that nobody fills in a form in vain.
    if actor.fresh_until is None or actor.fresh_until < clock.now():
        return see_other(f"{addresses.PASSWORD_AGAIN}?next={back}")
    return show()


def _roles(actor: Actor, member: Tenant) -> list[tuple[str, Any]]:
    at_hub = member.kind is TenantKind.HUB
    grants = (Grant(role, scope_in(role, at_hub=at_hub), member.id) for role in roles_at(at_hub=at_hub))
    return [(each.role.value, role_name(each.role)) for each in grants if may_grant(actor.mandates, each)]


def _asks(member: Tenant) -> dict[str, bool]:
    # Roles for one language exist in member countries.
    return {"takes_language": member.kind is not TenantKind.HUB}


@pages.get("/countries/<code>/people/invite", audience=Audience.MEMBER, template="people/invite.html")
def invite_form(actor: Actor, form: Form, *, member: Tenant) -> dict[str, Any] | SeeOther:
    """Show the form for an invitation."""
    POLICY.require(actor, "people.access.invite", member.id)

    def show() -> dict[str, Any]:
        languages = [(tag, formats.language_name(tag, own=True)) for tag in i18n.available()]
        return {"form": form, "member": member, "roles": _roles(actor, member), "languages": languages, **_asks(member)}

    return recent(actor, show, url_for("people.invite_form", code=member.code))


@pages.post(
    "/countries/<code>/people/invite",
    audience=Audience.MEMBER,
    takes=InvitationIn,
    again=invite_form,
    template="people/link_made.html",
    fresh=True,
)
def invite_send(actor: Actor, values: dict[str, Any], *, member: Tenant) -> dict[str, Any]:
    """Invite somebody and show the link once."""
    return _shown_once(access.invite_person(actor, member.id, values=values), member)


def _shown_once(issued: Issued, member: Tenant) -> dict[str, Any]:
    return {
        "member": member,
        "name": issued.display_name,
        "is_invitation": issued.purpose is LinkPurpose.INVITE,
        "expires_at": issued.expires_at,
        "link": link_address(issued.token),
    }


def link_address(token: str) -> str:
    """Return the full address of a one-time link."""
    return f"{runtime.current().settings.web.public_url.rstrip('/')}/link/{token}"


@pages.get("/countries/<code>/people/<uuid:person_id>", audience=Audience.MEMBER, template="people/person.html")
def person_show(actor: Actor, form: Form, *, member: Tenant, person_id: UUID) -> dict[str, Any] | SeeOther:
    """Show what can be done for one person: a further role, a new link, blocking."""
    person = known_person(actor, member, person_id)
    POLICY.require(actor, "people.account.manage", managed(person, member.id))

    def show() -> dict[str, Any]:
        rows = [_row(actor, each, clock.today()) for each in access_at(member.id) if each.account.id == person.id]
        shown = {"form": form, "member": member, "person": person, "roles": _roles(actor, member), **_asks(member)}
        more = {"history": _history(member.id, person.id), "has_second_step": asks_for_code(person.id)}
        return {**shown, **more, "rows": rows}

    return recent(actor, show, url_for("people.person_show", code=member.code, person_id=person_id))


@pages.post(
    "/countries/<code>/people/<uuid:person_id>/roles",
    audience=Audience.MEMBER,
    takes=GrantIn,
    again=person_show,
    fresh=True,
)
def role_add(actor: Actor, values: dict[str, Any], *, member: Tenant, person_id: UUID) -> SeeOther:
    """Give somebody a further role."""
    person = known_person(actor, member, person_id)
    POLICY.require(actor, "people.account.manage", managed(person, member.id))
    access.grant_mandate(actor, person, member.id, values=values)
    return see_other("people.access_list", code=member.code, notice=_("Thank you. The role is given."))


@pages.post(
    "/countries/<code>/people/<uuid:person_id>/link",
    audience=Audience.MEMBER,
    takes=NothingIn,
    template="people/link_made.html",
    fresh=True,
)
def link_make(actor: Actor, values: dict[str, Any], *, member: Tenant, person_id: UUID) -> dict[str, Any]:
    """Make a new link for somebody and show it once."""
    return _shown_once(issue_reset_link(actor, known_person(actor, member, person_id), member.id), member) | values


@pages.post(
    "/countries/<code>/people/<uuid:person_id>/block",
    audience=Audience.MEMBER,
    takes=ReasonIn,
    again=person_show,
    fresh=True,
)
def person_block(actor: Actor, values: dict[str, Any], *, member: Tenant, person_id: UUID) -> SeeOther:
    """Keep somebody out, or let somebody in again who was kept out."""
    person = known_person(actor, member, person_id)
    if person.state is AccountState.BLOCKED:
        access.unblock_account(actor, person, member.id, values=values)
        return see_other("people.access_list", code=member.code, notice=_("This person may come in again."))
    access.block_account(actor, person, member.id, values=values)
    return see_other("people.access_list", code=member.code, notice=_("This person is kept out from now on."))


@pages.post(
    "/countries/<code>/people/<uuid:person_id>/second-step/end",
    audience=Audience.MEMBER,
    takes=ReasonIn,
    again=person_show,
    fresh=True,
)
def second_step_remove(actor: Actor, values: dict[str, Any], *, member: Tenant, person_id: UUID) -> SeeOther:
    """Take off the second step of somebody who lost phone and paper."""
    second_step.end_second_step(actor, known_person(actor, member, person_id), member.id, values=values)
    text = _("The second step is taken off. This person signs in with the password alone and can set it up anew.")
    return see_other("people.person_show", code=member.code, person_id=person_id, notice=text)


@pages.get("/countries/<code>/people/<uuid:person_id>/erase", audience=Audience.MEMBER, template="people/erase.html")
def person_forget(actor: Actor, form: Form, *, member: Tenant, person_id: UUID) -> dict[str, Any] | SeeOther:
    """Show what is erased and what stays when everything about somebody has to go."""
    person = known_person(actor, member, person_id)
    POLICY.require(actor, "people.account.manage", managed(person, member.id))
    back = url_for("people.person_forget", code=member.code, person_id=person_id)
    return recent(actor, lambda: {"form": form, "member": member, "person": person}, back)


@pages.post(
    "/countries/<code>/people/<uuid:person_id>/erase",
    audience=Audience.MEMBER,
    takes=ReasonIn,
    again=person_forget,
    fresh=True,
)
def person_erase(actor: Actor, values: dict[str, Any], *, member: Tenant, person_id: UUID) -> SeeOther:
    """Erase everything kept about somebody."""
    erasure.erase_person(actor, known_person(actor, member, person_id), member.id, values=values)
    return see_other("people.access_list", code=member.code, notice=_("Everything kept about this person is erased."))


@pages.get("/countries/<code>/access/<uuid:mandate_id>", audience=Audience.MEMBER, template="people/end.html")
def access_end_form(actor: Actor, form: Form, *, member: Tenant, mandate_id: UUID) -> dict[str, Any] | SeeOther:
    """Show what ending a role, or changing its last day, means."""
    mandate = _mandate(actor, member, mandate_id)
    POLICY.require(actor, "people.mandate.end", mandate)

    def show() -> dict[str, Any]:
        person = account_by_id(mandate.account_id)
        return {"form": form, "member": member, "mandate": mandate, "person": person, "role": role_name(mandate.role)}

    return recent(actor, show, url_for("people.access_end_form", code=member.code, mandate_id=mandate_id))


@pages.post(
    "/countries/<code>/access/<uuid:mandate_id>/end",
    audience=Audience.MEMBER,
    takes=ReasonIn,
    again=access_end_form,
    fresh=True,
)
def access_end(actor: Actor, values: dict[str, Any], *, member: Tenant, mandate_id: UUID) -> SeeOther:
    """Take a role away."""
    access.end_mandate(actor, _mandate(actor, member, mandate_id), values=values)
    return see_other("people.access_list", code=member.code, notice=_("The access has ended. Nothing was deleted."))


@pages.post(
    "/countries/<code>/access/<uuid:mandate_id>/extend",
    audience=Audience.MEMBER,
    takes=ExtensionIn,
    again=access_end_form,
    fresh=True,
)
def access_extend(actor: Actor, values: dict[str, Any], *, member: Tenant, mandate_id: UUID) -> SeeOther:
    """Give a role another last day."""
    access.extend_mandate(actor, _mandate(actor, member, mandate_id), values=values)
    return see_other("people.access_list", code=member.code, notice=_("Thank you. The last day is changed."))
