"""How a node talks to its hub: one byte-level transport, and above it tokens, digests, limits and patience.

Whatever stands between the two (a log-in page, a proxy, a redirect) is named as such and never taken for the hub.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from joserfc.jwk import ECKey

from sri_admin.federation import credentials, limits
from sri_admin.federation.deadline import WatchedAdapter, whole_answer
from sri_admin.federation.lines import LineError, ProtocolError, parse
from sri_admin.federation.packing import GZIP, NDJSON, PackingError, check_digest, pack, read_limited, unpack
from sri_admin.kernel import clock
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.settings import LOOPBACK

Begin = Callable[[Callable[[], Any]], Callable[[], Any]]

BASE: Final = "/api/sync/v1"
WELL_KNOWN: Final = "/.well-known/sri-sync"
_PIECE: Final = 64 * 1024
_ANSWER_BYTES = limits.BATCH_BYTES
_PATIENCE_SECONDS, _TRIES = 20, 4
_PROTOCOL, _TOLD = 1, ("node_id", "time", "issuer", "token_path")
BYTES: Final = "application/octet-stream"
_OUR_TYPES = ("application/json", "application/problem+json", NDJSON, BYTES)


class Answer(NamedTuple):
    """What came back, as it was transferred; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one request to the hub and its answer back; raises LineDownError when it cannot."""

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send bytes, return bytes."""
        ...


class LineDownError(ProtocolError):
    """The hub could not be reached, or something else answered in its place."""


class HubError(ProtocolError):
    """The hub said no; `facts` are what its problem document adds, `retry_after` the seconds it asks for."""

    def __init__(self, code: str, detail: str, *, status: int = 0, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, detail)
        self.status, self.facts = status, facts or {}
        self.retry_after: int | None = None


@dataclass(frozen=True)
class Patience:
    """How many seconds a connection, the next bytes and a whole answer may take."""

    connect: float = 10
    read: float = 60
    whole: float = 600


