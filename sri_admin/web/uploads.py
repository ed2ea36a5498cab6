"""Files people send: written to the spool while they come in, never beyond the limit of the door they come to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Request, current_app, request

from sri_admin.kernel.blob_store import PIECE
from sri_admin.kernel.errors import AppError, FieldError, InvalidError, TooLargeError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.spool import Growing
from sri_admin.web.forms import FILE, Upload, file_name

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Accepts:
    """Which files a door takes: at most so many bytes, and what refuses one with InvalidError before it is used."""

    limit: int = 32 * _MIB
    check: Callable[..., None] | None = None


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

    def write(self, piece: bytes) -> int:
        try:
            return super().write(piece)
        except TooLargeError:
            raise FileTooLargeError(most_megabytes=self._limit // _MIB) from None

    def seek(self, _offset: int) -> None:
        """Take notice that the parser is done; what was written is read by its path."""

    def close(self) -> None:
        self.discard()


class SpoolingRequest(Request):
    """A request whose files go to the spool, if its door takes one at all."""

    _incoming: tuple[_Incoming, ...] = ()

    def incoming(self) -> _Incoming:
        """Open the one file a request may send; UnexpectedFileError at a door that takes none."""
        view = current_app.view_functions.get(self.endpoint or "")
        door = getattr(view, "door", None)
        if door is None or "upload" not in door.parameters or self._incoming:
            raise UnexpectedFileError
        self._incoming = (_Incoming(limit=door.accepts.limit),)
        return self._incoming[0]

    def _get_file_stream(self, *_facts: Any, **_named: Any) -> Any:
        return self.incoming()

    def close(self) -> None:
        """Let go of files nothing took; a parser that was stopped leaves its own behind."""
        super().close()
        for each in self._incoming:
            each.discard()


def in_form(accepts: Accepts) -> Upload:
    """Return the file of a form, checked; InvalidError on its field if none was chosen or it is bad."""
    stored = request.files.get(FILE)
    if stored is None or not isinstance(stored.stream, _Incoming):
        raise _none_chosen()
    return _taken(stored.stream, stored.filename, accepts)


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
