"""Grave acts ask for the password again; the form waits inside the page that asks, and goes on with the answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.errors import FieldError, FreshSignInNeededError, InvalidError, TooManyError
from sri_admin.web import csrf, forms, visit

# Always, never, or as the arguments in the address say.
Gravity = bool | Callable[[Mapping[str, Any]], bool]


def is_grave(gravity: Gravity, arguments: Mapping[str, Any]) -> bool:
    """Say whether an act at this address is grave."""
    return gravity(arguments) if callable(gravity) else gravity


def require() -> None:
    """Go on if the password was given lately, or stands in this form and fits; FreshSignInNeededError otherwise."""
    here = visit.current()
    until = here.actor.fresh_until
    if until is not None and until > clock.now():
        return
    given = request.form.get(forms.PASSWORD_AGAIN)
    if given is None or here.signed_in is None:
        raise FreshSignInNeededError
    values = {"password": given, "network": visit.network()}
    actor, session_id = here.actor, here.signed_in.session_id
    try:
        until = transaction.write(
            tenancy.only(here.signed_in.home), lambda: visit.loaders().confirm(actor, session_id, values=values)
        )
    except (InvalidError, TooManyError) as error:
        raise FreshSignInNeededError(error.text, because=error) from error
    visit.known(actor=replace(actor, fresh_until=until))


def ask(asked: FreshSignInNeededError) -> Response:
    """Return the page that asks for the password and keeps what was entered; files cannot wait in a page."""
    if request.files:
        raise asked
    refused = asked.details.get("because")
    faults = [FieldError(forms.PASSWORD_AGAIN, asked.text)] if refused else []
    left_out = {csrf.FIELD, forms.PASSWORD_AGAIN}
    page = render_template(
        "password_again.html",
        form=forms.Form(request.form, faults),
        action=request.full_path.rstrip("?"),
        field=forms.PASSWORD_AGAIN,
        kept=[(name, value) for name, value in request.form.items(multi=True) if name not in left_out],
    )
    if isinstance(refused, TooManyError):
        return make_response(page, 429, {"Retry-After": str(refused.retry_after)})
    return make_response(page, 422 if refused else 403)
