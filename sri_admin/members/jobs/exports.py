"""Large exports, written in runs so that progress can be told."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import i18n, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.part import HUB, Task
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.sheet import SheetExport
from sri_admin.members.operations.exports import WRITE_EXPORT, asked_of, finish_export
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.exports import RUN, keys_of, rows_of
from sri_admin.members.rules.sheets import ExportState
from sri_admin.people.queries.accounts import actor_of


def write_export(actor: Actor, *, member_id: UUID, export_id: UUID) -> None:
    """Write a large export for whoever asked, with what they may still see."""
    with transaction.reading(everything()):
        export = db.session.get(SheetExport, (member_id, export_id))
        if export is None or export.state is not ExportState.WAITING:
            return
        asked_by = actor_of(export.account_id) if export.account_id else actor
        POLICY.require(asked_by, "members.sheet.export", member_id)
        kind, locale = export.kind, export.locale
        keys = keys_of(asked_by, kind, asked_of(kind, export.query))
    rows: list[dict[str, Any]] = []
    for start in range(0, len(keys), RUN):
        with transaction.reading(everything()), i18n.using(locale):
            rows.extend(rows_of(kind, keys[start : start + RUN]))
            db.session.expunge_all()
        done = len(rows)
        transaction.write(tenancy.only(member_id), lambda done=done: _note(member_id, export_id, done))
    transaction.write(tenancy.only(member_id), lambda: _finish(member_id, export_id, rows))


def everything() -> tenancy.Reach:
    """Return the reach of an export: all there is to read, nothing to write."""
    with transaction.reading(tenancy.NOWHERE):
        return tenancy.everywhere(db.session.scalars(sa.select(Tenant.id)).all())


def _note(hub_id: UUID, export_id: UUID, done: int) -> None:
    here = sa.update(SheetExport).where(SheetExport.member_id == hub_id, SheetExport.id == export_id)
    db.session.execute(here.values(done=done))


def _finish(hub_id: UUID, export_id: UUID, rows: list[dict[str, Any]]) -> None:
    export = db.session.get(SheetExport, (hub_id, export_id), with_for_update=True)
    # A job that was taken up after a kill may find the file written already, or given up.
    if export is not None and export.state is ExportState.WAITING:
        finish_export(export, rows)


TASKS = (Task(name=WRITE_EXPORT, run=write_export, roles=HUB, own_transactions=True),)
