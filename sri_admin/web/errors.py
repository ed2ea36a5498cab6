"""The one map from errors to answers: a page for people, problem JSON (RFC 9457) for programs."""

from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, current_app, jsonify, redirect, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from sri_admin.kernel import errors, i18n, transaction
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.web import addresses, visit

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.AppError], int] = {
    errors.NotFoundError: 404,
    errors.SignInNeededError: 401,
    errors.NotAllowedError: 403,
    errors.FreshSignInNeededError: 403,
    errors.SecondStepNeededError: 403,
    errors.InvalidError: 422,
    errors.ConflictError: 409,
    errors.StaleError: 412,
    errors.ElsewhereError: 409,
    errors.HandingOverError: 409,
    errors.TooManyError: 429,
    errors.TooLargeError: 413,
    errors.UnavailableError: 503,
    errors.ConfigurationError: 503,
}
_TITLES: dict[int, LazyText] = {
    400: _l("We could not read that"),
    401: _l("Please sign in"),
    403: _l("This is not for your role"),
    404: _l("We could not find that"),
    405: _l("This address does not take that"),
    409: _l("Something stands in the way"),
    412: _l("Somebody else changed it"),
    413: _l("That is too large"),
    415: _l("We cannot read that kind of file"),
    422: _l("Some answers need another look"),
    429: _l("Please wait a little"),
    503: _l("Not just now"),
}
_ADVICE: dict[int, LazyText] = {
    400: _l("Go back, check what you entered and send it again."),
    404: _l("Check the address, or start from the first page."),
    405: _l("Start from the first page."),
    409: _l("Go back and look at the record again; nothing was changed."),
    412: _l("Open the record again to see what changed; then make your change once more."),
    413: _l("Send it in smaller parts."),
    429: _l("Everything you entered can be sent again in a few minutes."),
    500: _l("We have noted it. Try again in a moment; if it stays, write to us."),
    503: _l("Try again in a moment. Nothing is lost."),
}
_CODES = {405: "method_not_allowed", 415: "unsupported_media"}
_UNEXPECTED = _l("Something went wrong on our side. Nothing was changed.")


def attach(app: Flask) -> None:
    """Let this module answer every error of an application."""
    app.register_error_handler(errors.AppError, answer)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_unexpected)


def status_of(error: errors.AppError) -> int:
    """Return the HTTP status of an error by its nearest kind in the map."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def is_for_programs() -> bool:
    """Say whether a program asks: under /api, the well-known address or the token endpoint."""
    return request.path.startswith(("/api/", "/.well-known/", "/oauth/"))


def answer(error: errors.AppError) -> Any:
    """Answer one of our own errors."""
    status = status_of(error)
    if is_for_programs():
        return problem(error, status)
    if isinstance(error, errors.SignInNeededError) and request.method == "GET":
        return redirect(f"{addresses.SIGN_IN}?{urlencode({'next': request.full_path.rstrip('?')})}", 303)
    if isinstance(error, errors.SecondStepNeededError):
        return redirect(addresses.SECOND_STEP, 303)
    if isinstance(error, errors.FreshSignInNeededError):
        back = request.referrer or "/"
        return redirect(f"{addresses.PASSWORD_AGAIN}?{urlencode({'next': _path_of(back)})}", 303)
    return _page(status, str(error.text)), status, _headers(error)


def answer_http(error: HTTPException) -> Any:
    """Answer what werkzeug refuses by itself."""
    status = error.code or 500
    if status < 400:
        return error
    if is_for_programs():
        kind = next((each for each, code in STATUS.items() if code == status), errors.AppError)
        return problem(errors.AppError(kind.message, code=_CODES.get(status, kind.code)), status)
    return _page(status, str(_TITLES.get(status, _UNEXPECTED))), status


def answer_unexpected(error: Exception) -> Any:
    """Answer a fault of ours: noted with its number, told without its insides."""
    translated = transaction.translated(error)
    if isinstance(translated, errors.AppError):
        return answer(translated)
    log.error("unexpected_error", kind=type(error).__name__, exc_info=error)
    if is_for_programs():
        return problem(errors.AppError(_UNEXPECTED, code="unexpected"), 500)
    return _page(500, str(_UNEXPECTED)), 500


def problem(error: errors.AppError, status: int) -> Response:
    """Write an error as a problem document."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": str(_TITLES.get(status, _UNEXPECTED)),
        "status": status,
        "code": error.stable_code,
        "detail": str(error.text),
        "request_id": visit.current().request_id,
    }
    if isinstance(error, errors.InvalidError):
        document["errors"] = [{"field": each.field, "message": str(each.message)} for each in error.fields]
    extra = {name: value for name, value in error.details.items() if isinstance(value, (str, int, bool))}
    response = jsonify({**extra, **document})
    response.status_code = status
    response.content_type = "application/problem+json"
    response.headers.update(_headers(error))
    return response


def _headers(error: errors.AppError) -> dict[str, str]:
    if isinstance(error, errors.TooManyError):
        return {"Retry-After": str(error.retry_after)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, errors.SignInNeededError) else {}


def _page(status: int, message: str) -> str:
    title = _TITLES.get(status, _l("Something went wrong"))
    said = {
        "title": title,
        "message": message if message != str(title) else "",
        "what_to_do": _ADVICE.get(status),
        "code": status,
        "request_id": visit.current().request_id,
    }
    try:
        return render_template("error.html", **said)
    except SQLAlchemyError:  # the frame of a page asks the database; without it the words alone remain
        spoken = {"lang": i18n.locale(), "dir": i18n.direction()}
        return current_app.jinja_env.get_template("error_plain.html").render(**said, **spoken)


def _path_of(address: str) -> str:
    return "/" + address.split("//", 1)[-1].partition("/")[2] if "//" in address else address
