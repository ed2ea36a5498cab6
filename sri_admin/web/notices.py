"""A sentence left for the next page: signed, short-lived, in a cookie, so that no request has to write for it."""

import base64
import hashlib
import hmac
import json

from flask import Response, g

from sri_admin.kernel import clock, installation, runtime
from sri_admin.web import cookies

_PURPOSE, _SECONDS, _LONGEST = "_notice", 120, 1500


def leave(response: Response, family: str, text: str) -> None:
    """Leave a notice for the page that follows."""
    content = json.dumps([int(clock.now().timestamp()), family, text[:_LONGEST]]).encode()
    value = base64.urlsafe_b64encode(_proof(content) + content).decode()
    cookies.write(response, _PURPOSE, value)


def take() -> list[dict[str, str]]:
    """Return the notice left for this page; it is shown once."""
    value = cookies.read(_PURPOSE)
    if not value:
        return []
    g.notice_taken = True
    try:
        raw = base64.urlsafe_b64decode(value.encode())
    except ValueError:
        return []
    proof, content = raw[:32], raw[32:]
    if not hmac.compare_digest(proof, _proof(content)):
        return []
    at, family, text = json.loads(content)
    return [{"family": family, "title": text, "text": ""}] if clock.now().timestamp() - at < _SECONDS else []


def clear(response: Response) -> Response:
    """Take the notice back once it was shown."""
    if g.pop("notice_taken", False):
        cookies.remove(response, _PURPOSE)
    return response


def _proof(content: bytes) -> bytes:
    return hmac.digest(installation.secret(runtime.current().settings, "notices"), content, hashlib.sha256)
