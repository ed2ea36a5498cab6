"""Imports step by step: read in a confined process, judged, done member by member, taken back.

Each member's rows are one transaction that also writes what they did, so that a job that was killed goes on where it
stopped and two workers on one import do nothing twice.
"""

import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import confined, i18n, sheet_reader, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, Task
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.sheet import ImportRow, SheetImport
from sri_admin.members.operations import imports
from sri_admin.members.operations.imports import APPLY, CHECK, UNDO, RowError
from sri_admin.members.queries.imports import effects_in, import_by_id, rows_with
from sri_admin.members.rules.sheets import GOOD, MADE, ImportState, Outcome, SheetKind
from sri_admin.people.queries.accounts import actor_of

MOST_COLUMNS = 60
_LIMITS = confined.Limits(cpu_seconds=20, seconds=40.0, answer_bytes=32 * 1024 * 1024)
_AT_ONCE = 100
_OUTCOME = (
    sa.update(ImportRow)
    .where(ImportRow.member_id == sa.bindparam("hub"), ImportRow.import_id == sa.bindparam("made"))
    .where(ImportRow.number == sa.bindparam("of"))
    .values(outcome=sa.bindparam("became"), faults=sa.bindparam("why"))
)
_REASONS = {
    "too_many_rows": _l("This file has more than 10,000 rows. Split it into several."),
    "bomb": _l("This file would unpack to far more than it seems. Save it anew with a spreadsheet program."),
    "locked": _l("This file is locked with a password. Save it without one."),
    "has_program": _l("This file holds a program or refers to other files. Save it as a plain workbook (XLSX) or CSV."),
    "old_workbook": _l("This is an old kind of workbook (XLS). Save it as XLSX or CSV."),
    "no_table": _l("This file is no table. Choose a workbook (XLSX) or a plain table (CSV)."),
    "encoding": _l("The letters of this file cannot be told. Save it as CSV in UTF-8, or as XLSX."),
}


def check_import(actor: Actor, *, member_id: UUID, import_id: UUID) -> None:
    """Read a file in a confined process and judge every row; nothing of the member file is changed."""
    with transaction.reading(tenancy.only(member_id)):
        made = import_by_id(member_id, import_id)
        if made.state is not ImportState.READING or made.content is None:
            return
        content = made.content
        transaction.detach(made)
    doer = _doer(actor, made)
    try:
        told = _read(content)
    except AppError as error:
        problem = _reason(error)
        _later(member_id, import_id, lambda made: _refuse(made, problem))
        return
    transaction.write(_everything(member_id), lambda: _judge(doer, member_id, import_id, told))


def apply_import(actor: Actor, *, member_id: UUID, import_id: UUID) -> None:
    """Do the good rows, member by member, from where an earlier attempt stopped."""
    made = _begun(member_id, import_id, ImportState.RUNNING)
    if made is None:
        return
    doer = _doer(actor, made)
    with transaction.reading(tenancy.only(member_id)):
        rows = rows_with(made, GOOD)
        db.session.expunge_all()
    outcomes: dict[int, tuple[Outcome, str]] = {}
    with i18n.using(made.locale):
        for group in _groups(made.kind, rows):
            outcomes.update(_do(doer, made, group))
            if len(outcomes) >= _AT_ONCE:
                _keep(made, outcomes)
                outcomes = {}
    _keep(made, outcomes)
    _later(member_id, import_id, lambda found: imports.finish(found, ImportState.DONE))


def undo_import(actor: Actor, *, member_id: UUID, import_id: UUID) -> None:
    """Take back what an import did, row by row from the last; what was changed since is kept, with the reason."""
    made = _begun(member_id, import_id, ImportState.UNDOING)
    if made is None:
        return
    doer = _doer(actor, made)
    with transaction.reading(tenancy.only(member_id)):
        rows = rows_with(made, MADE)[::-1]
        db.session.expunge_all()
    with i18n.using(made.locale):
        for row in rows:
            _keep(made, {row.number: _undo(doer, made, row)})
    _later(member_id, import_id, lambda found: imports.finish(found, ImportState.UNDONE))


def _read(content: bytes) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        path.write_bytes(content)
        return confined.read(
            sheet_reader.read, path, limits=_LIMITS, most_rows=imports.MOST_ROWS, most_columns=MOST_COLUMNS
        )


def _reason(error: AppError) -> Any:
    return _REASONS.get(error.reason, error.text) if isinstance(error, confined.RefusedFileError) else error.text


def _judge(doer: Actor, hub_id: UUID, import_id: UUID, told: dict[str, Any]) -> None:
    made = import_by_id(hub_id, import_id, lock=True)
    if made.state is not ImportState.READING:
        return
    made.encoding = told["encoding"]
    db.session.execute(sa.delete(ImportRow).where(ImportRow.member_id == hub_id, ImportRow.import_id == import_id))
    with i18n.using(made.locale):
        try:
            rows = imports.judge(doer, made, told["rows"])
        except InvalidError as error:
            _refuse(made, error.text)
            return
    imports.stored_rows(rows)
    made.total = len(rows)
    made.state = ImportState.CHECKED


