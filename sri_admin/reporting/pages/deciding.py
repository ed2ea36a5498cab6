"""Pages for SRI: the returns of all countries, one of them with what changed, accepting, returning, corrections."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.queries.members import member_by_id
from sri_admin.reporting.operations import corrections
from sri_admin.reporting.operations.corrections import GRANT_LASTS
from sri_admin.reporting.operations.intake import decide
from sri_admin.reporting.pages.shown import months_shown, revisions_shown, rows_shown
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.expected import expected_of
from sri_admin.reporting.queries.returns import (
    MonthView,
    earlier_numbers,
    intake_by_id,
    month_of,
    months_of,
    request_by_id,
)
from sri_admin.reporting.queries.statistics import seated
from sri_admin.reporting.queries.waiting import waiting_at_sri
from sri_admin.reporting.rules import words
from sri_admin.reporting.rules.months import last_months
from sri_admin.reporting.rules.standing import GrantVerdict, IntakeState
from sri_admin.reporting.rules.validation import Given, findings, unexplained
from sri_admin.reporting.rules.values import cells_of, explanations_of, short
from sri_admin.reporting.schemas import CorrectionAnswerIn, ReturnDecisionIn, month_at, month_in
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("reporting")
SHOWN_MONTHS = 12
_AT = "/countries/<code>/received/<month>"


@pages.get("/returns", audience=Audience.STAFF, template="reporting/returns.html", roles=HUB)
def return_list(actor: Actor) -> dict[str, Any]:
    """Show the returns of all countries over the last months, and which wait for SRI."""
    POLICY.require(actor, "reporting.statistics.read")
    members, months = seated(), last_months(clock.today(), SHOWN_MONTHS)
    views, expected = months_of(members, months, at_home=False), expected_of(members, months)
    rows = [
        (each, months_shown([views[each.member_id, month] for month in months], expected[each.member_id]))
        for each in members
    ]
    return {"rows": rows, "months": months, "waiting": waiting_at_sri(views), "month_at": month_at, "words": words}


@pages.get(_AT, audience=Audience.STAFF, template="reporting/received.html", roles=HUB)
def received_show(actor: Actor, form: Form, *, member: Tenant, month: str) -> dict[str, Any]:
    """Show the month of a country: the newest revision beside the one that counts, and what is to be decided."""
    view = _view(actor, member, month)
    newest, official = view.newest, view.official
    before = official if official is not newest else None
    intake = view.rows.intakes.get(newest.id) if newest else None
    return {
        "form": form,
        "member": view.member,
        "view": view,
        "month": month_at(view.month),
        "newest": newest,
        "intake": intake,
        "is_open": intake is not None and intake.state is IntakeState.RECEIVED,
        "values": rows_shown(newest, before or _earlier(view)) if newest else [],
        "unexplained": _unexplained(view),
        "revisions": revisions_shown(view),
        "request": view.request if view.waits_for_grant else None,
        "until": clock.today() + GRANT_LASTS,
        "state": words.OVERDUE if view.is_overdue else words.STATES[view.standing.state],
        "words": words,
        "short": short,
    }


@pages.post(f"{_AT}/decision", audience=Audience.STAFF, takes=ReturnDecisionIn, again=received_show, roles=HUB)
def return_decide(actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str) -> SeeOther:
    """Accept a revision, or return it with a reason."""
    view = _view(actor, member, month)
    intake = intake_by_id(member.id, values["revision_id"])
    if intake.month != view.month:
        raise NotFoundError
    decide(actor, view.member, intake, values=values)
    notice = _("It is decided. The country sees it after its next exchange.")
    return see_other("reporting.received_show", code=member.code, month=month, notice=notice)


@pages.post(f"{_AT}/correction", audience=Audience.STAFF, takes=CorrectionAnswerIn, again=received_show, roles=HUB)
def correction_decide(actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str) -> SeeOther:
    """Let an accepted month be corrected, or say why not."""
    view = _view(actor, member, month)
    request = request_by_id(member.id, values["request_id"])
    if request.month != view.month:
        raise NotFoundError
    corrections.answer_request(actor, view.member, request, values=values)
    granted = values["verdict"] is GrantVerdict.GRANTED
    notice = _("It may be corrected now. Until a correction is accepted, the accepted values count.")
    return see_other(
        "reporting.received_show",
        code=member.code,
        month=month,
        notice=notice if granted else _("It is answered. The country reads your reason."),
    )


def _view(actor: Actor, member: Tenant, month: str) -> MonthView:
    record, day = member_by_id(member.id), month_in(month)
    POLICY.require(actor, "reporting.return.read", record)
    if day > date.max - timedelta(days=62):
        raise NotFoundError
    return month_of(record, day, at_home=False)


def _earlier(view: MonthView) -> Any:
    ordered = sorted(view.rows.revisions, key=lambda each: each.revision)
    return ordered[-2] if len(ordered) > 1 else None


def _unexplained(view: MonthView) -> list[str]:
    newest = view.newest
    if newest is None:
        return []
    earlier = earlier_numbers(view.member.member_id, view.month, known_at=newest.prepared_at)
    found = findings(Given(cells_of(newest.cells), newest.expected, earlier))
    return [words.say(each) for each in unexplained(found, explanations_of(newest.explanations))]


MENU = (
    MenuEntry(
        label=_l("Monthly returns"),
        endpoint="reporting.return_list",
        icon="bar-chart",
        place=70,
        group=_l("The whole picture"),
        roles=HUB,
        shown=lambda actor: actor.is_staff,
        covers=frozenset({"reporting.received_show", "reporting.month_list", "reporting.month_show"}),
    ),
)
