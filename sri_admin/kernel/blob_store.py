"""What a store of files can do, and what may go wrong with it."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from sri_admin.kernel.errors import NotFoundError, UnavailableError
from sri_admin.kernel.i18n import gettext_lazy as _l

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
PIECE: Final = 256 * 1024
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Blob(NamedTuple):
    """A file by its content: the SHA-256 in hex and the size in bytes; `stored_at` is when it was last stored."""

    sha256: str
    size: int
    stored_at: datetime | None = None


class BlobMissingError(NotFoundError):
    """The store does not hold this content."""

    code = "file_missing"
    message = _l("This file is not here just now.")


class NoRoomError(UnavailableError):
    """The disk, or what we may use of it, is full."""

    code = "disk_full"
    message = _l("There is no room left on this machine’s disk. Nothing was changed; make room and try again.")


class StoreUnreachableError(UnavailableError):
    """The store of files does not answer."""

    code = "store_unreachable"
    message = _l("The store of files cannot be reached just now. Nothing is lost; please try again.")


class Store(Protocol):
    """Keeps whole files by their content; what it shows is complete."""

    def take(self, path: Path, blob: Blob) -> None:
        """Move a whole, hashed file from the spool into the store; one that is there already is replaced."""
        ...

    def size(self, sha256: str) -> int | None:
        """Return how large a content is, None if it is not here."""
        ...

    def read(self, sha256: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` to before `stop` in pieces; BlobMissingError before the first one."""
        ...

    def remove(self, sha256: str) -> None:
        """Forget a content; none there is no error."""
        ...

    def manifest(self) -> Iterator[Blob]:
        """Give everything that is here, in the order of the digests."""
        ...


def is_no_room(error: OSError) -> bool:
    """Say whether an error means that the disk, or the share of it we may use, is full."""
    return error.errno in _NO_ROOM


@contextmanager
def finding_room() -> Iterator[None]:
    """Say plainly when what is written in the block finds no room."""
    try:
        yield
    except OSError as error:
        if is_no_room(error):
            raise NoRoomError from error
        raise
