"""Keeping as jobs: often the program looks whether a backup is due, every hour it forgets what outlived its term.

A backup is asked for by its age and not by the hour, so that a machine that was off catches up.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from sri_admin.keeping.operations import backups, erasures, forgetting
from sri_admin.keeping.queries.backups import find_run, newest_runs, plan
from sri_admin.keeping.rules.backups import RunState, is_due
from sri_admin.keeping.rules.terms import TERMS, Term
from sri_admin.kernel import clock, installation, runtime, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.backup import passphrase
from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.db import db
from sri_admin.kernel.part import Task
from sri_admin.kernel.tenancy import Reach, Tenant


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


def forget(_actor: Actor) -> None:
    """Remove what has outlived its term, and whom a backup brought back after they were erased."""
    forget_all()
    erasures.erase_again()


def forget_all(*, dry_run: bool = False) -> dict[str, int]:
    """Remove what has outlived its term, and return how many rows of each table went, or would go."""
    return {term.table: _of_term(term, dry_run=dry_run) for term in TERMS}


def _of_term(term: Term, *, dry_run: bool) -> int:
    now, act = clock.now(), forgetting.count if dry_run else forgetting.forget
    if forgetting.is_apart(term):
        with transaction.apart() as session:
            return act(session, term, now)
    if not forgetting.is_of_members(term):
        return transaction.write(tenancy.NOWHERE, lambda: act(db.session(), term, now))
    with transaction.reading(tenancy.NOWHERE):
        everyone = list(db.session.scalars(sa.select(Tenant.id)))
    return sum(_of_member(term, member_id, now, dry_run=dry_run) for member_id in everyone)


def _of_member(term: Term, member_id: UUID, now: datetime, *, dry_run: bool) -> int:
    reach = tenancy.only(member_id)
    with transaction.reading(reach):
        past = forgetting.count(db.session(), term, now, member_id=member_id)
    if not past or dry_run:
        return past
    return transaction.write(reach, lambda: forgetting.forget(db.session(), term, now, member_id=member_id))


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
    Task(name="keeping.forget", run=forget, every="40 * * * *", own_transactions=True, while_restored=True),
    Task(name=erasures.KEEP, run=erasures.keep_erased),
    Task(name=backups.MAKE, run=back_up, own_transactions=True, retries=0),
)
