"""Files by their content: put once under their SHA-256, never changed, in a folder or an S3 store as the settings say.

A file is whole and safe before anything refers to it; what nothing refers to any more is removed by a job.
"""

import hashlib
import importlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import runtime, spool
from sri_admin.kernel.blob_folder import FolderStore
from sri_admin.kernel.blob_store import Blob, Store
from sri_admin.kernel.db import Base
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.settings import BlobSettings
from sri_admin.kernel.spool import Spooled

DIGEST_RULE: Final = "sha256 ~ '^[0-9a-f]{64}$' and size > 0"


class HoldsFile:
    """A row that refers to a file; while it stands, the file is kept."""

    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger, comment="bytes")
    media_type: Mapped[str]


def put(pieces: Iterable[bytes], *, limit: int) -> Blob:
    """Store a file and return its digest and size; TooLargeError, NoRoomError leave nothing behind."""
    with spool.growing(limit=limit) as growing:
        for piece in pieces:
            growing.write(piece)
        return take(growing.whole())


def take(file: Spooled) -> Blob:
    """Move a whole file from the spool into the store."""
    store().take(file.path, file.blob)
    return file.blob


def size_of(sha256: str) -> int | None:
    """Return how large a file is, None if it is not here."""
    return store().size(sha256)


def read(sha256: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Give the bytes of a file from `start` to before `stop`; BlobMissingError if it is not here."""
    return store().read(sha256, start, stop)


def is_sound(sha256: str) -> bool:
    """Read a whole file and say whether it still is what its name says."""
    digest = hashlib.sha256()
    for piece in store().read(sha256):
        digest.update(piece)
    return digest.hexdigest() == sha256


def remove(sha256: str) -> None:
    """Remove a file; who calls this knows that nothing refers to it, or that it is damaged."""
    store().remove(sha256)


def manifest() -> Iterator[Blob]:
    """Give digest, size and age of every file that is here, in the order of the digests."""
    return store().manifest()


def tables() -> list[sa.Table]:
    """Return every table whose rows refer to files."""
    mapped = (mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, HoldsFile))
    return [mapper.local_table for mapper in mapped if isinstance(mapper.local_table, sa.Table)]


def store() -> Store:
    """Return the store of this installation."""
    settings = runtime.current().settings
    return _made(settings.blobs, settings.installation.home)


@cache
def _made(settings: BlobSettings, home: Path) -> Store:
    if settings.store == "folder":
        return FolderStore(home / "blobs")
    try:
        s3 = importlib.import_module("sri_admin.kernel.blob_s3")
    except ModuleNotFoundError:
        message = _("Files are to be kept in an S3 store, but boto3 is missing. Install sri-admin with the extra “s3”.")
        raise ConfigurationError(message) from None
    return s3.S3Store(settings)