def _refuse(made: SheetImport, problem: Any) -> None:
    with i18n.using(made.locale):
        made.problem = str(problem)
    made.content = None
    imports.finish(made, ImportState.REFUSED)


def _begun(hub_id: UUID, import_id: UUID, state: ImportState) -> SheetImport | None:
    with transaction.reading(tenancy.only(hub_id)):
        made = import_by_id(hub_id, import_id)
        if made.state is not state:
            return None
        transaction.detach(made)
        return made


def _doer(actor: Actor, made: SheetImport) -> Actor:
    with transaction.reading(tenancy.NOWHERE):
        return actor_of(made.account_id) if made.account_id else actor


def _groups(kind: SheetKind, rows: list[ImportRow]) -> Iterable[list[ImportRow]]:
    if kind is SheetKind.PLACES:  # they are all the hub's
        yield from (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
        return
    groups: dict[str, list[ImportRow]] = {}
    for row in rows:
        groups.setdefault(row.target, []).append(row)
    yield from groups.values()


def _do(actor: Actor, made: SheetImport, rows: list[ImportRow]) -> dict[int, tuple[Outcome, str]]:
    failed: dict[int, tuple[Outcome, str]] = {}
    while rows:
        target, reach = _place_of(made, rows[0].target)
        attempt = partial(_attempt, actor, made, rows, target)
        try:
            done = transaction.write(reach, attempt)
            return {**failed, **{number: (outcome, "") for number, outcome in done.items()}}
        except (RowError, AppError) as refused:
            if _place_of(made, rows[0].target)[0] != target:
                continue  # it was registered at this very moment, perhaps by another worker on this import: look again
            if isinstance(refused, RowError):
                failed[refused.number] = (Outcome.FAILED, str(refused.error.text))
                rows = [row for row in rows if row.number != refused.number]
            elif len(rows) == 1:
                return {**failed, rows[0].number: (Outcome.FAILED, str(refused.text))}
            else:  # a constraint that is checked at the end does not name its row
                return {**failed, **{number: said for row in rows for number, said in _do(actor, made, [row]).items()}}
    return failed


def _attempt(actor: Actor, made: SheetImport, rows: list[ImportRow], target: UUID) -> dict[int, Outcome]:
    imports.take_turn(made.id)
    numbers = {row.number for row in rows}
    known = {each.number: each.outcome for each in effects_in(target, made.id) if each.number in numbers}
    fresh = [row for row in rows if row.number not in known]
    return {**known, **imports.act_on_rows(actor, made.id, made.kind, fresh)}


def _undo(actor: Actor, made: SheetImport, row: ImportRow) -> tuple[Outcome, str]:
    target, reach = _place_of(made, row.target)
    try:
        body = imports.take_back
        transaction.write(reach, lambda: body(actor, target, made.id, made.kind, row.number))
    except AppError as error:
        return Outcome.KEPT, str(error.text)
    return Outcome.UNDONE, ""


def _place_of(made: SheetImport, code: str) -> tuple[UUID, tenancy.Reach]:
    """Return for whom the rows about a code are written, and a reach that writes for them and sees every country."""
    with transaction.reading(tenancy.NOWHERE):
        found = {each.code: each.id for each in db.session.execute(sa.select(Tenant.code, Tenant.id))}
    target = made.member_id if made.kind is SheetKind.PLACES else found.get(code, made.member_id)
    return target, tenancy.everywhere(found.values(), writing=target)


def _keep(made: SheetImport, outcomes: dict[int, tuple[Outcome, str]]) -> None:
    def body() -> None:
        told = [
            {"of": number, "became": outcome, "why": [{"column": "", "key": "", "reason": reason}] if reason else []}
            for number, (outcome, reason) in outcomes.items()
        ]
        db.session.connection().execute(_OUTCOME, [{**each, "hub": made.member_id, "made": made.id} for each in told])
        found = import_by_id(made.member_id, made.id, lock=True)
        found.done += len(outcomes)

    if outcomes:
        transaction.write(tenancy.only(made.member_id), body)


def _later(hub_id: UUID, import_id: UUID, change: Callable[[SheetImport], None]) -> None:
    transaction.write(tenancy.only(hub_id), lambda: change(import_by_id(hub_id, import_id, lock=True)))


def _everything(writing: UUID) -> tenancy.Reach:
    with transaction.reading(tenancy.NOWHERE):
        return tenancy.everywhere(db.session.scalars(sa.select(Tenant.id)).all(), writing=writing)


TASKS = (
    Task(name=CHECK, run=check_import, roles=HUB, own_transactions=True),
    Task(name=APPLY, run=apply_import, roles=HUB, own_transactions=True),
    Task(name=UNDO, run=undo_import, roles=HUB, own_transactions=True),
)
