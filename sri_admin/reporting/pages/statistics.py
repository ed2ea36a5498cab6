"""Pages of numbers: all countries for SRI, one country for its board; every number beside its coverage."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from flask import url_for

from sri_admin.kernel import clock, sheets
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, MenuEntry
from sri_admin.kernel.sheets import Column, FileFormat, Manner, Shape, Sheet
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.reporting.models.catalogue import IndicatorRow
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.catalogue import find_data_set, questions_of
from sri_admin.reporting.queries.statistics import OwnMonth, Statistics, own_numbers, statistics
from sri_admin.reporting.rules import words
from sri_admin.reporting.rules.months import last_months
from sri_admin.reporting.rules.plot import Plot, line
from sri_admin.reporting.rules.standing import State
from sri_admin.reporting.rules.totals import Total, over_time
from sri_admin.reporting.rules.values import Indicator, cells_of
from sri_admin.reporting.schemas import NumbersQuery, month_at
from sri_admin.web.doors import Attachment, Audience, Pages
from sri_admin.web.homes import Home

pages = Pages("reporting")
SPANS: Final = (12, 24)
SHEET = Sheet(
    name="statistics",
    label=_l("Statistics"),
    columns=(
        Column(key="month", label=_l("Month"), shape=Shape.DATE, only_out=True),
        Column(key="indicator", label=_l("Indicator"), only_out=True),
        Column(key="edition", label=_l("Edition"), shape=Shape.NUMBER, only_out=True),
        Column(key="country", label=_l("Country"), only_out=True),
        Column(key="status", label=_l("Status"), only_out=True),
        Column(key="value", label=_l("Number"), shape=Shape.NUMBER, only_out=True),
    ),
)


@pages.get("/statistics", audience=Audience.STAFF, template="reporting/statistics.html", query=NumbersQuery, roles=HUB)
def statistics_show(actor: Actor, query: Mapping[str, Any]) -> dict[str, Any]:
    """Show the trend of an indicator over all countries, and how complete it is."""
    POLICY.require(actor, "reporting.statistics.read")
    months = last_months(clock.today(), query.get("months") or SPANS[0])
    found, asked = statistics(months), _questions(months)
    chosen = _chosen(asked, query)
    totals = found.totals(chosen.code) if chosen else []
    return {
        "months": months,
        "questions": asked,
        "chosen": chosen,
        "spans": SPANS,
        "totals": list(zip(months, totals, strict=True)) if chosen else [],
        "plot": line([each.value for each in totals]) if chosen else None,
        "figures": [(each, found.total(each.code, months[-1]), found.totals(each.code)) for each in asked],
        "whole": over_time(totals, chosen.over_time) if chosen else None,
        "countries": _countries(found, chosen, months[-1]) if chosen else [],
        "month_at": month_at,
    }


@pages.file("/statistics/table", audience=Audience.STAFF, query=NumbersQuery, roles=HUB)
def statistics_table(actor: Actor, query: Mapping[str, Any]) -> Attachment:
    """Give the accepted values of an indicator as a table without formulas."""
    POLICY.require(actor, "reporting.statistics.read")
    months = last_months(clock.today(), query.get("months") or SPANS[0])
    chosen = _chosen(_questions(months), query)
    if chosen is None:
        raise NotFoundError
    manner = Manner(format=FileFormat.CSV)
    content = sheets.written(SHEET, _rows(statistics(months), chosen), manner)
    return Attachment(sheets.file_name(SHEET, clock.today(), manner), sheets.media_type(manner), content)


@pages.get("/countries/<code>/numbers", audience=Audience.MEMBER, template="reporting/numbers.html")
def numbers_show(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show a country its own numbers over the last year."""
    record = member_by_id(member.id)
    POLICY.require(actor, "reporting.return.read", record)
    months = last_months(today_of(record), SPANS[0])
    own = own_numbers(record, months)
    return {
        "member": record,
        "months": months,
        "shown": [_own(each, own) for each in _questions(months)],
        "states": [_state(each) for each in own],
        "reported": sum(each.row is not None for each in own),
        "asked": sum(each.is_expected or each.row is not None for each in own),
        "month_at": month_at,
    }


class OwnShown(NamedTuple):
    """An indicator of a country: its trend, what is said of each month, and all months together with how many."""

    row: IndicatorRow
    plot: Plot
    said: list[str | None]
    whole: Total
    reported: int
    expected: int


def _own(row: IndicatorRow, own: Sequence[OwnMonth]) -> OwnShown:
    totals = [each.total(row.code) for each in own]
    cells = [cells_of(each.row.cells).get(row.code) if each.row else None for each in own]
    return OwnShown(
        row=row,
        plot=line([each.value for each in totals]),
        said=[words.say_cell(each) if each else None for each in cells],
        whole=over_time(totals, row.over_time),
        reported=sum(each.reported for each in totals),
        expected=sum(each.expected for each in totals),
    )


def _state(own: OwnMonth) -> Any:
    if own.view.official is not None:
        return words.STATES[State.ACCEPTED].label
    state = own.view.standing.state
    return words.STATES[state].label if own.is_expected or state is not State.NOT_STARTED else words.NOT_EXPECTED.label


def _questions(months: Sequence[date]) -> list[IndicatorRow]:
    data_set = find_data_set(months[-1])
    return questions_of(data_set.id) if data_set else []


def _chosen(asked: Sequence[IndicatorRow], query: Mapping[str, Any]) -> IndicatorRow | None:
    wanted = query.get("indicator", Indicator.MEETINGS_HELD)
    return next((each for each in asked if each.code == wanted), None)


def _countries(found: Statistics, chosen: IndicatorRow, month: date) -> list[tuple[Member, Any]]:
    return [(each, _of_country(found, each, month=month, indicator=chosen.code)) for each in found.members]


def _of_country(found: Statistics, member: Member, *, month: date, indicator: str) -> Any:
    cell = found.cell(member, month, indicator)
    if cell is not None:
        return words.say_cell(cell)
    return (words.STATES[State.NOT_STARTED] if found.is_asked(member, month) else words.NOT_EXPECTED).label


def _rows(found: Statistics, chosen: IndicatorRow) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for month in found.months:
        for member in found.members:
            cell = found.cell(member, month, chosen.code)
            if cell is None and not found.is_asked(member, month):
                continue
            told.append(
                {
                    "month": month,
                    "indicator": chosen.code,
                    "edition": chosen.edition,
                    "country": member.code,
                    "status": cell.status.value if cell else "no_report",
                    "value": cell.value if cell else None,
                }
            )
    return told


_NUMBERS = Home(POLICY, "reporting.return.read")
MENU = (
    MenuEntry(
        label=_l("Our numbers"),
        endpoint="reporting.numbers_show",
        icon="bar-chart",
        place=28,
        shown=_NUMBERS.shown,
        url=lambda actor: url_for("reporting.numbers_show", code=_NUMBERS.code(actor)),
    ),
    MenuEntry(
        label=_l("Statistics"),
        endpoint="reporting.statistics_show",
        icon="bar-chart",
        place=72,
        group=_l("The whole picture"),
        roles=HUB,
        shown=lambda actor: actor.is_staff,
    ),
)
