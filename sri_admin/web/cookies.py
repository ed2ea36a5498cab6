"""Cookies named after the installation: browsers ignore ports, so equal names would sign people out elsewhere."""

from flask import Response, request

from sri_admin.kernel import installation, runtime

_YEAR = 365 * 24 * 3600
SESSION, LANGUAGE, THEME = "", "_lang", "_theme"


def name(purpose: str) -> str:
    """Return the name of a cookie of this installation."""
    plain = f"sri_{installation.identity().short}{purpose}"
    return f"__Host-{plain}" if runtime.current().settings.is_https else plain


def read(purpose: str) -> str | None:
    """Return what the browser sent."""
    return request.cookies.get(name(purpose))


def write(response: Response, purpose: str, value: str) -> None:
    """Set a cookie; the session's ends with the browser, a preference stays a year."""
    response.set_cookie(
        name(purpose),
        value,
        max_age=None if purpose == SESSION else _YEAR,
        path="/",
        secure=runtime.current().settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def remove(response: Response, purpose: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(name(purpose), path="/", secure=runtime.current().settings.is_https, samesite="Lax")
