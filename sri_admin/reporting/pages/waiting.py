"""What of the returns waits for somebody, told to the first page."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.formats import date_short
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import WorkItem
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import find_member, today_of
from sri_admin.reporting.operations.proposals import had_part_in
from sri_admin.reporting.pages.board import SHOWN_MONTHS
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.expected import expected_of
from sri_admin.reporting.queries.returns import MonthView, is_written_here, months_of
from sri_admin.reporting.queries.waiting import unfinished_months, waiting_at_sri
from sri_admin.reporting.rules import words
from sri_admin.reporting.rules.months import last_months
from sri_admin.reporting.rules.standing import State, open_grant
from sri_admin.reporting.schemas import month_at

_TO_PREPARE = (State.NOT_STARTED, State.PREPARING)


def work_of(member_id: UUID, _on: date) -> list[WorkItem]:
    """Return what waits in the returns of a member, or of SRI itself."""
    if member_id == installation.hub_tenant_id():
        return list(_at_hub())
    member = find_member(member_id)
    return list(_at_member(member)) if member and is_written_here(member_id) else []


def _at_hub() -> Iterator[WorkItem]:
    for view in waiting_at_sri():
        if view.waits_for_sri:
            yield _for_sri(
                view, reason=_("It arrived and waits to be accepted."), label=_("Look at it"), act="return.decide"
            )
        if view.waits_for_grant:
            yield _for_sri(
                view, reason=_("The country asks to correct it."), label=_("Answer"), act="correction.decide"
            )


def _for_sri(view: MonthView, *, reason: Any, label: Any, act: str) -> WorkItem:
    return WorkItem(
        family="soon",
        title=_(
            "%(country)s: return of %(month)s",
            country=str(view.member.names),
            month=words.month_name(view.month),
        ),
        reason=reason,
        label=label,
        endpoint="reporting.received_show",
        arguments={"code": view.member.code, "month": month_at(view.month)},
        shown=_allowed(act, view.member),
    )


def _at_member(member: Member) -> Iterator[WorkItem]:
    lately = last_months(today_of(member), SHOWN_MONTHS)
    months = sorted({*unfinished_months(member.member_id), *lately})
    expected = set(expected_of([member], months)[member.member_id])
    views = months_of([member], months, at_home=True)
    for month in months:
        yield from _of_month(views[member.member_id, month], is_expected=month in expected)


def _of_month(view: MonthView, *, is_expected: bool) -> Iterator[WorkItem]:
    state = view.standing.state
    if state in _TO_PREPARE and is_expected:
        family = "stop" if view.is_overdue else "doing"
        yield _for_board(view, "return.prepare", family=family, reason=_due(view), label=_("Fill it in"))
    elif state is State.TO_APPROVE:
        yield _for_approver(view)
    elif state is State.GIVEN_BACK:
        reason = _("It was given back to be put right.")
        yield _for_board(view, "return.prepare", family="stop", reason=reason, label=_("Look at it"))
    elif state in {State.RETURNED, State.QUARANTINED}:
        reason = _("SRI returned it. The reason stands on its page.")
        yield _for_board(view, "return.prepare", family="stop", reason=reason, label=_("Look at it"))
    elif open_grant(view.standing, today=view.today) is not None:
        reason = _("SRI lets you correct it.")
        yield _for_board(view, "return.prepare", family="doing", reason=reason, label=_("Correct it"))


def _due(view: MonthView) -> Any:
    if view.is_overdue:
        return _("It was due on %(day)s.", day=date_short(view.due_on))
    return _("It is due on %(day)s.", day=date_short(view.due_on))


def _for_approver(view: MonthView) -> WorkItem:
    proposal, allowed = view.proposal, _allowed("return.approve", view.member)
    return _item(
        view,
        family="soon",
        reason=_("It is prepared and waits for your approval."),
        label=_("Look at it and approve"),
        shown=lambda actor: proposal is not None and allowed(actor) and not had_part_in(actor, proposal),
    )


def _for_board(view: MonthView, act: str, **told: Any) -> WorkItem:
    return _item(view, shown=_allowed(act, view.member), **told)


def _item(view: MonthView, **told: Any) -> WorkItem:
    return WorkItem(
        title=_("Return of %(month)s", month=words.month_name(view.month)),
        endpoint="reporting.month_show",
        arguments={"code": view.member.code, "month": month_at(view.month)},
        **told,
    )


def _allowed(act: str, subject: Any) -> Callable[[Actor], bool]:
    return lambda actor: POLICY.allows(actor, f"reporting.{act}", subject)
