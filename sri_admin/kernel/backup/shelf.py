"""The folder of backups: which whole ones lie in it, which of them go, which files of the pool nobody needs."""

import shutil
from pathlib import Path

from sri_admin.kernel import installation
from sri_admin.kernel.backup import manifest, pieces
from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.backup.manifest import Manifest

DRAFT = ".partial"


def prefix() -> str:
    """Return how the names of this installation's backups begin."""
    own = installation.identity()
    return f"{own.role}-{own.short}"


def found(folder: Path) -> list[Path]:
    """Return the whole backups of this installation in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"{prefix()}-*/{manifest.FILE}"))


def rotate(folder: Path, keep: int) -> None:
    """Let all but the newest backups go, and the files only they needed."""
    for old in found(folder)[: -max(1, keep)]:
        gone = folder / f".{old.name}{DRAFT}"
        old.rename(gone)  # half deleted it must not look like a backup
        shutil.rmtree(gone)
    sweep(folder)


def sweep(folder: Path) -> None:
    """Remove files of the pool that no backup names; none goes while a list of contents cannot be read."""
    try:
        needed = {name for path in folder.glob(f"*/{manifest.FILE}") for name in Manifest.read(path.parent).blobs}
    except BackupError:
        return
    for path in pieces.stored(folder / manifest.BLOBS):
        if path.name not in needed:
            path.unlink()
