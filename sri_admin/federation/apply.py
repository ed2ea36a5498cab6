"""Putting the records of a page into their tables.

PostgreSQL reads the payloads itself (`json_to_recordset`), so nothing is converted twice. A page is tried as a whole;
if a constraint fails it is replayed record by record under savepoints, and only the guilty records are set aside.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DataError, IntegrityError

from sri_admin.federation.kinds import Kind, Missing, Objection
from sri_admin.kernel.db import db

# The record is at fault; a full disk, a lost connection or a deadlock is not its fault and ends the whole page.
GUILTY = (IntegrityError, DataError)
_KEYS = (sa.column("id", sa.Uuid()), sa.column("version", sa.Integer()))


class Record(NamedTuple):
    """One applicable change: a payload at a revision, or None for a removal."""

    n: int
    kind: Kind
    id: UUID
    rev: int
    payload: Mapping[str, Any] | None


class Fault(NamedTuple):
    """Why a record could not be applied, and the record it waits for if that may cure it."""

    n: int
    code: str
    detail: str
    waiting_for: UUID | None = None


@dataclass
class Applied:
    """What became of the records of a page: those that stand, by kind, and those that do not."""

    arrived: dict[str, list[UUID]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def apply(
    member_id: UUID, records: Sequence[Record], *, order: Sequence[Kind], whatever_stands: bool = False
) -> Applied:
    """Apply records of one tenant; later ones of the same id win, guilty ones are named and left out.

    Only a newer revision takes the place of one that stands, unless the records are right `whatever_stands`.
    """
    result = Applied()
    sound = _with_references(member_id, records, result)
    try:
        with at_once():
            _write_all(member_id, sound, order, whatever_stands=whatever_stands)
        _note(result, sound)
    except GUILTY:
        _replay(sound, order, result, lambda each: _alone(member_id, each, whatever_stands=whatever_stands))
    return result


def write(
    member_id: UUID, records: Sequence[Record], *, order: Sequence[Kind], whatever_stands: bool = False
) -> Applied:
    """Write some of many records that stand only together; the caller checks all of them `at_once`.

    What lacks a record of another stream is named and left out.
    """
    result = Applied()
    sound = _with_references(member_id, records, result)
    _write_all(member_id, sound, order, whatever_stands=whatever_stands)
    _note(result, sound)
    return result


def put_back(member_id: UUID, records: Sequence[Record], *, order: Sequence[Kind]) -> dict[str, list[UUID]]:
    """Write records as they stood before, whatever revision stands now; return which, by kind.

    What is put back stood once, so a constraint it breaks ends the transaction.
    """
    with at_once():
        _write_all(member_id, records, order, whatever_stands=True)
    result = Applied()
    _note(result, records)
    return result.arrived


def _replay(
    records: Sequence[Record], order: Sequence[Kind], result: Applied, write_one: Callable[[Record], Fault | None]
) -> None:
    """Apply one by one, in the order kinds can stand, again and again until nothing more succeeds."""
    place = {kind.name: number for number, kind in enumerate(order)}
    left = sorted(records, key=lambda each: (place[each.kind.name], each.n))
    faults: dict[int, Fault] = {}
    while left:
        tried = [(each, write_one(each)) for each in left]
        faults.update({each.n: fault for each, fault in tried if fault is not None})
        still = [each for each, fault in tried if fault is not None]
        _note(result, [each for each, fault in tried if fault is None])
        if len(still) == len(left):
            break
        left = still
    result.faults += [faults[each.n] for each in left]


def _alone(member_id: UUID, record: Record, *, whatever_stands: bool) -> Fault | None:
    try:
        with at_once():
            _write_all(member_id, [record], [record.kind], whatever_stands=whatever_stands)
    except GUILTY as error:
        diagnosis = getattr(error.orig, "diag", None)
        name = getattr(diagnosis, "constraint_name", None) or type(error.orig).__name__
        return Fault(record.n, "clash", str(name))
    return None


def _note(result: Applied, records: Iterable[Record]) -> None:
    for each in records:
        result.arrived.setdefault(each.kind.name, []).append(each.id)


@contextmanager
def at_once() -> Iterator[None]:
    """Check the constraints of everything written in the block at its end; a broken one undoes the block and raises."""
    with db.session.begin_nested():
        yield
        db.session.execute(sa.text("set constraints all immediate"))
        db.session.execute(sa.text("set constraints all deferred"))


def _with_references(member_id: UUID, records: Sequence[Record], result: Applied) -> list[Record]:
    # A record is judged by its newest change; where that lacks something, by the one before it, and so on.
    sound = list(records)
    while lacking := _lacking(member_id, sound):
        result.faults += [_fault(n, each) for n, each in lacking.items()]
        sound = [each for each in sound if each.n not in lacking]
    return sound


def _fault(n: int, objection: Objection) -> Fault:
    if isinstance(objection, Missing):
        return Fault(n, "waiting_for", str(objection.reference), objection.reference)
    return Fault(n, "contradiction", objection.reason)


def _lacking(member_id: UUID, records: Sequence[Record]) -> dict[int, Objection]:
    newest = {(each.kind.name, each.id): each for each in records}
    lacking: dict[int, Objection] = {}
    for kind in {each.kind.name: each.kind for each in records}.values():
        if kind.check is None:
            continue
        given = {each.id: each for each in newest.values() if each.kind is kind and each.payload is not None}
        found = kind.check(member_id, {each.id: each.payload or {} for each in given.values()}) if given else {}
        lacking.update({given[rec].n: objection for rec, objection in found.items()})
    return lacking


def _write_all(
    member_id: UUID, records: Sequence[Record], order: Sequence[Kind], *, whatever_stands: bool = False
) -> None:
    last = {(each.kind.name, each.id): each for each in records}
    for kind in order:
        mine = [each for (name, _id), each in last.items() if name == kind.name]
        present = [each for each in mine if each.payload is not None]
        gone = [each.id for each in mine if each.payload is None]
        if gone:
            # What is put back to before a record was made may be taken over later: what lies beside it waits as well.
            for table in [kind.table] if whatever_stands else kind.tables:
                db.session.execute(sa.delete(table).where(table.c.member_id == member_id, table.c.id.in_(gone)))
        if present:
            derived = sorted(kind.derive(present[0].payload or {})) if kind.derive else []
            values = {"rows": _rows(kind, present), "member": member_id}
            db.session.execute(upsert(kind, derived, whatever_stands=whatever_stands), values)


def _rows(kind: Kind, records: Iterable[Record]) -> str:
    derive = kind.derive
    rows = []
    for each in records:
        payload = each.payload or {}
        extra = derive(payload) if derive else {}
        rows.append({**payload, **extra, "id": str(each.id), "version": each.rev})
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def upsert(kind: Kind, derived: Sequence[str] = (), *, whatever_stands: bool = False) -> postgresql.Insert:
    """Return the statement that writes payloads of a kind and columns derived from them.

    Only a newer revision wins, unless it is written over whatever stands.
    """
    table = kind.table
    names = [*(column.name for column in kind.columns), *derived]
    given = [sa.column(name, table.columns[name].type) for name in names]
    recordset = sa.func.json_to_recordset(sa.bindparam("rows", type_=sa.Text()).cast(postgresql.JSON))
    source = recordset.table_valued(*_KEYS, *given, name="given").render_derived(with_types=True)
    targets, values = ["member_id", "id", *names], [sa.bindparam("member", type_=sa.Uuid()), source.c.id]
    values += [source.c[name] for name in names]
    if kind.is_versioned:
        targets, values = [*targets, "version"], [*values, source.c.version]
    insert = postgresql.insert(table).from_select(targets, sa.select(*values), include_defaults=False)
    if not kind.is_versioned:
        return insert.on_conflict_do_nothing(index_elements=["member_id", "id"])
    changed = {name: insert.excluded[name] for name in (*names, "version")}
    newer = None if whatever_stands else table.c.version < insert.excluded.version
    return insert.on_conflict_do_update(index_elements=["member_id", "id"], set_=changed, where=newer)
