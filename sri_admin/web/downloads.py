"""Files people and nodes fetch: by ETag and Range, so that a cut line goes on where it stopped; who fetched what."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from flask import Response, request

from sri_admin.kernel import blobs, download_log
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.blob_store import Blob
from sri_admin.kernel.errors import UnavailableError
from sri_admin.kernel.i18n import gettext_lazy as _l

log = structlog.get_logger(__name__)
NOTHING_RUNS: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
_FOR_GOOD: Final = "private, max-age=31536000, immutable"


class DamagedError(UnavailableError):
    """A stored file is not what it was."""

    code = "file_damaged"
    message = _l("This file is damaged here and cannot be given out. It has to be fetched or sent again.")


class NotHereError(UnavailableError):
    """The record of a file is here, the file is not yet."""

    code = "file_on_its_way"
    message = _l("This file is still on its way. Please try again later.")


@dataclass(frozen=True)
class Stored:
    """A file of the store that is given out, and whose it is."""

    blob: Blob
    member_id: UUID


def send(actor: Actor, stored: Stored, media_type: str) -> Response:
    """Give a person a file to keep, once it was seen to be sound."""
    sha256 = stored.blob.sha256
    if blobs.size_of(sha256) is None:
        raise NotHereError
    if not blobs.is_sound(sha256):
        log.error("file_damaged", sha256=sha256)
        raise DamagedError
    note(actor, sha256, stored.member_id)
    return content(stored.blob, media_type)


def content(blob: Blob, media_type: str) -> Response:
    """Answer with a content or the part of it that was asked for: 200, 206 or 416 (RFC 9110 §14)."""
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{blob.sha256}"', "Cache-Control": _FOR_GOOD}
    asked = _asked(blob)
    if asked is None:
        return _with_pieces(blobs.read(blob.sha256), 200, {**headers, "Content-Length": str(blob.size)}, media_type)
    start, stop = asked
    if start >= stop:
        unsatisfied = {**headers, "Content-Range": f"bytes */{blob.size}", "Cache-Control": "no-store"}
        return Response(status=416, headers=unsatisfied)
    part = {"Content-Range": f"bytes {start}-{stop - 1}/{blob.size}", "Content-Length": str(stop - start)}
    return _with_pieces(blobs.read(blob.sha256, start, stop), 206, {**headers, **part}, media_type)


def note(actor: Actor, sha256: str, member_id: UUID) -> None:
    """Note that somebody begins to fetch a file; going on after a cut is no second time."""
    start = request.range.ranges[0][0] if request.range else 0
    if request.method != "GET" or start:
        return
    download_log.note(actor, sha256, member_id)


def _asked(blob: Blob) -> tuple[int, int] | None:
    # One range of bytes is served; whatever else a header may say, the whole is a right answer.
    if request.range is None or request.range.units != "bytes" or len(request.range.ranges) != 1:
        return None
    if request.headers.get("If-Range", f'"{blob.sha256}"') != f'"{blob.sha256}"':
        return None
    start, stop = request.range.ranges[0]
    if start < 0:
        start = max(0, blob.size + start)
    return start, blob.size if stop is None else min(stop, blob.size)


def _with_pieces(pieces: Iterator[bytes], status: int, headers: dict[str, str], media_type: str) -> Response:
    return Response(pieces, status=status, headers=headers, mimetype=media_type)
