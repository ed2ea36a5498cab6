"""Forgetting: what a record ever said leaves every copy of its lines, and the chain still verifies (§3.3)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import bulk
from sri_admin.federation.lines import Change, erased_form
from sri_admin.federation.merge import Entry
from sri_admin.federation.models import SyncAside, SyncLine
from sri_admin.federation.salvage_models import SalvageState, SyncSalvage
from sri_admin.federation.streams import RecordKey
from sri_admin.kernel import clock
from sri_admin.kernel.db import db


def ordered(entries: Iterable[Entry]) -> dict[RecordKey, int]:
    """Return the revisions before which records are to be forgotten, by kind and id.

    A writer's order to forget is obeyed at once, whatever else is thought of the line: also when its kind is not known.
    """
    return {(each.kind, UUID(each.id)): each.rev for each in entries if isinstance(each, Change) and each.op == "erase"}


def forget(member_id: UUID, records: Mapping[RecordKey, int]) -> None:
    """Erase the lines of records before a revision, and what was noted about them; the caller writes for the member."""
    if not records:
        return
    recs = {rec for _kind, rec in records}
    for line in db.session.scalars(
        sa.select(SyncLine).where(SyncLine.member_id == member_id, bulk.among(SyncLine.rec, recs))
    ):
        if _goes(records, line):
            line.line = erased_form(line.line)
    for row in db.session.scalars(
        sa.select(SyncAside).where(SyncAside.member_id == member_id, bulk.among(SyncAside.rec, recs))
    ):
        if _goes(records, row):
            row.detail = ""
    for kept in db.session.scalars(
        sa.select(SyncSalvage).where(SyncSalvage.member_id == member_id, bulk.among(SyncSalvage.rec, recs))
    ):
        if _goes(records, kept):
            kept.line = erased_form(kept.line)
            kept.state, kept.settled_at = SalvageState.DISMISSED, clock.now()
    db.session.flush()


def _goes(records: Mapping[RecordKey, int], row: SyncLine | SyncAside | SyncSalvage) -> bool:
    return row.kind is not None and row.rec is not None and (row.rev or 0) < records.get((row.kind, row.rec), 0)