class HttpTransport:
    """The real line: no redirects, no plain http beyond this machine, limits of time and size."""

    def __init__(self, url: str, *, lan_http: bool = False, patience: Patience = Patience()) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not lan_http and parts.hostname not in LOOPBACK:
            raise ConfigurationError(_("The hub's address must begin with https://. Correct hub.url."))
        self.url, self.patience = url.rstrip("/"), patience
        self.session = requests.Session()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, WatchedAdapter())
        self.session.headers.clear()  # what is sent is what the caller says
        self.session.auth = lambda request: request  # a .netrc must not replace our token

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request and read its answer as it was transferred."""
        try:
            with (
                whole_answer(self.patience.whole),
                self.session.request(
                    method,
                    self.url + path,
                    headers=dict(headers),
                    data=body or None,
                    timeout=(self.patience.connect, self.patience.read),
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                content = read_limited(_pieces(answer), limit=_ANSWER_BYTES)
                named = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status_code, named, content)
        except requests.exceptions.SSLError as error:
            raise LineDownError("not_trusted", "the certificate of the hub's address is not trusted") from error
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise LineDownError("timeout", "no answer in time") from error
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise LineDownError("unreachable", type(error).__name__) from error


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    # Undecoded: the digest and the limit of size are about the bytes that were sent. As they come, so that too much is
    # noticed before all of it is here.
    while piece := answer.raw.read1(_PIECE, decode_content=False):
        yield piece


@dataclass
class HubClient:
    """A conversation of one node with its hub."""

    transport: Transport
    node_id: str
    auth_key: ECKey
    sleep: Callable[[float], None] = time.sleep
    skew: timedelta = timedelta()
    hub: dict[str, Any] = field(default_factory=dict)
    _token: str | None = None

    def discover(self) -> dict[str, Any]:
        """Ask who is there, check that it speaks our protocol, and learn its clock."""
        before = clock.now()
        self.hub = self._json(self.call("GET", WELL_KNOWN, signed=False))
        spoken = self.hub.get("protocols")
        if not isinstance(spoken, list) or not all(isinstance(self.hub.get(name), str) for name in _TOLD):
            raise LineDownError("not_a_hub", "the answer is not that of a hub")
        if _PROTOCOL not in spoken:
            newer = any(isinstance(each, int) and each > _PROTOCOL for each in spoken)
            raise HubError("client_too_old" if newer else "server_too_old", "no protocol both sides speak")
        self.learn_time(self.hub.get("time"), since=before)
        return self.hub

    def learn_time(self, told: Any, *, since: datetime) -> None:
        """Keep how far the hub's clock is ahead of ours."""
        now = clock.now()
        try:
            self.skew = datetime.fromisoformat(str(told)).astimezone(UTC) - (since + (now - since) / 2)
        except (ValueError, OverflowError) as error:
            raise LineDownError("not_a_hub", "the answer tells no time") from error

    def post_json(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Send a JSON document packed, return the JSON answer."""
        body = pack(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
        packed = {"Content-Encoding": GZIP}
        return self._json(self.call("POST", path, body=body, kind="application/json", headers=packed))

    def post_paper(self, path: str, document: bytes) -> dict[str, Any]:
        """Send a document that proves itself, return the JSON answer."""
        return self._json(self.call("POST", path, body=document, kind="application/json", signed=False))

    def post_signed(self, path: str, document: bytes) -> dict[str, Any]:
        """Send a document that proves itself as the node we are, return the JSON answer."""
        return self._json(self.call("POST", path, body=document, kind="application/json"))

    def get_json(self, path: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return a JSON document that is open to anybody who can ask."""
        return self._json(self.call("GET", path, headers=headers, signed=False))

    def send_lines(self, path: str, packed: bytes) -> bytes:
        """Send packed lines, return the lines of the answer."""
        return self.call("POST", path, body=packed, kind=NDJSON, headers={"Content-Encoding": GZIP}).body

    def post_lines(self, path: str, packed: bytes) -> dict[str, Any]:
        """Send packed lines, return the JSON answer."""
        return self._json(self.call("POST", path, body=packed, kind=NDJSON, headers={"Content-Encoding": GZIP}))

    @contextmanager
    def beside(self) -> Iterator[Begin]:
        """Give a function that begins one request beside the work that goes on here; it is over when the block ends.

        It returns what waits for the result, or raises the request's error. Only the real line is used that way; on
        any other a request is made when its result is wanted.
        """
        if not isinstance(self.transport, HttpTransport):
            yield lambda request: request
            return
        with ThreadPoolExecutor(1) as pool:
            yield lambda request: pool.submit(copy_context().run, request).result

    def piece(self, path: str, *, etag: str, start: int, stop: int, size: int) -> bytes:
        """Return the bytes of a file from `start` to before `stop`; LineDownError if something else came."""
        wanted = {"Range": f"bytes={start}-{stop - 1}", "If-Range": f'"{etag}"', "Accept-Encoding": "identity"}
        answer = self.call("GET", path, headers=wanted)
        body = answer.body
        if answer.status == 200 and len(body) == size:  # who stands in between knows no ranges
            body = body[start:stop]
        elif answer.status != 206 or answer.headers.get("content-range") != f"bytes {start}-{stop - 1}/{size}":
            raise LineDownError("not_a_hub", "not the piece that was asked for")
        if len(body) != stop - start:
            raise LineDownError("cut_off", "a piece is not whole")
        return body

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        kind: str = "",
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
    ) -> Answer:
        """Make a request with patience; the answer's body is inflated and checked. Raises HubError, LineDownError."""
        sent = {"Accept-Encoding": GZIP, "User-Agent": "sri-admin", **(headers or {})}
        if kind:
            sent["Content-Type"] = kind
        for last in (False,) * (_TRIES - 1) + (True,):
            if signed:
                sent["Authorization"] = f"Bearer {self._access_token()}"
            answer = self._fetch(method, path, sent, body)
            if answer.status < 300:
                return answer
            error = _problem(answer)
            if last or not self._is_worth_another(error, signed=signed):
                raise error
        raise AssertionError

    def _is_worth_another(self, error: HubError, *, signed: bool) -> bool:
        if error.status == 401 and signed and self._token is not None:
            self._token = None
            return True
        if error.status in {423, 429, 503} and (error.retry_after or 0) <= _PATIENCE_SECONDS:
            self.sleep((error.retry_after or 1) * (1 + random.random() / 2))  # noqa: S311 - spreads retries, hides nothing
            return True
        return False

    def _fetch(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            return _opened(self.transport.request(method, path, headers=headers, body=body))
        except PackingError as error:
            raise LineDownError(error.code, error.detail) from error

    def sign_in(self) -> None:
        """Get an access token now, if there is none yet."""
        self._access_token()

    def _access_token(self) -> str:
        if self._token is None:
            if not self.hub:
                self.discover()
            audience = str(self.hub["issuer"])
            issued_at = int((clock.now() + self.skew).timestamp())
            form = credentials.token_request(
                self.auth_key, node_id=self.node_id, audience=audience, issued_at=issued_at
            )
            answer = self.call(
                "POST",
                str(self.hub["token_path"]),
                body=urlencode(form).encode(),
                kind="application/x-www-form-urlencoded",
                signed=False,
            )
            self._token = str(self._json(answer).get("access_token", ""))
        return self._token

    def _json(self, answer: Answer) -> dict[str, Any]:
        try:
            return parse(answer.body.strip())
        except LineError as error:
            raise LineDownError("not_a_hub", f"the answer cannot be read: {error.code}") from error


def _opened(answer: Answer) -> Answer:
    if 300 <= answer.status < 400:
        raise LineDownError("redirected", "something in between leads elsewhere")
    mimetype = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.body and mimetype not in _OUR_TYPES:
        code = "unavailable" if answer.status >= 500 else "not_a_hub"
        raise LineDownError(code, f"the answer is {mimetype or 'of no kind'}, status {answer.status}")
    check_digest(answer.body, answer.headers.get("content-digest"))
    coding = answer.headers.get("content-encoding", "")
    return answer._replace(body=unpack(answer.body, limit=_ANSWER_BYTES, coding=coding))


def _problem(answer: Answer) -> HubError:
    try:
        facts = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError):
        facts = {}
    facts = facts if isinstance(facts, dict) else {}
    code = str(facts.get("code") or facts.get("error") or f"status_{answer.status}")
    error = HubError(code, str(facts.get("detail", "")), status=answer.status, facts=facts)
    given = answer.headers.get("retry-after", "")
    error.retry_after = int(given) if given.isdecimal() and len(given) < 7 else None
    return error
