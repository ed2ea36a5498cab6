"""Signing in and out, one-time links, the password once more."""

from typing import Any

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.schema import Schema
from sri_admin.people.operations import links, sessions
from sri_admin.people.queries.links import link_purpose
from sri_admin.people.schemas import NewPasswordIn, PasswordAgainIn, SignInIn, SignInQuery
from sri_admin.web import addresses, visit
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.redirects import own_path

pages = Pages("people")


class NothingIn(Schema):
    """A form that only has a button."""


def with_network(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was entered together with the network it came from, for counting attempts."""
    return {**values, "network": visit.network()}


@pages.get(addresses.SIGN_IN, audience=Audience.PUBLIC, template="people/sign_in.html", query=SignInQuery)
def sign_in(actor: Actor, query: dict[str, Any], form: Form) -> dict[str, Any] | SeeOther:
    """Show the way in."""
    target = own_path(form.value("next", query.get("next")))
    if actor.account_id is not None and not form.is_again:
        return see_other(target)
    return {"form": form, "next": target}


@pages.post(addresses.SIGN_IN, audience=Audience.PUBLIC, takes=SignInIn, again=sign_in, while_restored=True)
def sign_in_send(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Let somebody in."""
    opened = sessions.sign_in(actor, values=with_network(values))
    target = own_path(values.get("next"))
    if opened.owes_code:
        return see_other("people.sign_in_code", session=opened.token, next=target)
    return see_other(target, session=opened.token)


@pages.post(
    addresses.SIGN_OUT, audience=Audience.SIGNED_IN, takes=NothingIn, while_restored=True, before_second_step=True
)
def sign_out(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Let somebody out."""
    sessions.sign_out(actor, visit.session_id())
    return see_other("people.sign_in", session="", notice=_("You are signed out."), **values)


@pages.get("/link/<token>", audience=Audience.PUBLIC, template="people/link.html")
def link_show(_actor: Actor, form: Form, *, token: str) -> dict[str, Any]:
    """Show what a one-time link is for; looking does not use it up."""
    return {"form": form, "purpose": link_purpose(token), "token": token}


@pages.post("/link/<token>", audience=Audience.PUBLIC, takes=NewPasswordIn, again=link_show)
def link_use(actor: Actor, values: dict[str, Any], *, token: str) -> SeeOther:
    """Use a one-time link up."""
    opened = links.set_password_by_link(actor, token, values=with_network(values))
    if opened.owes_code:
        return see_other("people.sign_in_code", session=opened.token, notice=_("Thank you. Your password is set."))
    return see_other("/", session=opened.token, notice=_("Thank you. Your password is set and you are signed in."))


@pages.get(
    addresses.PASSWORD_AGAIN,
    audience=Audience.SIGNED_IN,
    template="password_again.html",
    query=SignInQuery,
    before_second_step=True,
)
def password_again(_actor: Actor, query: dict[str, Any], form: Form) -> dict[str, Any]:
    """Ask for the password once more."""
    target = own_path(form.value("next", query.get("next")))
    return {"form": form, "action": addresses.PASSWORD_AGAIN, "field": "password", "kept": [("next", target)]}


@pages.post(
    addresses.PASSWORD_AGAIN,
    audience=Audience.SIGNED_IN,
    takes=PasswordAgainIn,
    again=password_again,
    while_restored=True,
    before_second_step=True,
)
def password_again_send(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Take the password once more and go on."""
    sessions.confirm_password(actor, visit.session_id(), values=with_network(values))
    return see_other(own_path(values.get("next")))
