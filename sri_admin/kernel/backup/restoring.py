"""Restoring a backup: everything is checked before anything is touched, and the last step is the one that counts.

The order: files (known by their digest, so a repeat is harmless), the keys beside the old ones, the tables built anew
by the migrations of the backup's time, all rows in one transaction, the tables brought up to date, the standing, and
last the folder of keys under its real name, with the list of whom this installation erased since. A program does not
start on a database and a folder that do not belong together, so nothing half restored is ever used; the same command
finishes what was interrupted.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from alembic.util.exc import CommandError
from psycopg import sql

from sri_admin.kernel import blobs, clock, database, folders, installation, jobs, postgres, runtime
from sri_admin.kernel.backup import checking, erased, making, manifest, pieces, tables
from sri_admin.kernel.backup.errors import BackupError, DamagedError, UsedDatabaseError
from sri_admin.kernel.backup.manifest import Manifest
from sri_admin.kernel.backup.progress import Progress, Tell, in_silence
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l

_IDENTITY_FILE = "incarnation.json"
_COMPANY_SECONDS = 5.0
_CANCEL = """
    update procrastinate_jobs set status = 'cancelled'
    where status in ('todo', 'doing') and task_name = any(%s) returning id, task_name
"""
_OTHERS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Restored:
    """What a restore did: the backup it came from, the outward work it called off, the files the store lacks."""

    manifest: Manifest
    cancelled: list[str]
    lacking: list[str]


@dataclass(frozen=True)
class Lost:
    """What a restore would replace: whose database it is, and how many rows its tables hold."""

    installation_id: str
    rows: dict[str, int]


def what_would_be_lost() -> Lost | None:
    """Return what stands in the database now; None if nobody has used it."""
    with _owner() as connection:
        if tables.revision(connection) is None or not _has(connection, "installation"):
            return None
        row = connection.execute("select id::text from installation").fetchone()
        counted = {name: _count(connection, name) for name in tables.names(connection)}
    return Lost(row[0], {name: rows for name, rows in counted.items() if rows}) if row else None


def check_fits(made: Manifest) -> None:
    """Refuse a backup of the other role, or of a newer program."""
    role = runtime.current().settings.installation.role
    if made.installation["role"] != role:
        raise BackupError(
            _(
                "This is the backup of a %(theirs)s, and this is a %(ours)s. Correct installation.role.",
                theirs=made.installation["role"] or "",
                ours=role,
            ),
            code="backup_role_differs",
        )
    try:
        database.scripts().get_revision(made.revision)
    except CommandError:
        message = _("This backup was made by a newer program. Update this one first, then restore.")
        raise BackupError(message, code="backup_newer") from None


def restore(
    folder: Path, passphrase: str, *, apart: Path | None = None, replace: bool = False, tell: Tell = in_silence
) -> Restored:
    """Put a backup in the place of this installation; it stands `restored` and writes under a new incarnation."""
    made = checking.check(folder, tell=tell)
    check_fits(made)
    keys = checking.open_keys(folder, made, passphrase, apart=apart)
    begun = _begun()
    if begun is None and not replace and what_would_be_lost() is not None:
        raise UsedDatabaseError(_l("This database is in use. Restore into a new one, or replace it with --replace."))
    _refuse_company()
    lacking = checking.lacking(made)
    _restore_blobs(folder, made, Progress(sum(made.blobs.values()), tell))
    incarnation = _stage(keys, made)
    postgres.clear(jobs.conninfo(database.owner_url()), database.role_names())
    database.migrate(made.revision)
    cancelled = _restore_rows(folder, made, incarnation, Progress(made.size, tell))
    _finish(folder)
    return Restored(made, cancelled, lacking)


def _finish(folder: Path) -> None:
    database.migrate()
    with _owner() as connection:
        connection.execute("update installation set standing = 'restored'")
    home = runtime.current().settings.installation.home
    old = home / "instance"
    for beside in (old, folder.parent):
        erased.join(beside / erased.FOLDER, _staged() / erased.FOLDER)
    if old.exists():
        old.rename(home / f"instance.before-{clock.now():%Y%m%dT%H%M%S%f}Z")
    _staged().rename(old)
    folders.sync(home)
    installation.forget_identity()


def _begun() -> str | None:
    """Return the incarnation whose rows are in and whose keys still wait under the other name."""
    path = _staged() / _IDENTITY_FILE
    if not path.exists():
        return None
    waiting = json.loads(path.read_bytes())["incarnation"]
    with _owner() as connection:
        if not _has(connection, "installation"):
            return None
        row = connection.execute("select incarnation::text from installation").fetchone()
    return waiting if row == (waiting,) else None


def _staged() -> Path:
    return runtime.current().settings.installation.home / "instance.restored"


def _stage(keys: dict[str, bytes], made: Manifest) -> str:
    """Lay the keys ready, with a new incarnation: whoever knew the old one sees that this is a restored copy.

    What an attempt that was killed chose stays chosen: its rows may be in already, and are known by it.
    """
    staged, incarnation = _staged(), _chosen(made) or str(uuid4())
    staged.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in staged.iterdir():
        if path.is_file() and path.name not in {*keys, _IDENTITY_FILE}:
            path.unlink()
    identity = json.dumps({"id": made.installation["id"], "incarnation": incarnation}).encode()
    for name, content in {**keys, _IDENTITY_FILE: identity}.items():
        if Path(name).name != name:
            raise DamagedError(
                _("The file %(name)s of this backup is damaged. Take another backup.", name=manifest.KEYS)
            )
        installation.write_private(staged / name, content)
    folders.sync(staged)
    return incarnation


def _chosen(made: Manifest) -> str | None:
    path = _staged() / _IDENTITY_FILE
    told = json.loads(path.read_bytes()) if path.exists() else {}
    return told.get("incarnation") if told.get("id") == made.installation["id"] else None


def _restore_blobs(folder: Path, made: Manifest, progress: Progress) -> None:
    for name, size in made.blobs.items():
        if blobs.size_of(name) != size:
            _restore_blob(checking.blob(folder, name), size)
        progress.add(size)


def _restore_blob(path: Path, size: int) -> None:
    if runtime.current().settings.blobs.store == "folder":
        making.copy_blob(path, making.blobs_here() / path.name[:2] / path.name)
    else:
        blobs.put(pieces.blocks_of(path), limit=size)


def _restore_rows(folder: Path, made: Manifest, incarnation: str, progress: Progress) -> list[str]:
    with _owner() as connection:
        wanted, forced = tables.in_order(connection, list(made.tables)), tables.forced(connection)
        tables.open_for_filling(connection, wanted)
        for name in wanted:
            _restore_table(connection, folder, made, name)
            progress.add(made.tables[name].piece.size)
        tables.set_sequences(connection, made.sequences)
        wanted_heads = {name: query for name, query in making.heads_wanted().items() if name in made.heads}
        if tables.heads(connection, wanted_heads) != made.heads:
            raise DamagedError(_l("The heads of this backup do not fit its rows. Take another backup."))
        connection.execute("update installation set incarnation = %s", [incarnation])
        outward = [task.name for task in runtime.current().tasks.values() if task.outward]
        cancelled = connection.execute(_CANCEL, [outward]).fetchall()
        tables.close_after_filling(connection, forced, wanted)
    return [f"{name} #{number}" for number, name in cancelled]


def _restore_table(connection: psycopg.Connection, folder: Path, made: Manifest, name: str) -> None:
    each, path = made.tables[name], folder / manifest.TABLES / f"{name}.gz"
    rows = tables.fill(connection, name, each.columns, pieces.unpacked(pieces.checked(path, each.piece), path.name))
    if rows != each.rows:
        raise DamagedError(_("The file %(name)s of this backup is damaged. Take another backup.", name=path.name))


def _refuse_company() -> None:
    # The sessions of an attempt that was killed end by themselves; they are given a moment for it.
    until = time.monotonic() + _COMPANY_SECONDS
    while _has_company():
        if time.monotonic() < until:
            time.sleep(0.1)
            continue
        raise BackupError(
            _l("The program, or another one, still works on this database. Stop it first, then restore."),
            code="backup_company",
        )


def _has_company() -> bool:
    with _owner() as connection:
        row = connection.execute(_OTHERS).fetchone()
    return row is not None and bool(row[0])


def _has(connection: psycopg.Connection, table: str) -> bool:
    return connection.execute("select to_regclass(quote_ident(%s)) is not null", [table]).fetchone() == (True,)


def _count(connection: psycopg.Connection, table: str) -> int:
    counted = sql.SQL("select count(*) from {}").format(sql.Identifier("public", table))
    row = connection.execute(counted).fetchone()
    return row[0] if row else 0


def _owner() -> psycopg.Connection:
    return psycopg.connect(jobs.conninfo(database.owner_url()))
