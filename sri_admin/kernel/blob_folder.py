"""Files in a folder of this machine: home/blobs/ab/<sha256>, readable by their owner alone."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sri_admin.kernel import folders
from sri_admin.kernel.blob_store import DIGEST, Blob, BlobMissingError, finding_room
from sri_admin.kernel.spool import pieces_of


class FolderStore:
    """A store on the disk; a file appears by a rename, so it is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, path: Path, blob: Blob) -> None:
        """Rename a whole file into its place and see both names safe on the disk."""
        target = self._place(blob.sha256)
        with finding_room():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.chmod(0o600)
            os.utime(path)  # a content stored again is as young as a new one to who removes the unneeded
            path.replace(target)
            for folder in (target.parent, self.folder):
                folders.sync(folder)

    def size(self, sha256: str) -> int | None:
        """Return how large a content is, None if it is not here."""
        try:
            return self._place(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, sha256: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` to before `stop` in pieces; BlobMissingError before the first one."""
        try:
            file = self._place(sha256).open("rb")
        except FileNotFoundError:
            raise BlobMissingError from None
        with file:
            file.seek(start)
            yield from pieces_of(file, None if stop is None else stop - start)

    def remove(self, sha256: str) -> None:
        """Forget a content; none there is no error."""
        self._place(sha256).unlink(missing_ok=True)

    def manifest(self) -> Iterator[Blob]:
        """Give everything that is here, in the order of the digests."""
        for path in sorted(self.folder.glob("??/*")):
            if DIGEST.fullmatch(path.name):
                status = path.stat()
                yield Blob(path.name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def _place(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256
