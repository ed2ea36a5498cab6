"""What is read about imports: their rows, what they did, and how many rows stand where."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.members.models.sheet import ImportEffect, ImportRow, SheetImport
from sri_admin.members.rules.sheets import Outcome


def import_by_id(hub_id: UUID, import_id: UUID, *, lock: bool = False) -> SheetImport:
    """Return an import; NotFoundError if there is none."""
    found = db.session.get(SheetImport, (hub_id, import_id), with_for_update=lock)
    if found is None:
        raise NotFoundError
    return found


def newest_imports(hub_id: UUID, *, limit: int = 50) -> list[SheetImport]:
    """Return the imports of an installation, newest first."""
    found = sa.select(SheetImport).where(SheetImport.member_id == hub_id)
    return list(db.session.scalars(found.order_by(SheetImport.asked_at.desc()).limit(limit)))


def rows_with(made: SheetImport, outcomes: Iterable[Outcome], *, limit: int | None = None) -> list[ImportRow]:
    """Return the rows of an import that stand at one of some outcomes, in the order of the file."""
    found = sa.select(ImportRow).where(
        ImportRow.member_id == made.member_id, ImportRow.import_id == made.id, ImportRow.outcome.in_(outcomes)
    )
    return list(db.session.scalars(found.order_by(ImportRow.number).limit(limit)))


def tally(made: SheetImport) -> dict[Outcome, int]:
    """Return how many rows of an import stand at each outcome."""
    found = (
        sa.select(ImportRow.outcome, sa.func.count())
        .where(ImportRow.member_id == made.member_id, ImportRow.import_id == made.id)
        .group_by(ImportRow.outcome)
    )
    return {row[0]: row[1] for row in db.session.execute(found)}


def effects_in(member_id: UUID, import_id: UUID) -> list[ImportEffect]:
    """Return what an import did to one member, the last first."""
    found = sa.select(ImportEffect).where(ImportEffect.member_id == member_id, ImportEffect.import_id == import_id)
    return list(db.session.scalars(found.order_by(ImportEffect.number.desc())))
