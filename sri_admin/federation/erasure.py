"""Forgetting: what a record ever said leaves every copy of its lines, and the chain still verifies (§3.3)."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import bulk, kinds
from sri_admin.federation.lines import Change, decode_entry, erased_form
from sri_admin.federation.merge import Entry
from sri_admin.federation.models import SyncAside, SyncLine
from sri_admin.federation.salvage_models import SalvageState, SyncSalvage
from sri_admin.federation.streams import RecordKey
from sri_admin.kernel import audit, clock
from sri_admin.kernel.db import db


def ordered(entries: Iterable[Entry]) -> dict[RecordKey, int]:
    """Return the revisions before which records are to be forgotten, by kind and id.

    A writer's order to forget is obeyed at once, whatever else is thought of the line: also when its kind is not known.
    """
    return {(each.kind, UUID(each.id)): each.rev for each in entries if isinstance(each, Change) and each.op == "erase"}


def given(member_id: UUID, recs: Collection[UUID], *where: sa.ColumnElement[bool]) -> dict[RecordKey, int]:
    """Return the newest orders to forget records that stand in the logs here: their revisions, by kind and id."""
    if not recs:
        return {}
    wanted = sa.select(SyncLine.line).where(SyncLine.member_id == member_id, bulk.among(SyncLine.rec, recs), *where)
    return ordered(decode_entry(line) for line in db.session.scalars(wanted.order_by(SyncLine.rev)))


def forget(member_id: UUID, records: Mapping[RecordKey, int]) -> None:
    """Erase the lines of records before a revision, and what was noted about them; the caller writes for the member.

    What history holds of their values goes too, and what was kept beside them where they were entered.
    """
    if not records:
        return
    recs = {rec for _kind, rec in records}
    audit.forget(member_id, *recs)
    _forget_beside(member_id, records)
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
        # Its log went another way, so its revision says nothing about which of the two was first.
        if (kept.kind, kept.rec) in records and order_of(kept) is None:
            kept.line = erased_form(kept.line)
            if kept.state is SalvageState.OPEN:
                kept.state, kept.settled_at = SalvageState.DISMISSED, clock.now()
    db.session.flush()


def _forget_beside(member_id: UUID, records: Collection[RecordKey]) -> None:
    known = kinds.by_name()
    for kind, rec in records:
        beside = known[kind].private if kind in known else None
        if beside is not None:
            here = beside.__table__.c
            db.session.execute(sa.delete(beside).where(here.member_id == member_id, here.id == rec))


def order_of(kept: SyncSalvage) -> Change | None:
    """Return the order to forget that a kept line is, if it is one."""
    entry = decode_entry(kept.line) if kept.kind else None
    return entry if isinstance(entry, Change) and entry.op == "erase" else None


def _goes(records: Mapping[RecordKey, int], row: SyncLine | SyncAside) -> bool:
    return row.kind is not None and row.rec is not None and (row.rev or 0) < records.get((row.kind, row.rec), 0)
