"""Answers of the sync API: lines, JSON and problem documents with a stable code, never a page."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from werkzeug.wrappers import Response

from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.packing import GZIP, NDJSON, content_digest, pack
from sri_admin.kernel.errors import AppError, RestoredError
from sri_admin.web.errors import problem

_STATUS: Final = {
    "bad_code": 403,
    "bad_cursor": 400,
    "below_floor": 426,
    "busy": 423,
    "client_too_old": 426,
    "code_expired": 410,
    "code_used": 409,
    "denied": 404,
    "duplicate_writer": 409,
    "expired": 410,
    "file_missing": 404,
    "forked": 409,
    "gap": 409,
    "given_up": 409,
    "hub_restored": 409,
    "many_removed": 409,
    "not_closing": 409,
    "not_equal": 409,
    "key_ended": 409,
    "key_revoked": 403,
    "key_taken": 409,
    "no_such_root": 404,
    "no_snapshot": 404,
    "not_ndjson": 415,
    "page_too_large": 413,
    "past_end": 409,
    "rewound": 409,
    "server_too_old": 426,
    "snapshot_replaced": 409,
    "stale_epoch": 409,
    "too_large": 413,
    "too_long": 413,
    "unknown_coding": 415,
    "unknown_epoch": 409,
    "unknown_incarnation": 409,
}
_OTHERWISE: Final = 422
_WORTH_PACKING: Final = 300


class RefusedError(ProtocolError):
    """A request is refused; `facts` stand in the problem document beside the code."""

    def __init__(self, code: str, detail: str, **facts: Any) -> None:
        super().__init__(code, detail)
        self.facts = facts


def speaking(view: Callable[..., Response]) -> Callable[..., Response]:
    """Turn a refusal of the protocol, and one of a hub that was restored and waits, into its problem document."""

    @wraps(view)
    def answer(*arguments: Any, **named: Any) -> Response:
        try:
            return view(*arguments, **named)
        except ProtocolError as error:
            facts: Mapping[str, Any] = getattr(error, "facts", {})
            return problem(AppError(error.detail, code=error.code, **facts), _STATUS.get(error.code, _OTHERWISE))
        except RestoredError as error:
            return problem(AppError(str(error), code="hub_restored"), _STATUS["hub_restored"])

    return answer


def document(value: Mapping[str, Any], *, status: int = 200, accepted: str = "") -> Response:
    """Answer with one JSON object, packed where the caller accepts it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return _with_body(Response(status=status, mimetype="application/json"), body, accepted)


def lines(body: bytes, *, accepted: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with lines, packed where the caller accepts it, with the digest of what is sent."""
    response = _with_body(Response(mimetype=NDJSON, headers=dict(headers or {})), body, accepted)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Content-Digest"] = content_digest(response.get_data())
    return response


def _with_body(response: Response, body: bytes, accepted: str) -> Response:
    if GZIP in accepted and len(body) >= _WORTH_PACKING:
        body = pack(body)
        response.headers["Content-Encoding"] = GZIP
    response.set_data(body)
    return response
