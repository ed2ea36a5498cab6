"""Requests to the hub: bounded answers, digests compared, no redirection followed, refusals as their codes (§11)."""

import base64
import gzip
import hashlib
import json
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from tests.federation.third_party.formats import RefusedError, Values

API = "/api/sync/v1"
_MOST = 12 * 1_048_576
_WHOLE = 120
_PIECE = 65_536


@dataclass(frozen=True)
class Reply:
    """What the hub answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def values(self) -> Values:
        """The object it answered."""
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise RefusedError("not_a_hub") from error
        return found if isinstance(found, dict) else {}


class Talk:
    """One hub, spoken to over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.token = ""
        self.renew: Callable[[], None] | None = None
        self._session = requests.Session()

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def get(self, path: str, **headers: str) -> Reply:
        """Ask for something."""
        return self.send("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, values: Mapping[str, Any]) -> Reply:
        """Send an object."""
        return self.send("POST", path, json.dumps(values).encode(), headers={"Content-Type": "application/json"})

    def post_lines(self, path: str, lines: list[bytes]) -> Reply:
        """Send lines."""
        body = gzip.compress(b"".join(line + b"\n" for line in lines))
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Content-Digest": f"sha-256=:{digest}:",
        }
        return self.send("POST", path, body, headers=headers)

    def send(self, method: str, path: str, body: bytes = b"", *, headers: Mapping[str, str]) -> Reply:
        """Send a request and return the answer, or raise the code it was refused with.

        A token lives for ten minutes; whoever is told that it is over takes another and asks again (§11.2).
        """
        reply = self._sent(method, path, body, headers)
        if reply.status == 401 and self.renew:
            self.renew()
            reply = self._sent(method, path, body, headers)
        if 300 <= reply.status < 400:
            raise RefusedError("redirected")
        if reply.status >= 400:
            raise RefusedError(str(reply.values.get("code") or reply.values.get("error")), reply)
        return reply

    def _sent(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        told = {**headers, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        with self._session.request(
            method, self.url + path, data=body, headers=told, stream=True, allow_redirects=False, timeout=20
        ) as answer:
            raw = self._read(answer)
        named = {name.lower(): value for name, value in answer.headers.items()}
        _compare(raw, named.get("content-digest", ""))
        return Reply(answer.status_code, named, _unpacked(raw, named.get("content-encoding", "")))

    def _read(self, answer: requests.Response) -> bytes:
        until, read = time.monotonic() + _WHOLE, bytearray()
        while piece := answer.raw.read1(_PIECE, decode_content=False):
            read += piece
            if len(read) > _MOST or time.monotonic() > until:
                raise RefusedError("not_a_hub", "too much or too slow")
        return bytes(read)


def _compare(raw: bytes, digest: str) -> None:
    told = dict(part.strip().split("=", 1) for part in digest.split(",") if "=" in part).get("sha-256")
    if told and told != f":{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:":
        raise RefusedError("damaged")


def _unpacked(raw: bytes, coding: str) -> bytes:
    if coding != "gzip":
        return raw
    reader = zlib.decompressobj(wbits=31)
    try:
        body = reader.decompress(raw, _MOST)
    except zlib.error as error:
        raise RefusedError("damaged") from error
    if reader.unconsumed_tail or not reader.eof:
        raise RefusedError("damaged", "more than is ever sent, or less than all")
    return body
