"""Who entered what stands in a return: nobody approves values of their own, whoever sent them to the approver."""

from collections.abc import Iterable, Mapping

from sri_admin.reporting.rules.values import Cell, Explanation

Entry = Cell | Explanation


def named(cells: Mapping[str, Cell], explanations: Iterable[Explanation]) -> dict[str, Entry]:
    """Give everything somebody enters into a return a name."""
    return {**cells, **{f"{each.rule} {each.indicator}": each for each in explanations}}


def entered_by(
    before: Mapping[str, Entry], after: Mapping[str, Entry], *, known: Mapping[str, str], by: str
) -> dict[str, str]:
    """Return who entered each thing that stands now: what somebody did not change stays with whoever entered it."""
    kept = {key for key, value in after.items() if key in before and before[key] == value}
    return {key: by for key in after if key not in kept} | {key: known[key] for key in kept if key in known}
