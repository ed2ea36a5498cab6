"""Backups as jobs: every few minutes the program looks whether one is due, so a machine that was off catches up."""

from contextlib import suppress
from uuid import UUID

from sri_admin.keeping.operations import backups
from sri_admin.keeping.queries.backups import find_run, newest_runs, plan
from sri_admin.keeping.rules.backups import RunState, is_due
from sri_admin.kernel import clock, installation, runtime, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.backup import passphrase
from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.part import Task
from sri_admin.kernel.tenancy import Reach


def back_up_if_due(actor: Actor) -> None:
    """Have a backup made if the last whole one is old enough."""
    own = installation.identity().tenant_id
    with transaction.reading(tenancy.NOWHERE):
        due = is_due([each.told for each in newest_runs()], plan(), clock.now())
    if due:
        transaction.write(_for(own), lambda: backups.ask_for_backup(actor, own).id)


def back_up(_actor: Actor, *, run_id: UUID) -> None:
    """Make the backup somebody, or the schedule, asked for; a run that was killed begins anew."""
    with transaction.reading(tenancy.NOWHERE):
        run = find_run(run_id)
        if run is None or run.state in {RunState.WHOLE, RunState.FAILED}:
            return
    chosen = runtime.current().settings.backup
    if chosen.folder is None or chosen.passphrase_file is None:  # set up when it was asked for, and no more
        backups.note_failure(run_id, "backup_folder")
        return
    try:
        words = passphrase.read(chosen.passphrase_file)
    except BackupError as error:
        backups.note_failure(run_id, error.stable_code)
        return
    with suppress(BackupError):  # noted in its run, where people look
        backups.carry_out(run_id, chosen.folder, words, keep=chosen.keep)


def _for(own: UUID | None) -> Reach:
    return tenancy.NOWHERE if own is None else tenancy.only(own)


TASKS = (
    Task(
        name="keeping.back_up_if_due",
        run=back_up_if_due,
        every="*/10 * * * *",
        own_transactions=True,
        retries=0,
    ),
    Task(name=backups.MAKE, run=back_up, own_transactions=True, retries=0),
)
