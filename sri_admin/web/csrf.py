"""Proof that a form came from our own page: a masked token bound to the session, or to a moment for anonymous forms."""

import base64
import hashlib
import hmac
import os

from flask import request

from sri_admin.kernel import clock, installation, runtime
from sri_admin.kernel.errors import NotAllowedError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.web import visit

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
_NOISE, _ANONYMOUS_SECONDS = 16, 2 * 3600


class ForgedError(NotAllowedError):
    """The request did not come from a page of ours, or the page was too old."""

    code = "page_too_old"
    message = _l("This page was open too long, or the request came from elsewhere. Please open the page again.")


def token() -> str:
    """Return a token for the forms of this page; it differs each time, so that compression tells nothing."""
    noise = os.urandom(_NOISE)
    moment = int(clock.now().timestamp()).to_bytes(8)
    return base64.urlsafe_b64encode(noise + moment + _proof(noise + moment)).decode()


def require() -> None:
    """Refuse an unsafe request that does not come from a page of ours."""
    _require_own_origin()
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    try:
        raw = base64.urlsafe_b64decode(given.encode())
    except ValueError:
        raise ForgedError from None
    body, proof = raw[: _NOISE + 8], raw[_NOISE + 8 :]
    if not hmac.compare_digest(proof, _proof(body)):
        raise ForgedError
    age = clock.now().timestamp() - int.from_bytes(body[_NOISE:])
    if visit.current().signed_in is None and not 0 <= age + 60 <= _ANONYMOUS_SECONDS + 60:
        raise ForgedError


def _proof(body: bytes) -> bytes:
    signed_in = visit.current().signed_in
    if signed_in is not None:
        return hmac.digest(signed_in.csrf.encode(), body, hashlib.sha256)
    return hmac.digest(installation.secret(runtime.current().settings, "forms"), body, hashlib.sha256)


def _require_own_origin() -> None:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForgedError
    origin = request.headers.get("Origin")
    # A framed page without an origin says “null”; our own forms always name theirs.
    if origin and origin.partition("://")[2] != request.host:
        raise ForgedError
