"""Entering the values of a month, before anybody is asked to approve them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.members.models.member import Member
from sri_admin.reporting.models.returns import ReturnDraft
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.drafts import Working, open_month, working_on
from sri_admin.reporting.queries.returns import MonthView, is_written_here, month_of
from sri_admin.reporting.rules.authors import entered_by, named
from sri_admin.reporting.rules.standing import State, may_prepare
from sri_admin.reporting.rules.values import Cell, Explanation, cells_to_wire, explanations_to_wire

Values = Mapping[str, Any]


def keep_draft(actor: Actor, member: Member, month: date, *, values: Values) -> ReturnDraft:
    """Keep what was entered for a month: `cells` by indicator, None to follow the logs again; `explanations`."""
    POLICY.require(actor, "reporting.return.prepare", member)
    view = preparing(member, month)
    work = working_on(view)
    row = view.rows.draft
    if row is not None:
        check_version(row, values.get("version"))
    else:
        row = ReturnDraft(member_id=member.member_id, id=ids.new(), month=month, entered_by=authors_of(view, work))
        db.session.add(row)
    cells = _merged(work, values.get("cells", {}))
    explanations = _checked(values["explanations"]) if "explanations" in values else work.explanations
    before, after = named(work.entered, work.explanations), named(cells, explanations)
    row.entered_by = entered_by(before, after, known=row.entered_by, by=actor.label)
    row.cells, row.explanations = cells_to_wire(cells), explanations_to_wire(explanations)
    row.changed_by, row.changed_at = actor.label, clock.now()
    db.session.flush()
    return row


def preparing(member: Member, month: date) -> MonthView:
    """Return a month somebody may prepare here now; otherwise say why not."""
    open_month(member, month)
    if not is_written_here(member.member_id):
        raise ElsewhereError
    view = month_of(member, month, at_home=True)
    if view.standing.state is State.TO_APPROVE:
        raise ConflictError(
            _l("This month waits for approval. To change something, ask that it be given back."), code="to_approve"
        )
    if not may_prepare(view.standing, today=view.today):
        raise ConflictError(
            _l("SRI has accepted this month. Ask for a correction first; nothing is changed until it is granted."),
            code="accepted",
        )
    return view


def _merged(work: Working, given: Mapping[str, Cell | None]) -> dict[str, Cell]:
    asked = {each.code for each in work.questions}
    entered = {key: cell for key, cell in work.entered.items() if key in asked}
    for indicator, cell in given.items():
        if indicator not in asked or (cell is not None and not cell.is_sound):
            raise InvalidError(
                [FieldError(f"{indicator}_number", _l("Write a whole number, or say why there is none."))]
            )
        follows = work.proposed.get(indicator)
        if cell is None or (follows is not None and follows.cell == cell):
            entered.pop(indicator, None)
        else:
            entered[indicator] = cell
    return entered


def authors_of(view: MonthView, work: Working) -> dict[str, str]:
    """Return who entered what stands in a month; what goes on from the newest revision is of whoever prepared that."""
    if view.rows.draft is not None:
        return view.rows.draft.entered_by
    return dict.fromkeys(named(work.entered, work.explanations), view.newest.prepared_by) if view.newest else {}


def _checked(explanations: list[Explanation]) -> list[Explanation]:
    return [Explanation(each.rule, each.indicator, each.code, " ".join(each.note.split())) for each in explanations]
