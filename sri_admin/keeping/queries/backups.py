"""What is read about backups: their runs, and what the settings say."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from sri_admin.keeping.models import BackupRun
from sri_admin.keeping.rules.backups import Plan, RunState
from sri_admin.kernel import runtime
from sri_admin.kernel.db import db
from sri_admin.kernel.installation import Installation

MOST = 20


def plan() -> Plan:
    """Return what the settings say of backups."""
    chosen = runtime.current().settings.backup
    return Plan(chosen.can_run, chosen.every_hours)


def newest_runs(limit: int = MOST) -> list[BackupRun]:
    """Return the last runs, newest first; the last whole one is always among them."""
    newest = list(db.session.scalars(sa.select(BackupRun).order_by(BackupRun.asked_at.desc()).limit(limit)))
    whole = sa.select(BackupRun).where(BackupRun.state == RunState.WHOLE)
    last = db.session.scalar(whole.order_by(BackupRun.asked_at.desc()).limit(1))
    return newest if last is None or last in newest else [*newest, last]


def find_run(run_id: UUID) -> BackupRun | None:
    """Return a run, if there is one."""
    return db.session.get(BackupRun, run_id)


def last_and_since() -> tuple[datetime | None, datetime]:
    """Return of which moment the last whole backup is, and when this installation was made."""
    last = sa.select(sa.func.max(BackupRun.cut_at)).where(BackupRun.state == RunState.WHOLE).scalar_subquery()
    row = db.session.execute(sa.select(last, Installation.created_at)).one()
    return row[0], row[1]
