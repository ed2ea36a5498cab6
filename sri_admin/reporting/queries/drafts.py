"""What a preparer works on: the values of a month as they stand before they are sent to the approver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from sri_admin.kernel import clock
from sri_admin.kernel.errors import NotFoundError
from sri_admin.meetings.queries.figures import MonthFigures, month_figures
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import today_of
from sri_admin.reporting.models.catalogue import DataSet, IndicatorRow
from sri_admin.reporting.queries.catalogue import data_set_for, questions_of
from sri_admin.reporting.queries.returns import MonthView, earlier_numbers
from sri_admin.reporting.rules.months import first_of
from sri_admin.reporting.rules.prefill import Proposed, proposed
from sri_admin.reporting.rules.validation import Finding, Given, findings
from sri_admin.reporting.rules.values import Cell, Explanation, cells_of, explanations_of


@dataclass(frozen=True)
class Working:
    """The values of a month as they stand: what was entered, what follows from the logs, what the rules find."""

    data_set: DataSet
    questions: Sequence[IndicatorRow]
    figures: MonthFigures
    proposed: Mapping[str, Proposed]
    entered: Mapping[str, Cell]
    explanations: Sequence[Explanation]
    found: Sequence[Finding]

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """The values: what was entered by hand before what is proposed."""
        known = {**{key: each.cell for key, each in self.proposed.items()}, **self.entered}
        return {each.code: known[each.code] for each in self.questions if each.code in known}

    @property
    def unanswered(self) -> list[IndicatorRow]:
        """The questions without an answer."""
        return [each for each in self.questions if each.code not in self.cells]

    def is_by_hand(self, indicator: str) -> bool:
        """Say whether a proposed value was replaced by another."""
        return indicator in self.proposed and indicator in self.entered


def working_on(view: MonthView) -> Working:
    """Return what a preparer sees of a month."""
    data_set = data_set_for(view.month)
    figures = month_figures(view.member.member_id, view.month)
    follows = proposed(figures)
    entered, explanations = _entered(view, follows)
    work = Working(
        data_set=data_set,
        questions=questions_of(data_set.id),
        figures=figures,
        proposed=follows,
        entered=entered,
        explanations=explanations,
        found=(),
    )
    earlier = earlier_numbers(view.member.member_id, view.month, known_at=clock.now())
    return replace(work, found=findings(Given(work.cells, figures.expected, earlier)))


def _entered(view: MonthView, follows: Mapping[str, Proposed]) -> tuple[Mapping[str, Cell], Sequence[Explanation]]:
    # After a restore, or when a revision came back, what was approved last is where one goes on.
    source = view.rows.draft or view.newest
    if source is None:
        return {}, []
    stored = cells_of(source.cells)
    entered = {key: cell for key, cell in stored.items() if key not in follows or follows[key].cell != cell}
    return entered, explanations_of(source.explanations)


def open_month(member: Member, month: date) -> date:
    """Return a month that may be reported on: begun, and asked for by a data set; NotFoundError otherwise."""
    if month.day != 1 or month > first_of(today_of(member)):
        raise NotFoundError
    data_set_for(month)
    return month
