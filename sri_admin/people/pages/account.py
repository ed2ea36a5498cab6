"""One's own account, and what this installation is."""

from typing import Any
from uuid import UUID

import sri_admin
from sri_admin.kernel import clock, formats, i18n, installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import ask
from sri_admin.people.operations import access, sessions
from sri_admin.people.pages.sign_in import NothingIn, with_network
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.accounts import account_by_id, asks_for_code, codes_of
from sri_admin.people.queries.sessions import sessions_of
from sri_admin.people.rules import Theme, role_name
from sri_admin.people.schemas import PasswordChangeIn, PreferencesIn
from sri_admin.web import addresses, visit
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("people")


def own_id(actor: Actor) -> UUID:
    """Return the account of somebody who is signed in."""
    assert actor.account_id is not None
    return actor.account_id


@pages.get(addresses.ACCOUNT, audience=Audience.SIGNED_IN, template="people/account.html")
def account_show(actor: Actor, form: Form) -> dict[str, Any]:
    """Show one's own account."""
    account = account_by_id(own_id(actor))
    codes = codes_of({each.member_id for each in actor.mandates})
    return {
        "form": form,
        "account": account,
        "has_second_step": asks_for_code(account.id),
        "mandates": [(role_name(each.role), place(each.member_id, codes), each.ends_on) for each in actor.mandates],
        "sessions": [(each, each.id == visit.session_id()) for each in sessions_of(account.id)],
        "languages": [(tag, formats.language_name(tag, own=True)) for tag in i18n.available()],
    }


def place(member_id: UUID, codes: dict[UUID, str]) -> str:
    """Return what a tenant is called here."""
    names = ask("shell.place", member_id, clock.today())
    return str(names[0]) if names and str(names[0]) else codes[member_id]


@pages.get("/account/password", audience=Audience.SIGNED_IN, template="people/password.html")
def password_form(_actor: Actor, form: Form) -> dict[str, Any]:
    """Show the form for a new password."""
    return {"form": form}


@pages.post("/account/password", audience=Audience.SIGNED_IN, takes=PasswordChangeIn, again=password_form)
def password_change(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Replace one's own password."""
    opened = sessions.change_password(actor, account_by_id(own_id(actor)), values=with_network(values))
    text = _("Your password is changed. Every other browser was signed out.")
    return see_other("people.account_show", session=opened.token, notice=text)


@pages.post("/account/preferences", audience=Audience.SIGNED_IN, takes=PreferencesIn, again=account_show)
def preferences_save(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Keep one's own language and theme."""
    account = access.save_preferences(actor, own_id(actor), values=values)
    theme: Theme = values["theme"]
    return see_other(
        "people.account_show", language=account.locale, theme=theme.value, notice=_("Thank you. It is saved.")
    )


@pages.post("/account/sessions/<uuid:ended_id>/end", audience=Audience.SIGNED_IN, takes=NothingIn, while_restored=True)
def session_end(actor: Actor, values: dict[str, Any], *, ended_id: UUID) -> SeeOther:
    """Sign out in another browser."""
    sessions.sign_out(actor, ended_id)
    return see_other("people.account_show", notice=_("That browser is signed out."), **values)


@pages.post("/account/sessions/end", audience=Audience.SIGNED_IN, takes=NothingIn, while_restored=True)
def sessions_end(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Sign out everywhere."""
    sessions.sign_out_everywhere(actor, account_by_id(own_id(actor)))
    return see_other("people.sign_in", session="", notice=_("You are signed out everywhere."), **values)


@pages.get("/settings", audience=Audience.SIGNED_IN, template="people/settings.html")
def settings(actor: Actor) -> dict[str, Any]:
    """Show what this installation is, and the way to what can be set."""
    POLICY.require(actor, "people.settings.read")
    identity = installation.identity()
    own = identity.tenant_id
    home = actor.mandates[0].member_id
    codes = codes_of({home, own} if own else {home})
    return {
        "identity": identity,
        "country": place(own, codes) if own and identity.role == "node" else None,
        "program_version": sri_admin.__version__,
        "home_id": home,
        "home_code": codes[home],
    }
