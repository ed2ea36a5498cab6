"""Who was erased here, in opaque ids outside the database, so that no restore brings them back for good.

An empty file each, in a folder beside the keys and in one beside the backups. Both only grow; a restore joins them.
"""

import os
from pathlib import Path
from typing import NamedTuple, Self
from uuid import UUID

from sri_admin.kernel import folders, installation, runtime

FOLDER = "erased"


class Erased(NamedTuple):
    """Somebody who was erased: what they were here, where that was decided, and the id that stays."""

    kind: str
    member_id: UUID
    id: UUID

    @property
    def name(self) -> str:
        """Return the name of the file that says so."""
        return f"{self.kind}.{self.member_id}.{self.id}"

    @classmethod
    def of(cls, name: str) -> Self:
        """Read the name of a file; ValueError if it is none of ours."""
        kind, member_id, own = name.split(".")
        return cls(kind, UUID(member_id), UUID(own))


def note(each: Erased) -> None:
    """Write down that somebody was erased. Safe to repeat."""
    _add(here(), [each.name])


def noted() -> list[Erased]:
    """Return who is written down here."""
    return [Erased.of(name) for name in _names(here())]


def here() -> Path:
    """Return the folder of this installation; all its machines share it, as they share the keys."""
    return installation.instance_folder(runtime.current().settings) / FOLDER


def join(source: Path, target: Path) -> None:
    """Add to a folder what another one names."""
    _add(target, _names(source))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _add(folder: Path, names: list[str]) -> None:
    lacking = [name for name in names if not (folder / name).exists()]
    if not lacking:
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in lacking:
        os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600))
    folders.sync(folder)
    folders.sync(folder.parent)
