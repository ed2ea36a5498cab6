"""Having a backup made, and noting how its run goes; the notes are kept apart, because a run is no transaction."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from sri_admin.keeping.events import BackupAsked
from sri_admin.keeping.models import BackupRun
from sri_admin.keeping.policy import POLICY
from sri_admin.keeping.queries.backups import find_run, newest_runs, plan
from sri_admin.keeping.rules.backups import RunState, is_under_way
from sri_admin.kernel import clock, ids, jobs, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.backup import making
from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.backup.making import Made
from sri_admin.kernel.backup.progress import Progress, Step, Tell, in_silence
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record

MAKE = "keeping.back_up"
_STATES = {Step.WRITING: RunState.WRITING, Step.READING: RunState.READING}
_SIGN_EVERY_SECONDS = 1.0
log = structlog.get_logger(__name__)


def ask_for_backup(actor: Actor, own: UUID | None, *, run_id: UUID | None = None) -> BackupRun:
    """Have a backup made; the same id again, or another one under way, answers with the run there is.

    `own` is the tenant this installation is at home in; a node that is not connected yet has none.
    """
    POLICY.require(actor, "keeping.backup.make", own)
    found = find_run(run_id) if run_id else None
    at_work = next((each for each in newest_runs() if is_under_way(each.told, clock.now())), None)
    if found or at_work:
        return found or at_work  # pyright: ignore[reportReturnType] - one of them is there
    if not plan().can_run:
        message = _l("This installation does not know where to write a backup. Set backup.folder and its passphrase.")
        raise ConflictError(message, code="backup_not_set_up")
    run = BackupRun(id=run_id or ids.new(), actor=actor.label)
    db.session.add(run)
    jobs.defer(MAKE, run_id=run.id)
    if own is not None:
        record(actor, BackupAsked(member_id=own, subject=run.id))
    return run


def begin_run(actor: Actor) -> UUID:
    """Note that a backup is made at once, by whoever sits at the command line, and return its id."""
    run = BackupRun(id=ids.new(), actor=actor.label, state=RunState.WRITING)
    with transaction.apart() as session:
        session.add(run)
    return run.id


def carry_out(run_id: UUID, folder: Path, passphrase: str, *, keep: int | None, tell: Tell = in_silence) -> Made:
    """Make the backup of a run, read it back, and note how that goes; BackupError says what stood in the way."""
    last = 0.0

    def note(progress: Progress) -> None:
        nonlocal last
        tell(progress)
        if time.monotonic() - last >= _SIGN_EVERY_SECONDS:
            last = time.monotonic()
            _change(run_id, state=_STATES[progress.step], percent=progress.percent)

    try:
        made = making.make(folder, passphrase, keep=keep, tell=note)
    except BackupError as error:
        note_failure(run_id, error.stable_code)
        raise
    _change(run_id, state=RunState.WHOLE, percent=100, finished_at=clock.now(), **_facts(made))
    log.info("backup_made", folder=str(made.folder), bytes=made.manifest.size)
    return made


def note_failure(run_id: UUID, code: str) -> None:
    """Note that a run came to nothing, and why."""
    log.error("backup_failed", reason=code)
    _change(run_id, state=RunState.FAILED, finished_at=clock.now(), problem=code)


def _facts(made: Made) -> dict[str, Any]:
    return {
        "cut_at": made.manifest.moment,
        "folder": str(made.folder),
        "size": made.manifest.size,
        "left_out": len(made.left_out),
    }


def _change(run_id: UUID, **values: Any) -> None:
    with transaction.apart() as session:
        session.execute(sa.update(BackupRun).where(BackupRun.id == run_id).values(seen_at=clock.now(), **values))
