"""Where files grow before they are whole: in home/spool, out of everybody's sight, for their owner alone."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from sri_admin.kernel import clock, ids, runtime
from sri_admin.kernel.blob_store import PIECE, Blob, finding_room
from sri_admin.kernel.errors import TooLargeError

_ABANDONED_SECONDS: Final = 24 * 3600
_INCOMING, _PART = "incoming-", ".part"


@dataclass(frozen=True)
class Spooled:
    """A whole file that is not in the store yet, and what it was hashed to on its way."""

    path: Path
    blob: Blob


class Growing:
    """A file while it comes in: hashed as it is written, refused with TooLargeError beyond its limit."""

    def __init__(self, *, limit: int) -> None:
        self.path, self.size = folder() / f"{_INCOMING}{ids.new()}", 0
        self._limit, self._hash = limit, hashlib.sha256()
        self._file = _private(self.path, os.O_CREAT | os.O_EXCL)

    def write(self, piece: bytes) -> int:
        """Append a piece."""
        self.size += len(piece)
        if self.size > self._limit:
            raise TooLargeError(limit=self._limit)
        self._hash.update(piece)
        with finding_room():
            return self._file.write(piece)

    def whole(self) -> Spooled:
        """Declare the file whole; it is safe on the disk when this returns."""
        with finding_room():
            os.fsync(self._file.fileno())
        return Spooled(self.path, Blob(self._hash.hexdigest(), self.size))

    def discard(self) -> None:
        """Close the file and remove it, unless it was taken into the store."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def folder() -> Path:
    """Return the spool, made for its owner alone."""
    path = runtime.current().settings.installation.home / "spool"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


@contextmanager
def growing(*, limit: int) -> Iterator[Growing]:
    """Open a new file; whatever was not taken into the store by the end of the block is gone."""
    file = Growing(limit=limit)
    try:
        yield file
    finally:
        file.discard()


def part_size(sha256: str) -> int:
    """Return how many bytes of a file that is being fetched are here."""
    path = _part(sha256)
    return path.stat().st_size if path.exists() else 0


def append_part(sha256: str, piece: bytes) -> None:
    """Append to a file that is being fetched; what was written when the disk filled up stays and counts."""
    with finding_room(), _private(_part(sha256), os.O_CREAT | os.O_APPEND) as file:
        file.write(piece)


def whole_part(sha256: str) -> Spooled:
    """Hash a file whose last byte came, and return it as it really is."""
    path = _part(sha256)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return Spooled(path, Blob(digest, path.stat().st_size))


def drop_part(sha256: str) -> None:
    """Throw away what came of a file."""
    _part(sha256).unlink(missing_ok=True)


def sweep() -> int:
    """Remove what killed processes left behind a day ago, and return how many files that were."""
    before = clock.now().timestamp() - _ABANDONED_SECONDS
    left = [path for path in folder().glob(f"{_INCOMING}*") if path.stat().st_mtime < before]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def sweep_folders(prefix: str) -> int:
    """Remove folders of passing work that killed processes left behind a day ago, and return how many those were."""
    before = clock.now().timestamp() - _ABANDONED_SECONDS
    left = [path for path in folder().glob(f"{prefix}*") if path.is_dir() and path.stat().st_mtime < before]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def pieces_of(file: IO[bytes], stop: int | None = None) -> Iterator[bytes]:
    """Read an open file in pieces, to its end or for `stop` bytes."""
    left = stop
    while piece := file.read(PIECE if left is None else min(PIECE, left)):
        yield piece
        left = None if left is None else left - len(piece)


def _part(sha256: str) -> Path:
    return folder() / f"{sha256}{_PART}"


def _private(path: Path, flags: int) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | flags, 0o600), "wb", buffering=0)
