"""Bringing whole tables in: a file is taken, read and judged row by row; only then is it done, and it can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import sqlalchemy as sa

from sri_admin.kernel import clock, i18n, ids, jobs
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, ConflictError, FieldError, InvalidError, NotAllowedError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.sheets import Sheet
from sri_admin.kernel.work import record
from sri_admin.members.events import RowsImported, RowsTakenBack
from sri_admin.members.models.sheet import ImportEffect, ImportRow, SheetImport
from sri_admin.members.operations.imported import IMPORTABLE, Importable, Known, Plan
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.imports import effects_in
from sri_admin.members.rules import cells
from sri_admin.members.rules.sheets import MADE, SHEETS, ImportState, Outcome, SheetKind

CHECK, APPLY, UNDO = "members.check_import", "members.apply_import", "members.undo_import"
LARGEST_FILE, MOST_ROWS = 8 * 1024 * 1024, 10_000
Values = Mapping[str, Any]


class _Told(NamedTuple):
    """A row as it was read: its number, what its cells say by column, and what could not be read."""

    number: int
    raw: dict[str, Any]
    faults: list[dict[str, Any]]


class RowError(Exception):
    """A row that could not be done; the others of its member can."""

    def __init__(self, number: int, error: AppError) -> None:
        super().__init__(number)
        self.number, self.error = number, error


def begin_import(actor: Actor, hub_id: UUID, *, values: Values) -> SheetImport:
    """Take a file to be read and checked; nothing is changed yet, and the same id again answers with the first one."""
    POLICY.require(actor, "members.sheet.import", hub_id)
    import_id = values.get("id") or ids.new()
    found = db.session.get(SheetImport, (hub_id, import_id))
    if found is not None:
        return found
    content: bytes = values["content"]
    if not content:
        raise InvalidError([FieldError("file", _l("This file is empty."))])
    if len(content) > LARGEST_FILE:
        raise InvalidError([FieldError("file", _l("This file is larger than 8 MB. Split it into several."))])
    made = SheetImport(
        member_id=hub_id,
        id=import_id,
        kind=values["kind"],
        state=ImportState.READING,
        actor=actor.label,
        account_id=actor.account_id,
        locale=i18n.locale(),
        file_name=values["file_name"],
        content=content,
        ignored=[],
    )
    db.session.add(made)
    db.session.flush()  # the job looks for it
    jobs.defer(CHECK, member_id=hub_id, import_id=import_id)
    return made


def answer_day_order(actor: Actor, made: SheetImport, *, values: Values) -> SheetImport:
    """Say how dates like 03/04/2026 are meant, and have the file checked again."""
    POLICY.require(actor, "members.sheet.import", made)
    _require_state(made, ImportState.CHECKED)
    made.month_first, made.state = values["month_first"], ImportState.READING
    jobs.defer(CHECK, member_id=made.member_id, import_id=made.id)
    return made


def apply_import(actor: Actor, made: SheetImport) -> SheetImport:
    """Have the good rows of a checked import done; asked twice, it is done once."""
    POLICY.require(actor, "members.sheet.import", made)
    if made.state in {ImportState.RUNNING, ImportState.DONE}:
        return made
    _require_state(made, ImportState.CHECKED)
    made.state, made.done, made.content = ImportState.RUNNING, 0, None
    made.actor, made.account_id = actor.label, actor.account_id
    jobs.defer(APPLY, member_id=made.member_id, import_id=made.id)
    return made


def undo_import(actor: Actor, made: SheetImport) -> SheetImport:
    """Have everything an import did taken back, as far as nobody went on working with it."""
    POLICY.require(actor, "members.sheet.import", made)
    if made.state in {ImportState.UNDOING, ImportState.UNDONE}:
        return made
    _require_state(made, ImportState.DONE)
    made.state, made.done = ImportState.UNDOING, 0
    made.actor, made.account_id = actor.label, actor.account_id
    jobs.defer(UNDO, member_id=made.member_id, import_id=made.id)
    return made


def judge(actor: Actor, made: SheetImport, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return what each row of a file would do, as rows of `import_row`; InvalidError if no columns can be told."""
    sheet = SHEETS[made.kind]
    heads = cells.heads_of(made.kind, rows)
    if heads is None:
        raise InvalidError(_l("No row of this file names its columns. Begin with our empty sheet."))
    missing = [column for column in sheet.columns if column.needed and column.key not in heads.keys]
    if missing:
        raise InvalidError(_("The column “%(column)s” is missing.", column=str(missing[0].label)))
    made.ignored, made.is_unclear = list(heads.ignored), False
    places = {key: place for place, key in enumerate(heads.keys) if key}
    told = [
        _read(made, cells.read_texts(row) if made.encoding else row, number=number, places=places)
        for number, row in enumerate(rows[heads.first_row :], heads.first_row + 1)
        if not cells.is_note(row)
    ]
    known = IMPORTABLE[made.kind].known({IMPORTABLE[made.kind].key_of(each.raw) for each in told})
    judged = [_judged(actor, made, each, places=places, known=known) for each in told]
    if made.kind is not SheetKind.AGREEMENTS:
        _refuse_twice(made, judged, places)
    return judged


