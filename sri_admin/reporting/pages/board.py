"""Pages for a board: its months, the values of one, what is checked, what is approved, what SRI answered."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.reporting.operations import corrections, drafts, proposals
from sri_admin.reporting.pages.shown import months_shown, revisions_shown, rows_shown, working_shown
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.drafts import open_month, working_on
from sri_admin.reporting.queries.expected import expected_of
from sri_admin.reporting.queries.returns import (
    MonthView,
    is_written_here,
    month_of,
    months_of,
    proposal_by_id,
)
from sri_admin.reporting.rules import words
from sri_admin.reporting.rules.months import first_of, last_months, last_of
from sri_admin.reporting.rules.standing import Answer, State, may_prepare, open_grant
from sri_admin.reporting.rules.validation import Severity
from sri_admin.reporting.rules.values import Cell, Explanation, Indicator, Status, cells_hash, short
from sri_admin.reporting.schemas import (
    COUNTED,
    SAID,
    SOFT_RULES,
    ApprovalIn,
    CorrectionIn,
    ProposalIn,
    ReturnIn,
    month_at,
    month_in,
)
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.homes import Home

pages = Pages("reporting")
SHOWN_MONTHS = 12
_AT = "/countries/<code>/returns/<month>"


@pages.get("/countries/<code>/returns", audience=Audience.MEMBER, template="reporting/months.html")
def month_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show the months of a country: how each stands and when it is due."""
    record = _member(actor, member)
    months = [*last_months(today_of(record), SHOWN_MONTHS), first_of(today_of(record))]
    views = months_of([record], months, at_home=not actor.is_staff)
    expected = expected_of([record], months)[record.member_id]
    rows = months_shown([views[record.member_id, month] for month in reversed(months)], expected)
    return {"member": record, "rows": rows, "months": month_at}


@pages.get(_AT, audience=Audience.MEMBER, template="reporting/month.html")
def month_show(actor: Actor, form: Form, *, member: Tenant, month: str) -> dict[str, Any]:
    """Show a month: the values to fill in while it is being prepared, afterwards what became of it."""
    view = _view(actor, member, month)
    work, may_edit = working_on(view), _may_prepare(actor, view)
    row = view.proposal or view.newest
    official = view.official
    return {
        **_common(view),
        "form": form,
        "work": work,
        "questions": working_shown(work, form) if may_edit else [],
        "rows": rows_shown(row, official) if row else [],
        "row": row,
        "revisions": revisions_shown(view),
        "may_edit": may_edit,
        "may_approve": _may_approve(actor, view),
        "may_take_back": _may_take_back(actor, view),
        "may_ask": _may_ask(actor, view),
        "statuses": [(COUNTED, _("Counted")), *((each.value, words.STATUSES[each]) for each in SAID)],
        "short": short,
    }


@pages.post(_AT, audience=Audience.MEMBER, takes=ReturnIn, again=month_show)
def month_keep(actor: Actor, values: dict[str, Any], *, member: Tenant, month: str) -> SeeOther:
    """Keep the values of a month and go on to look at them; or let one value follow the logs again."""
    record, followed = _member(actor, member), values.get("follow")
    given = {each.value: _cell(values, each) for each in Indicator}
    work = working_on(_view(actor, member, month))
    asked = {each.code for each in work.questions}
    cells = {key: cell for key, cell in given.items() if key in asked}
    if followed is not None:
        cells[followed.value] = None
    kept = {"cells": cells, **({"version": values["version"]} if "version" in values else {})}
    drafts.keep_draft(actor, record, month_in(month), values=kept)
    if followed is not None:
        return see_other("reporting.month_show", code=member.code, month=month, notice=_("It follows the logs again."))
    return see_other("reporting.month_check", code=member.code, month=month)


@pages.get(f"{_AT}/check", audience=Audience.MEMBER, template="reporting/check.html")
def month_check(actor: Actor, form: Form, *, member: Tenant, month: str) -> Any:
    """Show the answers once more with what the rules found, before they go to the approver."""
    view = _view(actor, member, month)
    POLICY.require(actor, "reporting.return.prepare", view.member)
    if not _may_prepare(actor, view):
        return see_other("reporting.month_show", code=member.code, month=month)
    work = working_on(view)
    explained = {(each.rule, each.indicator): each for each in work.explanations}
    return {
        **_common(view),
        "form": form,
        "work": work,
        "shown": cells_hash(work.cells),
        "hard": [each for each in work.found if each.severity is Severity.HARD],
        "soft": [(each, explained.get(each.key)) for each in work.found if each.severity is Severity.SOFT],
        "names": {each.code: each.name for each in work.questions},
        "is_over": view.today > last_of(view.month),
        "reasons": [(each.value, label) for each, label in words.EXPLANATIONS.items()],
    }


@pages.post(f"{_AT}/propose", audience=Audience.MEMBER, takes=ProposalIn, again=month_check)
def month_propose(actor: Actor, values: dict[str, Any], *, member: Tenant, month: str) -> SeeOther:
    """Send a month to the approver with the explanations that were given."""
    record, day = _member(actor, member), month_in(month)
    view = _view(actor, member, month)
    if view.standing.state is not State.TO_APPROVE:
        drafts.keep_draft(actor, record, day, values={"explanations": _explanations(values)})
    proposals.propose(actor, record, day, values=values)
    return see_other(
        "reporting.month_show",
        code=member.code,
        month=month,
        notice=_("It waits for approval now. The chair or an administrator finds it on their first page."),
    )


