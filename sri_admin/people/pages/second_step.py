"""The second step at sign-in: set up with a phone, codes for paper, taken off; and the page that asks for the code."""

import base64
from typing import Any
from urllib.parse import quote, urlencode

from flask import url_for

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.people.models import Account
from sri_admin.people.operations import second_step
from sri_admin.people.pages.access import recent
from sri_admin.people.pages.account import own_id, place
from sri_admin.people.pages.sign_in import NothingIn, with_network
from sri_admin.people.queries.accounts import account_by_id, codes_of
from sri_admin.people.queries.second_step import find_second_factor, find_step, recovery_codes_left
from sri_admin.people.queries.signing_in import must_have_second_step
from sri_admin.people.rules import CODE_DIGITS, CODE_SECONDS
from sri_admin.people.schemas import CodeIn, SignInCodeIn, SignInQuery
from sri_admin.web import addresses, cookies, qr, visit
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.redirects import own_path

pages = Pages("people")
_CODES = "people/recovery_codes.html"


@pages.get(
    addresses.SECOND_STEP, audience=Audience.SIGNED_IN, template="people/second_step.html", before_second_step=True
)
def second_step_show(actor: Actor) -> dict[str, Any]:
    """Show whether one's own sign-in asks for a code, and what can be done about it."""
    factor = find_second_factor(own_id(actor))
    since = factor.confirmed_at if factor else None
    return {
        "since": since,
        "left": recovery_codes_left(own_id(actor)) if since else 0,
        "needed": must_have_second_step(actor.mandates),
        "is_first": _is_first(),
    }


@pages.post(
    "/account/second-step/begin", audience=Audience.SIGNED_IN, takes=NothingIn, fresh=True, before_second_step=True
)
def second_step_begin(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Make the secret that goes to the phone."""
    second_step.begin_second_step(actor, account_by_id(own_id(actor)))
    return see_other("people.second_step_form", **values)


@pages.get(
    "/account/second-step/confirm",
    audience=Audience.SIGNED_IN,
    template="people/second_step_confirm.html",
    before_second_step=True,
)
def second_step_form(actor: Actor, form: Form) -> dict[str, Any] | SeeOther:
    """Show the secret to the phone's camera, and ask for the first code."""

    def show() -> dict[str, Any] | SeeOther:
        account = account_by_id(own_id(actor))
        secret = second_step.shown_secret(actor, account)
        if secret is None:
            return see_other(addresses.SECOND_STEP)
        key = base64.b32encode(secret).decode()
        address = _otp_address(account, key)
        return {
            "form": form,
            "is_first": _is_first(),
            "address": address,
            "picture": qr.picture(address, label=_("Picture to scan with the app on your phone")),
            "key": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        }

    return recent(actor, show, url_for("people.second_step_form"))


def _is_first() -> bool:
    # Who has to set it up before anything else sees these pages alone.
    signed_in = visit.current().signed_in
    return signed_in is not None and signed_in.owes_second_step


def _otp_address(account: Account, key: str) -> str:
    # The app shows both parts; it tells apart the installations somebody signs in at.
    own = installation.identity().tenant_id
    issuer = f"SMART Recovery {place(own, codes_of({own}))}" if own else "SMART Recovery"
    name = quote(f"{issuer}:{account.sign_in_name}", safe="")
    asked = {"secret": key, "issuer": issuer, "digits": CODE_DIGITS, "period": CODE_SECONDS}
    return f"otpauth://totp/{name}?{urlencode(asked, quote_via=quote)}"


@pages.post(
    "/account/second-step/confirm",
    audience=Audience.SIGNED_IN,
    takes=CodeIn,
    again=second_step_form,
    template=_CODES,
    before_second_step=True,
)
def second_step_confirm(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """Take the first code and show the codes for paper once."""
    account = account_by_id(own_id(actor))
    codes = second_step.confirm_second_step(actor, account, visit.session_id(), values=with_network(values))
    return {"codes": _in_groups(codes), "is_new": True}


@pages.post("/account/second-step/codes", audience=Audience.SIGNED_IN, takes=NothingIn, template=_CODES, fresh=True)
def recovery_codes_make(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """Make new codes for paper and show them once."""
    codes = second_step.renew_recovery_codes(actor, account_by_id(own_id(actor)))
    return {"codes": _in_groups(codes), "is_new": False, **values}


def _in_groups(codes: list[str]) -> list[str]:
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


@pages.post("/account/second-step/end", audience=Audience.SIGNED_IN, takes=NothingIn, fresh=True)
def second_step_end(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Take one's own second step off."""
    second_step.end_own_second_step(actor, account_by_id(own_id(actor)))
    text = _("The second step is taken off. From now on the password alone lets you in.")
    return see_other(addresses.SECOND_STEP, notice=text, **values)


@pages.get(addresses.SIGN_IN_CODE, audience=Audience.PUBLIC, template="people/sign_in_code.html", query=SignInQuery)
def sign_in_code(_actor: Actor, query: dict[str, Any], form: Form) -> dict[str, Any] | SeeOther:
    """Ask for the code of somebody who gave the password."""
    if find_step(_token()) is None:
        return see_other("people.sign_in")
    return {"form": form, "next": own_path(form.value("next", query.get("next")))}


@pages.post(
    addresses.SIGN_IN_CODE, audience=Audience.PUBLIC, takes=SignInCodeIn, again=sign_in_code, while_restored=True
)
def sign_in_code_send(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Let somebody in who has the code."""
    step = find_step(_token())
    if step is None:
        return see_other("people.sign_in", notice=_("That took too long. Enter your name and password again."))
    opened = second_step.pass_second_step(actor, step, values=with_network(values))
    return see_other(own_path(values.get("next")), session=opened.token)


def _token() -> str:
    return cookies.read(cookies.SESSION) or ""
