"""A backup and its restore measured whole, beside what PostgreSQL's own programs need for the same rows.

The reports themselves are of no migration, so a backup cannot hold them: what is kept are the lines they left.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from sri_admin.kernel import postgres
from sri_admin.kernel.backup import making
from sri_admin.kernel.backup import restoring as product
from sri_admin.kernel.db import db
from tests.benchmarks import reports
from tests.benchmarks.stand import HUB_DATABASE, Stand, Worker, built, owner
from tests.benchmarks.sync import IncompleteError, fill, say

_PASSPHRASE = "correct horse battery staple"


class Kept(NamedTuple):
    """A backup: the seconds it took to write and read back, its rows and bytes, where it lies."""

    seconds: float
    rows: int
    size: int
    folder: Path


def measure(rows: int, *, durable: bool) -> dict[str, Any]:
    """Measure with a hub that holds many lines."""
    say("building a hub")
    with built(durable=durable) as stand:
        with Worker(stand.hub) as hub:
            say(f"writing {rows} lines")
            hub.do(fill, stand.member_id, rows, 1)
            hub.do(drop_reports)
            kept = hub.do(back_up, stand.scratch / "backups")
        say(f"{kept.rows} rows kept in {kept.seconds:.2f} s")
        with Worker(stand.another("restored")) as place:
            seconds = place.do(restore, kept.folder)
        say("yardsticks")
        dumped, loaded = _of_postgresql(stand)
    return {
        "backup_s": round(kept.seconds, 2),
        "restore_s": round(seconds, 2),
        "pg_dump_s": round(dumped, 2),
        "pg_restore_s": round(loaded, 2),
        "backup_of_pg_dump": round(kept.seconds / dumped, 2),
        "restore_of_pg_restore": round(seconds / loaded, 2),
        "rows": kept.rows,
        "backup_bytes": kept.size,
        "durable": durable,
        "load": round(os.getloadavg()[0], 1),
    }


def drop_reports() -> None:
    """Take the tables no migration makes out of the way."""
    with owner().begin() as connection:
        for name in (reports.Report.__tablename__, reports.TWIN, reports.OPEN_TWIN):
            connection.execute(sa.schema.DropTable(sa.Table(name, sa.MetaData())))


def back_up(folder: Path) -> Kept:
    """Make a backup and read it back."""
    begun = time.perf_counter()
    made = making.make(folder, _PASSPHRASE)
    return Kept(time.perf_counter() - begun, made.manifest.rows, made.manifest.size, made.folder)


def restore(folder: Path) -> float:
    """Restore it: checked, migrated, filled; return the seconds it took."""
    begun = time.perf_counter()
    done = product.restore(folder, _PASSPHRASE)
    seconds = time.perf_counter() - begun
    with owner().connect() as connection:
        found = connection.scalar(sa.text("select count(*) from sync_line"))
    db.engine.dispose()
    if found != done.manifest.tables["sync_line"].rows:
        raise IncompleteError(f"{found} lines came back")
    return seconds


def _of_postgresql(stand: Stand) -> tuple[float, float]:
    programs, file = Path(postgres.find_binaries()), stand.scratch / "dump"
    postgres.create_database(stand.cluster, "bench_loaded")
    source, target = (make_conninfo(stand.cluster.dsn, dbname=name) for name in (HUB_DATABASE, "bench_loaded"))
    dumped = _timed(lambda: _run([programs / "pg_dump", "--format=custom", "--file", file, source]))
    # The schema `public` is there already, and PostgreSQL's program says so.
    command = [programs / "pg_restore", "--no-owner", "--no-privileges", "--dbname", target, file]
    return dumped, _timed(lambda: _run(command, may_grumble=True))


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _run(command: Sequence[str | Path], *, may_grumble: bool = False) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not may_grumble:
        raise IncompleteError(done.stderr)
