"""Only requests by our own name are answered: a page elsewhere may make a name of its own mean this machine."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from sri_admin.kernel.settings import LOOPBACK


class OwnNamesOnly:
    """Stands before an application and refuses every host but the public one and this machine's own names."""

    def __init__(self, app: Any, public_url: str) -> None:
        self._app, self._names = app, {urlsplit(public_url).hostname, *LOOPBACK}

    def __call__(self, asked: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or refuse it."""
        if _name(asked.get("HTTP_HOST", "")) in self._names:
            return self._app(asked, start_response)
        refused = Response(HTTPStatus.BAD_REQUEST.phrase, HTTPStatus.BAD_REQUEST, mimetype="text/plain")
        return refused(asked, start_response)


def _name(host: str) -> str | None:
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname if "@" not in host and parts.port != 0 else None
    except ValueError:
        return None