def act_on_rows(actor: Actor, import_id: UUID, kind: SheetKind, rows: Sequence[ImportRow]) -> dict[int, Outcome]:
    """Do the rows of one member in the open transaction, all or none; RowError names the one that cannot be done."""
    done: dict[int, Outcome] = {}
    member_id, effects, importable = None, [], IMPORTABLE[kind]
    known = importable.known({importable.key_of(row.cells) for row in rows})
    for row in rows:
        effect_id = uuid5(import_id, str(row.number))
        try:
            _refuse_moved(actor, importable, row, known=known)
            made = importable.act(actor, row.cells, effect_id, known)
        except AppError as error:
            raise RowError(row.number, error) from error
        db.session.flush()
        member_id = made.row.member_id
        outcome = Outcome.CREATED if made.before is None else Outcome.CHANGED
        effects.append(
            ImportEffect(
                member_id=member_id,
                id=effect_id,
                import_id=import_id,
                number=row.number,
                outcome=outcome,
                subject=made.row.id,
                before=made.before,
                version=made.row.version,
            )
        )
        done[row.number] = outcome
    db.session.add_all(effects)
    if member_id is not None:
        event = RowsImported(member_id=member_id, subject=member_id, import_id=import_id, rows=len(effects))
        record(actor, event)
    return done


def take_turn(import_id: UUID) -> None:
    """Let the open transaction wait until no other worker is at a step of this import."""
    key = sa.func.hashtextextended(f"import {import_id}", 0)
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def take_back(actor: Actor, member_id: UUID, import_id: UUID, kind: SheetKind, number: int) -> None:
    """Take back what one row did to a member, in the open transaction."""
    take_turn(import_id)
    for effect in effects_in(member_id, import_id):
        if effect.number == number and effect.outcome is not Outcome.UNDONE:
            row = IMPORTABLE[kind].undo(actor, effect)
            if effect.outcome is Outcome.CHANGED:
                _let_stand_again(effect, row)
            effect.outcome = Outcome.UNDONE
            record(actor, RowsTakenBack(member_id=member_id, subject=member_id, import_id=import_id, rows=1))


def fault_of(sheet: Sheet, places: Mapping[str, int], key: str, reason: Any) -> dict[str, Any]:
    """Return a fault as it is kept: the column by its letter and key, and the reason in words."""
    place = places.get(key)
    known = any(column.key == key for column in sheet.columns)
    return {
        "column": cells.letter(place) if place is not None else "",
        "key": key if known else "",
        "reason": str(reason),
    }


def finish(made: SheetImport, state: ImportState) -> None:
    """Note that an import came to an end."""
    made.state, made.finished_at = state, clock.now()


def _read(made: SheetImport, row: Sequence[Any], *, number: int, places: Mapping[str, int]) -> _Told:
    sheet = SHEETS[made.kind]
    told = _Told(number, {}, [])
    for column in sheet.columns:
        cell = row[places[column.key]] if places.get(column.key, len(row)) < len(row) else None
        if column.only_out or cell in (None, ""):
            continue
        try:
            told.raw[column.key] = cells.read_cell(column, cell, month_first=made.month_first)
        except cells.CellError as error:
            made.is_unclear = made.is_unclear or isinstance(error, cells.UnclearError)
            told.faults.append(fault_of(sheet, places, column.key, error))
    return told


def _judged(actor: Actor, made: SheetImport, told: _Told, *, places: Mapping[str, int], known: Known) -> dict[str, Any]:
    faults, plan = told.faults, None
    if not faults:
        faults, plan = _planned(actor, made, told.raw, places=places, known=known)
    return {
        "member_id": made.member_id,
        "id": ids.new(),
        "import_id": made.id,
        "number": told.number,
        "target": IMPORTABLE[made.kind].key_of(told.raw)[:80],
        "cells": told.raw,
        "outcome": plan.outcome if plan else Outcome.BAD,
        "faults": faults,
        "version": plan.version if plan else None,
    }


def _planned(
    actor: Actor, made: SheetImport, raw: Values, *, places: Mapping[str, int], known: Known
) -> tuple[list[Any], Plan | None]:
    sheet = SHEETS[made.kind]
    try:
        return [], IMPORTABLE[made.kind].plan(actor, raw, known)
    except InvalidError as error:
        return [fault_of(sheet, places, each.field, each.message) for each in error.fields], None
    except (ConflictError, NotAllowedError) as error:
        return [fault_of(sheet, places, "", error.text)], None


def _refuse_twice(made: SheetImport, judged: Iterable[dict[str, Any]], places: Mapping[str, int]) -> None:
    """Refuse good rows about a record that an earlier good row is about."""
    importable, seen = IMPORTABLE[made.kind], dict[str, int]()
    for row in judged:
        if row["outcome"] is Outcome.BAD:
            continue
        first = seen.setdefault(importable.key_of(row["cells"]), row["number"])
        if first != row["number"]:
            reason = _("Row %(row)s is about the same code already.", row=first)
            fault = fault_of(SHEETS[made.kind], places, importable.key, reason)
            row.update(outcome=Outcome.BAD, faults=[fault], version=None)


def _let_stand_again(effect: ImportEffect, row: Any) -> None:
    """Let the import that made what stands again be taken back as well, from the last to the first."""
    db.session.flush()
    earlier = sa.update(ImportEffect).where(
        ImportEffect.member_id == effect.member_id,
        ImportEffect.subject == effect.subject,
        ImportEffect.version == effect.version - 1,
        ImportEffect.outcome.in_(MADE),
    )
    db.session.execute(earlier.values(version=row.version))


def _refuse_moved(actor: Actor, importable: Importable, row: ImportRow, *, known: Known) -> None:
    plan = importable.plan(actor, row.cells, known)
    if plan.outcome is not row.outcome or (row.version is not None and plan.version != row.version):
        raise ConflictError(_l("This was changed by somebody else after the file was checked."), code="changed_since")


def _require_state(made: SheetImport, state: ImportState) -> None:
    if made.state is not state:
        raise ConflictError(_l("This import is at another point by now. Look at its page again."), code="wrong_state")


def stored_rows(rows: list[dict[str, Any]]) -> None:
    """Keep judged rows in place of those of an earlier reading."""
    if rows:
        db.session.execute(sa.insert(ImportRow), rows)
