"""The manifest: what a backup is of, what stood in it, and the digest of every piece."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sri_admin.kernel.backup.errors import BackupError, DamagedError
from sri_admin.kernel.i18n import gettext as _

FORMAT = 2  # 1 did not say which files stay in a store
FILE, KEYS, TABLES, BLOBS = "manifest.json", "keys.sealed", "tables", "blobs"


@dataclass(frozen=True)
class Piece:
    """One file of a backup: its size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class TablePiece:
    """The rows of one table: their columns in order, their number, and the file they lie in."""

    columns: list[str]
    rows: int
    piece: Piece


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything a backup says of itself.

    `blobs` are the files it holds, `in_store` those its rows name that stay in a store of their own.
    """

    made_at: str
    software: str
    revision: str
    installation: dict[str, str | None]
    tables: dict[str, TablePiece]
    sequences: dict[str, int]
    heads: dict[str, list[list[Any]]]
    blobs: dict[str, int]
    keys: Piece
    in_store: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Return the bytes of all pieces, the files of the installation included."""
        return self.keys.size + sum(each.piece.size for each in self.tables.values()) + sum(self.blobs.values())

    @property
    def rows(self) -> int:
        """Return the number of rows of all tables."""
        return sum(each.rows for each in self.tables.values())

    @property
    def moment(self) -> datetime:
        """Return when the cut was made."""
        return datetime.fromisoformat(self.made_at)

    def to_bytes(self) -> bytes:
        """Write it down, with a digest over itself."""
        values = asdict(self)
        return json.dumps({**values, "digest": _digest(values)}, indent=1, ensure_ascii=False).encode()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of a backup; BackupError or DamagedError says in one sentence why it cannot be used."""
        path = folder / FILE
        if not path.is_file():
            raise BackupError(_("There is no backup in %(folder)s.", folder=str(folder)))
        damaged = DamagedError(_("The list of contents of this backup is damaged. Take another backup."))
        try:
            values = json.loads(path.read_bytes())
            told = values.pop("digest")
            if not 1 <= values["format"] <= FORMAT:
                message = _("This backup was made by a newer program. Update this one first, then restore.")
                raise BackupError(message, code="backup_newer")
            if told != _digest(values):
                raise damaged
            tables = {
                name: TablePiece(each["columns"], each["rows"], Piece(**each["piece"]))
                for name, each in values.pop("tables").items()
            }
            return cls(**{**values, "tables": tables, "keys": Piece(**values["keys"])})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise damaged from None


def _digest(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
