"""Headers every answer carries: nothing from elsewhere is loaded, framed, sniffed, cached or referred."""

from flask import Flask, Response, request

from sri_admin.kernel import runtime
from sri_admin.web import uploads

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "X-Robots-Tag": "noindex, nofollow",
}
LARGEST_REQUEST = 32 * 1024 * 1024
LARGEST_FORM = 512 * 1024
MOST_PARTS = 1000


def attach(app: Flask) -> None:
    """Set the limits and headers of an application."""
    app.request_class = uploads.SpoolingRequest
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_FORM
    app.config["MAX_FORM_PARTS"] = MOST_PARTS
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "private, no-store")
    if runtime.current().settings.is_https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000")
    return response