@pages.post(f"{_AT}/approval", audience=Audience.MEMBER, takes=ApprovalIn, again=month_show)
def month_answer(actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str) -> SeeOther:
    """Approve the values that were shown, or give them back."""
    record = _member(actor, member)
    proposal = proposal_by_id(record.member_id, values["proposal_id"])
    if proposal.month != month_in(month):
        raise NotFoundError
    if values["verdict"] is Answer.APPROVE:
        proposals.approve(actor, record, proposal, values=values)
        notice = _("It is approved and signed. It goes out to SRI by itself.")
    else:
        proposals.give_back(actor, record, proposal, values=values)
        notice = _("It is given back with your reason.")
    return see_other("reporting.month_show", code=member.code, month=month, notice=notice)


@pages.get(f"{_AT}/correction", audience=Audience.MEMBER, template="reporting/correction.html")
def correction_new(actor: Actor, form: Form, *, member: Tenant, month: str) -> dict[str, Any]:
    """Ask why an accepted month has to be corrected."""
    view = _view(actor, member, month)
    POLICY.require(actor, "reporting.correction.ask", view.member)
    reasons = [(each.value, label) for each, label in words.CORRECTION_REASONS.items()]
    return {**_common(view), "form": form, "reasons": reasons}


@pages.post(f"{_AT}/correction", audience=Audience.MEMBER, takes=CorrectionIn, again=correction_new)
def correction_ask(actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str) -> SeeOther:
    """Ask SRI to let an accepted month be corrected."""
    corrections.ask_to_correct(actor, _member(actor, member), month_in(month), values=values)
    return see_other(
        "reporting.month_show",
        code=member.code,
        month=month,
        notice=_("Your request goes out to SRI by itself. Until it is granted the accepted values count."),
    )


def _member(actor: Actor, member: Tenant) -> Member:
    record = member_by_id(member.id)
    POLICY.require(actor, "reporting.return.read", record)
    return record


def _view(actor: Actor, member: Tenant, month: str) -> MonthView:
    record = _member(actor, member)
    return month_of(record, open_month(record, month_in(month)), at_home=not actor.is_staff)


def _common(view: MonthView) -> dict[str, Any]:
    return {
        "member": view.member,
        "view": view,
        "month": month_at(view.month),
        "state": words.OVERDUE if view.is_overdue else words.STATES[view.standing.state],
        "grant": open_grant(view.standing, today=view.today),
        "is_here": is_written_here(view.member.member_id),
        "words": words,
    }


def _may_prepare(actor: Actor, view: MonthView) -> bool:
    may = POLICY.allows(actor, "reporting.return.prepare", view.member) and is_written_here(view.member.member_id)
    is_open = view.standing.state is not State.TO_APPROVE and may_prepare(view.standing, today=view.today)
    return may and is_open


def _may_approve(actor: Actor, view: MonthView) -> bool:
    waits = view.proposal if view.standing.state is State.TO_APPROVE else None
    may = POLICY.allows(actor, "reporting.return.approve", view.member) and is_written_here(view.member.member_id)
    return waits is not None and may and not proposals.had_part_in(actor, waits)


def _may_take_back(actor: Actor, view: MonthView) -> bool:
    waits = view.proposal if view.standing.state is State.TO_APPROVE else None
    may = POLICY.allows(actor, "reporting.return.give_back", view.member) and is_written_here(view.member.member_id)
    return waits is not None and may and proposals.had_part_in(actor, waits)


def _may_ask(actor: Actor, view: MonthView) -> bool:
    may = POLICY.allows(actor, "reporting.correction.ask", view.member) and is_written_here(view.member.member_id)
    request, has_grant = view.standing.request, open_grant(view.standing, today=view.today) is not None
    is_waiting = request is not None and request.verdict is None
    return may and view.standing.official is not None and not is_waiting and not has_grant


def _cell(values: Mapping[str, Any], indicator: Indicator) -> Cell | None:
    said, number = values.get(f"{indicator}_status", COUNTED), values.get(f"{indicator}_number")
    if said == COUNTED:
        return None if number is None else Cell.counted(number)
    return Cell(Status(said), number if Status(said).has_number else None)


def _explanations(values: Mapping[str, Any]) -> list[Explanation]:
    return [
        Explanation(rule, each.value, values[f"{rule}_{each}_why"], values.get(f"{rule}_{each}_note", ""))
        for rule in SOFT_RULES
        for each in Indicator
        if f"{rule}_{each}_why" in values
    ]


_RETURNS = Home(POLICY, "reporting.return.read")
MENU = (
    MenuEntry(
        label=_l("Monthly returns"),
        endpoint="reporting.month_list",
        icon="bar-chart",
        place=26,
        shown=_RETURNS.shown,
        url=lambda actor: url_for("reporting.month_list", code=_RETURNS.code(actor)),
        covers=frozenset({f"reporting.{each}" for each in ("month_show", "month_check", "correction_new")}),
    ),
)
