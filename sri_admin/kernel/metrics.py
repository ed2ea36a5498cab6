"""Numbers about running, for Prometheus: requests, jobs, sync; added up over the processes of an installation."""

import os
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from sri_admin.kernel import settings

REGISTRY: Final = CollectorRegistry()

requests = Counter("sri_requests", "Requests answered", ["endpoint", "method", "status"], registry=REGISTRY)
request_seconds = Histogram("sri_request_seconds", "Server time of a request", ["endpoint"], registry=REGISTRY)
sync_changes = Counter("sri_sync_changes", "Changes applied", ["direction"], registry=REGISTRY)
sync_last_contact = Gauge(
    "sri_sync_last_contact_seconds",
    "When the hub was last reached",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
set_aside = Counter("sri_sync_set_aside", "Records set aside for a person", registry=REGISTRY)
missing_translations = Gauge(
    "sri_missing_translations",
    "Sentences shown in a fallback language",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)


def exposition() -> bytes:
    """Return the numbers as Prometheus reads them: of all processes of the installation where they share a folder."""
    folder = settings.numbers_folder()
    if folder is None:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together, str(folder))
    return generate_latest(together)


def prepare(folder: Path) -> None:
    """Make the shared folder; forget the numbers of before when nothing of them runs any more."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = list(folder.glob("*.db"))
    ended = {file for file in files if not _lives(_process_of(file))}
    if len(ended) == len(files):
        for file in files:
            file.unlink(missing_ok=True)
    for number in {_process_of(file) for file in ended}:
        forget(number, folder)


def forget(process: int, folder: Path | None = None) -> None:
    """Drop what held only while a process lived; what it had counted stays in the sums."""
    if folder := folder or settings.numbers_folder():
        mark_process_dead(process, str(folder))


def _process_of(file: Path) -> int:
    return int(file.stem.rpartition("_")[2])


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
