"""Files people send: written to the spool while they come in, never beyond the limit of the door they come to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Request, current_app, request

from sri_admin.kernel.blob_store import PIECE
from sri_admin.kernel.errors import AppError, FieldError, InvalidError, TooLargeError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.spool import Growing
from sri_admin.web.forms import FILE, Upload, file_name

_MIB: Final = 1024 * 1024
_AROUND_FILES: Final = 2 * _MIB
LARGEST_BODY: Final = 68 * _MIB


@dataclass(frozen=True, kw_only=True)
class Accepts:
    """Which files a door takes: how many, of how many bytes; what refuses one with InvalidError before it is used.

    `too_large` is said of one beyond the limit.
    """

    limit: int = 32 * _MIB
    most: int = 1
    check: Callable[..., None] | None = None
    too_large: LazyText | None = None


ANY_FILE: Final = Accepts()


class UnexpectedFileError(AppError):
    """A file was sent to a door that takes none."""

    code = "no_file_here"
    message = _l("No file can be sent here.")


class FileTooLargeError(TooLargeError):
    """A file is larger than its door takes."""

    code = "file_too_large"
    message = _l(
        "This file is larger than we take here. Scan it in black and white or with fewer dots per inch, then send it"
        " again."
    )


class _Incoming(Growing):
    """A file as the form parser writes it."""

    def __init__(self, accepts: Accepts) -> None:
        super().__init__(limit=accepts.limit)
        self._too_large = accepts.too_large

    def write(self, piece: bytes) -> int:
        try:
            return super().write(piece)
        except TooLargeError:
            raise FileTooLargeError(self._too_large, most_megabytes=self._limit // _MIB) from None

    def seek(self, _offset: int) -> None:
        """Take notice that the parser is done; what was written is read by its path."""

    def close(self) -> None:
        self.discard()


class SpoolingRequest(Request):
    """A request whose files go to the spool, if its door takes one at all."""

    _incoming: tuple[_Incoming, ...] = ()

    def incoming(self) -> _Incoming:
        """Open a file a request sends; UnexpectedFileError at a door that takes none, or not one more."""
        view = current_app.view_functions.get(self.endpoint or "")
        door = getattr(view, "door", None)
        if door is None or not {"upload", "uploads"} & door.parameters or len(self._incoming) >= door.accepts.most:
            raise UnexpectedFileError
        self._incoming = (*self._incoming, _Incoming(door.accepts))
        return self._incoming[-1]

    def _get_file_stream(self, *_facts: Any, **_named: Any) -> Any:
        return self.incoming()

    def close(self) -> None:
        """Let go of files nothing took; a parser that was stopped leaves its own behind."""
        super().close()
        for each in self._incoming:
            each.discard()


def allow(accepts: Accepts) -> None:
    """Let the request be as large as the files its door takes; every other one keeps the application's limit."""
    whole = min(accepts.limit + _AROUND_FILES, LARGEST_BODY)
    if request.max_content_length is not None and whole > request.max_content_length:
        request.max_content_length = whole
    if accepts.too_large is not None and (request.content_length or 0) > whole:
        raise FileTooLargeError(accepts.too_large, most_megabytes=accepts.limit // _MIB)


def in_form(accepts: Accepts) -> Upload:
    """Return the file of a form, checked; InvalidError on its field if none was chosen or it is bad."""
    return all_in_form(accepts)[0]


def all_in_form(accepts: Accepts) -> list[Upload]:
    """Return every file of a form, checked; InvalidError on their field if none was chosen or one is bad."""
    sent = [(each.stream, each.filename) for each in request.files.getlist(FILE)]
    found = [(stream, name) for stream, name in sent if isinstance(stream, _Incoming)]
    if not found:
        raise _none_chosen()
    return [_taken(stream, name, accepts) for stream, name in found]


def in_body(accepts: Accepts) -> Upload:
    """Return the file a program sends as the body of its request, its name in the query, checked."""
    sending = request
    assert isinstance(sending, SpoolingRequest)
    incoming = sending.incoming()
    for piece in iter(lambda: sending.stream.read(PIECE), b""):
        incoming.write(piece)
    return _taken(incoming, sending.args.get("name"), accepts)


def _taken(incoming: _Incoming, name: str | None, accepts: Accepts) -> Upload:
    if not incoming.size:
        raise _none_chosen()
    whole = incoming.whole()
    if accepts.check is not None:
        accepts.check(whole.path, field=FILE)
    return Upload(file_name(name), whole)


def _none_chosen() -> InvalidError:
    return InvalidError([FieldError(FILE, _l("Please choose a file."))], code="no_file")
