"""Whether tables hold what the newest lines of their records say: a row changed behind the program's back is named."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from marshmallow import ValidationError

from sri_admin.federation import kinds, taking
from sri_admin.federation.kinds import Kind
from sri_admin.federation.lines import Change, LineError, decode_entry
from sri_admin.federation.models import SyncLine
from sri_admin.kernel import tenancy
from sri_admin.kernel.db import db
from sri_admin.kernel.i18n import gettext as _

_PIECE = 500
_LOOKS = 3  # work goes on meanwhile: what differs is looked at again before it is named


def changed_rows() -> Iterator[str]:
    """Compare every row of every travelling kind with the newest line of its record, and name those that differ."""
    for kind in kinds.all_kinds():
        for member_id, ids in _pieces(kind):
            for rec, what in _differing(kind, member_id, ids).items():
                yield _told(kind, member_id, rec, what)
        for member_id, ids in _without_rows(kind):
            for rec in ids:
                yield _("The record %(record)s is missing in its table.", record=_named(kind, member_id, rec))


def _told(kind: Kind, member_id: UUID, rec: UUID, what: str) -> str:
    record = _named(kind, member_id, rec)
    if not what:
        return _("The record %(record)s stands in its table, and no line says so.", record=record)
    return _("The record %(record)s is not what its line says: %(fields)s.", record=record, fields=what)


def _named(kind: Kind, member_id: UUID, rec: UUID) -> str:
    tenant = db.session.get(tenancy.Tenant, member_id)
    return f"{tenant.code if tenant else member_id} {kind.name} {rec}"


def _pieces(kind: Kind) -> Iterator[tuple[UUID, list[UUID]]]:
    table = kind.table
    found = db.session.execute(sa.select(table.c.member_id, table.c.id).order_by(table.c.member_id, table.c.id))
    return _by_member(found)


def _without_rows(kind: Kind) -> Iterator[tuple[UUID, list[UUID]]]:
    """Yield records of which a line tells something that stands, and which have no row."""
    table = kind.table
    stands = sa.select(table.c.id).where(table.c.member_id == SyncLine.member_id, table.c.id == SyncLine.rec)
    missing = sa.select(SyncLine.member_id, SyncLine.rec).where(SyncLine.kind == kind.name, ~stands.exists())
    found = db.session.execute(missing.distinct().order_by(SyncLine.member_id, SyncLine.rec))
    for member_id, ids in _by_member(found):
        wanted = _wanted(kind, member_id, ids)
        yield member_id, [rec for rec in ids if wanted.get(rec) and not _rows(kind, member_id, [rec])]


def _by_member(found: Iterable[Any]) -> Iterator[tuple[UUID, list[UUID]]]:
    for member_id, rows in groupby(list(found), key=lambda row: row[0]):
        ids = [row[1] for row in rows]
        yield from ((member_id, ids[start : start + _PIECE]) for start in range(0, len(ids), _PIECE))


def _differing(kind: Kind, member_id: UUID, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the records whose rows differ from their lines, and in which fields: in none where no line stands."""
    differing: dict[UUID, str] = {}
    for _look in range(_LOOKS):
        rows, wanted = _rows(kind, member_id, ids), _wanted(kind, member_id, ids)
        told = {rec: _fields(kind, row, wanted[rec]) for rec, row in rows.items() if rec in wanted}
        differing = {rec: ", ".join(told.get(rec, ())) for rec in rows if told.get(rec, True)}
        ids = list(differing)
        if not ids:
            break
    return differing


Values = tuple[int, Mapping[str, Any]]


def _rows(kind: Kind, member_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Values]:
    table = kind.table
    here = sa.select(kind.model).where(table.c.member_id == member_id, table.c.id.in_(ids))
    rows = db.session.scalars(here.execution_options(populate_existing=True)).all()
    return {row.__getattribute__("id"): (getattr(row, "version", 1), kind.payload(row)) for row in rows}


def _wanted(kind: Kind, member_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Values | None]:
    """Return what the newest applied lines say of the records that stand by them; None where a line is unreadable."""
    found: dict[UUID, Values | None] = {}
    for (name, rec), (rev, line) in taking.held_lines(member_id, {(kind.name, each) for each in ids}).items():
        if name != kind.name:  # another kind may have a record of this id
            continue
        try:
            entry = decode_entry(line)
        except LineError:  # the check of the chains names it
            found[rec] = None
            continue
        made = taking.record_of(kind, entry, rec)[0] if isinstance(entry, Change) else None
        if made is not None and made.payload is not None:
            found[rec] = (rev, {column.key: made.payload.get(column.key) for column in kind.columns})
    return found


def _fields(kind: Kind, row: Values, wanted: Values | None) -> list[str]:
    if wanted is None:
        return []
    differing = [name for name, value in row[1].items() if value != wanted[1][name]]
    if differing:  # one value may have several spellings
        one, other = _loaded(kind, row[1]), _loaded(kind, wanted[1])
        differing = [name for name in differing if name not in one or one[name] != other.get(name)]
    return [*differing, *(["version"] if kind.is_versioned and row[0] != wanted[0] else [])]


def _loaded(kind: Kind, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        loaded = kind.schema().load(payload)
    except ValidationError:
        return {}
    assert isinstance(loaded, dict)
    return loaded
