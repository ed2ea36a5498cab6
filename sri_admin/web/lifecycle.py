"""The life of a request: facts first, then the door, then headers, cookies, compression, one log line."""

import gzip
import time
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from sri_admin.kernel import ids, metrics, runtime
from sri_admin.web import (
    assets,
    doors,
    errors,
    health,
    hosts,
    locale,
    notices,
    openapi,
    routing,
    security,
    shell,
    site,
    templating,
    visit,
)
from sri_admin.web.api import Api

log = structlog.get_logger(__name__)
_WORTH_PACKING = 800
_PACKED = ("text/", "application/json", "application/problem+json", "image/svg+xml")
_QUIET = frozenset({"static", "health.api.alive", "health.api.ready", "health.api.numbers"})


def attach(app: Flask, loaders: visit.Loaders) -> None:
    """Give an application the web floor: hooks, own routes, every part's doors."""
    current: runtime.Runtime = app.extensions[runtime.EXTENSION]
    role = current.settings.installation.role
    app.url_rule_class = routing.Route
    app.wsgi_app = hosts.OwnNamesOnly(app.wsgi_app, current.settings.web.public_url)  # pyright: ignore[reportAttributeAccessIssue] - called by position
    if current.settings.web.proxies:
        count = current.settings.web.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
    visit.use(loaders, app)
    security.attach(app)
    templating.attach(app)
    assets.attach(app)
    shell.attach(app)
    errors.attach(app)
    app.before_request(_begin)
    for hook in (notices.clear, locale.remember, _pack, _note):
        app.after_request(hook)
    _open_doors(app, current, role)


def _open_doors(app: Flask, current: runtime.Runtime, role: str) -> None:
    health.api.open(app, role)
    site.pages.open(app, role)
    if current.settings.development:
        site.development.open(app, role)
    for part in current.parts:
        for each in part.doors:
            each.open(app, role)
    openapi.attach(app, [each for part in current.parts for each in part.doors if isinstance(each, Api)], role)


def _begin() -> None:
    g.started = time.perf_counter()
    request_id = ids.token(bytes_of_entropy=9)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    visit.begin(request_id)
    if request.endpoint in _QUIET:
        return
    doors.who_is_there()
    locale.choose()


def _pack(response: Response) -> Response:
    wanted = "gzip" in request.headers.get("Accept-Encoding", "") and not _speaks_for_itself()
    kind = response.mimetype or ""
    if not wanted or response.direct_passthrough or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    if kind.startswith(_PACKED) and len(response.get_data()) >= _WORTH_PACKING:
        response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _speaks_for_itself() -> bool:
    """Say whether the route is one of a protocol that packs its own answers."""
    door = getattr(current_app.view_functions.get(request.endpoint or ""), "door", None)
    return bool(getattr(door, "raw", False))


def _note(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    metrics.requests.labels(endpoint, request.method, response.status_code).inc()
    metrics.request_seconds.labels(endpoint).observe(seconds)
    here: Any = visit.current()
    response.headers["X-Request-Id"] = here.request_id
    if endpoint not in _QUIET:
        facts = {"endpoint": endpoint, "method": request.method, "status": response.status_code}
        member = here.member.code if here.member else None
        log.info("request", **facts, ms=round(seconds * 1000, 1), member=member)
    return response
