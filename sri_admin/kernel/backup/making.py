"""Making a backup: one snapshot for all rows, then the files, then the keys; it gets its name when it was read back.

The files are looked at after the snapshot began and are never changed in place, so every file a row of the snapshot
refers to is in the backup. Older backups go only once a newer one has its name.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from sri_admin import __version__
from sri_admin.kernel import blobs, clock, database, folders, installation, jobs, runtime
from sri_admin.kernel.backup import checking, erased, manifest, pieces, sealed, shelf, tables
from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.backup.manifest import Manifest, TablePiece
from sri_admin.kernel.backup.progress import Progress, Tell, in_silence
from sri_admin.kernel.blob_store import is_no_room
from sri_admin.kernel.i18n import gettext as _

AUDIT_HEAD = "select n, encode(chain, 'hex') from audit_head"
_IDENTITY = "select id::text, role, tenant_id::text, incarnation::text from installation"


@dataclass(frozen=True)
class Made:
    """A backup that was made: where it lies, what it says of itself, which files here were damaged and left out."""

    folder: Path
    manifest: Manifest
    left_out: list[str] = field(default_factory=list)


def heads_wanted() -> dict[str, str]:
    """Return the queries for the ends of every chain and stream the parts know of."""
    declared = {name: query for part in runtime.current().parts for name, query in part.heads.items()}
    return {"audit": AUDIT_HEAD, **declared}


def make(folder: Path, passphrase: str, *, keep: int | None = None, tell: Tell = in_silence) -> Made:
    """Make a backup in a folder of backups and read it back; with `keep` only so many of the newest stay then."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            try:
                made = _made(folder, passphrase, tell)
            except OSError:
                shelf.sweep(folder)  # what was copied for it is in no list and takes the room
                raise
            erased.join(erased.here(), folder / erased.FOLDER)
            if keep is not None:
                shelf.rotate(folder, keep)
            return made
    except OSError as error:
        raise _in_words(error, folder) from error


def blobs_here() -> Path:
    """Return the folder of this installation's files."""
    return runtime.current().settings.installation.home / manifest.BLOBS


def _made(folder: Path, passphrase: str, tell: Tell) -> Made:
    box = sealed.seal(_keys(), passphrase)
    name = f"{shelf.prefix()}-{clock.now():%Y%m%dT%H%M%S%f}Z"
    draft = folder / f".{name}{shelf.DRAFT}"
    for stale in folder.glob(f".*{shelf.DRAFT}"):
        shutil.rmtree(stale)
    (draft / manifest.TABLES).mkdir(parents=True, mode=0o700)
    try:
        written, left_out = _fill(draft, folder, box, tell)
        folders.sync(draft)
        _read_back(draft, passphrase, tell)
        draft.rename(folder / name)
        folders.sync(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Made(folder / name, written, left_out)


def _read_back(draft: Path, passphrase: str, tell: Tell) -> None:
    def mend(name: str) -> None:  # it lay in the pool from an earlier backup and went bad there
        copy_blob(blobs_here() / name[:2] / name, checking.blob(draft, name))

    checking.open_keys(draft, checking.check(draft, tell=tell, mend=mend), passphrase)


def _fill(draft: Path, folder: Path, box: bytes, tell: Tell) -> tuple[Manifest, list[str]]:
    with psycopg.connect(jobs.conninfo(database.backup_url())) as connection:
        connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        tables.require_everything(connection)
        measured = tables.sizes(connection)
        files = list(pieces.stored(blobs_here()))
        progress = Progress(sum(measured.values()) + sum(path.stat().st_size for path in files), tell)
        rows = {each: _table(connection, draft, each, progress) for each in tables.names(connection)}
        kept, left_out = _blobs(files, folder / manifest.BLOBS, progress)
        identity = connection.execute(_IDENTITY).fetchone()
        assert identity is not None
        made = Manifest(
            made_at=clock.wire(clock.now()),
            software=__version__,
            revision=tables.revision(connection) or "",
            installation=dict(zip(("id", "role", "tenant_id", "incarnation"), identity, strict=True)),
            tables=rows,
            sequences=tables.sequences(connection),
            heads=tables.heads(connection, heads_wanted()),
            blobs=kept,
            in_store=_in_store(connection),
            keys=pieces.write(draft / manifest.KEYS, iter([box])),
        )
    pieces.write(draft / manifest.FILE, iter([made.to_bytes()]))
    folders.sync(draft / manifest.TABLES)
    return made, left_out


def _table(connection: psycopg.Connection, draft: Path, name: str, progress: Progress) -> TablePiece:
    of, rows = tables.columns(connection, name), 0

    def counted() -> Iterator[bytes]:
        nonlocal rows
        for block in tables.copied(connection, name, of):
            rows += block.count(b"\n")
            progress.add(len(block))
            yield block

    piece = pieces.write(draft / manifest.TABLES / f"{name}.gz", pieces.packed(counted()))
    return TablePiece(of, rows, piece)


def _blobs(files: list[Path], pool: Path, progress: Progress) -> tuple[dict[str, int], list[str]]:
    kept: dict[str, int] = {}
    left_out: list[str] = []
    for path in files:
        size = path.stat().st_size
        target = pool / path.name[:2] / path.name
        if not (target.exists() and target.stat().st_size == size) and not copy_blob(path, target):
            left_out.append(path.name)
            continue
        kept[path.name] = size
        progress.add(size)
    return kept, left_out


def _in_store(connection: psycopg.Connection) -> dict[str, int]:
    if runtime.current().settings.blobs.store == "folder":
        return {}
    named = {name for table in blobs.tables() for name in tables.files_named(connection, table.name)}
    return {each.sha256: each.size for each in blobs.manifest() if each.sha256 in named}


def copy_blob(source: Path, target: Path) -> bool:
    """Copy a file to the place its digest names; False, and no copy, if its content is not what its name says."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".{target.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        if pieces.write(draft, pieces.blocks_of(source)).sha256 != target.name:
            return False
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _keys() -> dict[str, bytes]:
    folder = installation.instance_folder(runtime.current().settings)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = _("Another backup is being written to this folder just now.")
            raise BackupError(message, code="backup_busy") from None
        yield


def _in_words(error: OSError, folder: Path) -> BackupError:
    if is_no_room(error):
        message = _("There is no room left in %(folder)s. Free some, or choose another folder.", folder=str(folder))
        return BackupError(message, code="backup_no_room")
    why = error.strerror or type(error).__name__
    message = _("The folder %(folder)s cannot be used: %(why)s.", folder=str(folder), why=why)
    return BackupError(message, code="backup_folder")
