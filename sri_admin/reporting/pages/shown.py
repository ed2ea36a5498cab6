"""What pages of boards and of SRI show alike: months, values beside the ones before, revisions with their receipts."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sri_admin.kernel.text import Text
from sri_admin.reporting.models.catalogue import IndicatorRow
from sri_admin.reporting.models.returns import OfRevision, ReturnIntake, ReturnRevision
from sri_admin.reporting.queries.catalogue import questions_of
from sri_admin.reporting.queries.drafts import Working
from sri_admin.reporting.queries.returns import MonthView
from sri_admin.reporting.rules import words
from sri_admin.reporting.rules.arrival import receipt_number
from sri_admin.reporting.rules.prefill import Proposed
from sri_admin.reporting.rules.standing import State
from sri_admin.reporting.rules.values import Cell, Status, cells_of, explanations_of
from sri_admin.reporting.schemas import COUNTED
from sri_admin.web.forms import Form


class MonthShown(NamedTuple):
    """A month in a list."""

    view: MonthView
    state: words.Said
    is_expected: bool


class Question(NamedTuple):
    """An indicator as the form asks for it."""

    row: IndicatorRow
    number: Any
    status: str
    proposed: Proposed | None
    is_by_hand: bool
    found: list[str]


class ValueShown(NamedTuple):
    """A value as it is told, and the one before if it was another."""

    name: Text
    said: str
    before: str | None
    why: list[str]


class RevisionShown(NamedTuple):
    """A revision with what SRI did with it."""

    row: ReturnRevision
    intake: ReturnIntake | None
    state: words.Said
    receipt: str
    fault: Any
    is_dated_ahead: bool


def months_shown(views: Iterable[MonthView], expected: Collection[date]) -> list[MonthShown]:
    """Return months as a list shows them."""
    return [MonthShown(each, _state(each, expected), each.month in expected) for each in views]


def _state(view: MonthView, expected: Collection[date]) -> words.Said:
    if view.month not in expected and view.standing.state is State.NOT_STARTED:
        return words.NOT_EXPECTED
    return words.OVERDUE if view.is_overdue else words.STATES[view.standing.state]


def working_shown(work: Working, form: Form) -> list[Question]:
    """Return the questions of a month with what stands in them now."""
    shown: list[Question] = []
    for each in work.questions:
        cell = work.cells.get(each.code)
        stored = cell.value if cell else None
        shown.append(
            Question(
                row=each,
                number=form.value(f"{each.code}_number", stored),
                status=form.value(f"{each.code}_status", _said(cell)),
                proposed=work.proposed.get(each.code),
                is_by_hand=work.is_by_hand(each.code),
                found=[words.say(found) for found in work.found if found.indicator == each.code],
            )
        )
    return shown


def _said(cell: Cell | None) -> str:
    return COUNTED if cell is None or cell.status in {Status.REPORTED, Status.ZERO} else cell.status.value


def rows_shown(row: OfRevision, before: OfRevision | None) -> list[ValueShown]:
    """Return the values of a proposal or revision, each beside the one of an earlier revision if it differs."""
    cells, earlier = cells_of(row.cells), cells_of(before.cells) if before is not None else {}
    reasons: dict[str, list[str]] = {}
    for each in explanations_of(row.explanations):
        label = str(words.EXPLANATIONS[each.code])
        reasons.setdefault(each.indicator, []).append(f"{label}: {each.note}" if each.note else label)
    return [
        ValueShown(
            name=each.name,
            said=words.say_cell(cells.get(each.code)),
            before=_differing(cells.get(each.code), earlier, each.code) if before is not row else None,
            why=reasons.get(each.code, []),
        )
        for each in questions_of(row.data_set_id)
    ]


def _differing(cell: Cell | None, earlier: Mapping[str, Cell], code: str) -> str | None:
    return words.say_cell(earlier[code]) if code in earlier and earlier[code] != cell else None


def revisions_shown(view: MonthView) -> list[RevisionShown]:
    """Return the revisions of a month with their receipts, the newest first."""
    return [_revision(view, each) for each in sorted(view.rows.revisions, key=lambda row: -row.revision)]


def _revision(view: MonthView, row: ReturnRevision) -> RevisionShown:
    intake = view.rows.intakes.get(row.id)
    return RevisionShown(
        row=row,
        intake=intake,
        state=words.STATES[State(intake.state.value) if intake else State.TO_SEND],
        receipt=receipt_number(view.member.code, row.month, row.revision),
        fault=words.FAULTS[intake.fault] if intake and intake.fault else None,
        # The country's clock says when it was approved, SRI's when it came: the two need not agree.
        is_dated_ahead=intake is not None and row.approved_at > intake.received_at,
    )
