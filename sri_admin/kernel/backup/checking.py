"""Looking at a backup without restoring it: every piece by its digest, every row counted, the keys opened."""

from collections.abc import Callable
from pathlib import Path

from sri_admin.kernel import blobs
from sri_admin.kernel.backup import manifest, pieces, sealed
from sri_admin.kernel.backup.errors import DamagedError
from sri_admin.kernel.backup.manifest import Manifest, TablePiece
from sri_admin.kernel.backup.progress import Progress, Step, Tell, in_silence
from sri_admin.kernel.i18n import gettext as _


def check(folder: Path, *, tell: Tell = in_silence, mend: Callable[[str], object] | None = None) -> Manifest:
    """Check everything that can be checked without the passphrase; DamagedError names the first piece that is wrong.

    `mend` is given the name of a file that is not what it should be, to put it right before it is looked at again.
    """
    made = Manifest.read(folder)
    progress = Progress(made.size, tell, Step.READING)
    for name, each in made.tables.items():
        _check_table(folder / manifest.TABLES / f"{name}.gz", each)
        progress.add(each.piece.size)
    for name, size in made.blobs.items():
        path = blob(folder, name)
        if not _is_whole(path, size):
            if mend is not None:
                mend(name)
            check_blob(path, size)
        progress.add(size)
    return made


def lacking(made: Manifest) -> list[str]:
    """Return which files a backup leaves to the store are not there as they were; asks the store of the settings."""
    if not made.in_store:
        return []
    there = {each.sha256: each.size for each in blobs.manifest()}
    return sorted(name for name, size in made.in_store.items() if there.get(name) != size)


def open_keys(folder: Path, made: Manifest, passphrase: str, *, apart: Path | None = None) -> dict[str, bytes]:
    """Return the files of keys, from the backup or from where they were kept apart."""
    box = b"".join(pieces.checked(apart or folder / manifest.KEYS, made.keys))
    return sealed.unseal(box, passphrase)


def blob(folder: Path, name: str) -> Path:
    """Return where a file of a backup lies: in the pool that all backups of a folder share."""
    return folder.parent / manifest.BLOBS / name[:2] / name


def check_blob(path: Path, size: int) -> None:
    """Refuse a file that is missing or not what its name says."""
    if not path.is_file():
        raise DamagedError(_("The file %(name)s is missing in this backup. Take another backup.", name=path.name))
    if not _is_whole(path, size):
        raise DamagedError(_("The file %(name)s of this backup is damaged. Take another backup.", name=path.name))


def _is_whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size and pieces.digest_of(path) == path.name


def _check_table(path: Path, of: TablePiece) -> None:
    rows = sum(block.count(b"\n") for block in pieces.unpacked(pieces.checked(path, of.piece), path.name))
    if rows != of.rows:
        raise DamagedError(_("The file %(name)s of this backup is damaged. Take another backup.", name=path.name))
