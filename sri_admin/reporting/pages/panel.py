"""How a country reports, told to the page about it."""

from datetime import date
from uuid import UUID

from sri_admin.kernel.formats import date_long, number
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import Panel, Tab
from sri_admin.members.queries.members import find_member
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.punctual import year_until
from sri_admin.reporting.queries.returns import MonthView
from sri_admin.reporting.rules import words


def panel_of(member_id: UUID, on: date) -> Panel | None:
    """Return whether a country's returns come in time and how the last one stands; nothing if none was expected."""
    member = find_member(member_id)
    year = year_until(member, on) if member is not None else None
    if member is None or year is None or not year.is_expected:
        return None
    found, last = year.found, year.last
    state = words.OVERDUE if last.is_overdue else words.STATES[last.standing.state]
    return Panel(
        title=_("Monthly returns"),
        badge=(state.family, state.label),
        facts=(
            (_("Last month"), words.month_name(last.month)),
            (_("Received on"), _received_on(last)),
            (_("In time"), _("%(number)s of %(all)s", number=number(found.on_time), all=number(found.expected))),
            (_("Late"), number(found.late)),
            (_("No report"), number(found.missing)),
        ),
        label=_("Their returns"),
        endpoint="reporting.month_list",
        arguments={"code": member.code},
        shown=lambda actor: POLICY.allows(actor, "reporting.return.read", member_id),
    )


def _received_on(view: MonthView) -> str:
    """Say when the newest revision came: whether it was in time goes by the clock where it was approved."""
    intake = view.rows.intakes.get(view.newest.id) if view.newest is not None else None
    return date_long(intake.received_at.date()) if intake is not None else _("not yet")


def tabs_of(_member_id: UUID, _on: date) -> list[Tab]:
    """Return this part's pages about a country."""
    return [
        Tab(
            label=_l("Monthly returns"),
            endpoint="reporting.month_list",
            place=60,
            shown=lambda actor: actor.is_staff,
            covers=frozenset({"reporting.received_show"}),
        ),
        Tab(
            label=_l("Numbers"),
            endpoint="reporting.numbers_show",
            place=61,
            shown=lambda actor: actor.is_staff,
        ),
    ]
