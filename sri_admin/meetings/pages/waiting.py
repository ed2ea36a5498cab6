"""What of meetings waits for somebody, told to the first page; and what is said of them on a country's page."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.formats import date_full, number
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import Panel, Tab, WorkItem
from sri_admin.kernel.tenancy import Tenant
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.evenings import Evening, missing_of, recent_evenings
from sri_admin.meetings.queries.leaders import leaders_by_meeting
from sri_admin.meetings.queries.meetings import counts_by_state, unconfirmed, waiting_of
from sri_admin.meetings.queries.writer import is_written_here
from sri_admin.meetings.rules.log import Desk
from sri_admin.meetings.rules.meeting import MeetingState
from sri_admin.people.queries.accounts import tenant_by_id


def work_of(member_id: UUID, on: date) -> list[WorkItem]:
    """Return what waits in the meetings of a member that are written here."""
    if member_id == installation.hub_tenant_id() or not is_written_here(member_id):
        return []
    tenant = tenant_by_id(member_id)
    return [*_logs(tenant), *_lists(tenant, on)]


def home_of(member_id: UUID, _on: date) -> WorkItem:
    """Return where those who lead meetings work when nothing waits for them."""
    return WorkItem(
        family="good",
        title=_("My meetings"),
        reason=_("See which evenings are yours, what was logged, and what comes next."),
        label=_("My meetings"),
        endpoint="meetings.own_list",
        arguments={"code": tenant_by_id(member_id).code},
        shown=lambda actor: actor.holds("facilitator") and POLICY.allows(actor, "meetings.own.read", member_id),
    )


def _logs(tenant: Tenant) -> Iterator[WorkItem]:
    """Yield the evenings that are not logged, one row a meeting, for those who lead it."""
    leaders = leaders_by_meeting(tenant.id)
    if not leaders:
        return
    missing: dict[UUID, list[Evening]] = defaultdict(list)
    for each in missing_of(recent_evenings(tenant.id, meetings=leaders)):
        missing[each.meeting.id].append(each)
    for meeting_id, evenings in missing.items():
        first = evenings[0]
        reason = ngettext(
            "The evening of %(day)s is not logged yet.",
            "%(num)s evenings are not logged yet, the first of them on %(day)s.",
            len(evenings),
            day=date_full(first.on),
        )
        yield WorkItem(
            family="soon",
            title=str(first.meeting.names),
            reason=reason,
            label=_("Log"),
            endpoint="meetings.log_new",
            arguments={"code": tenant.code, "meeting_id": meeting_id, "day": first.on.isoformat()},
            shown=partial(_leads, desk=Desk(tenant.id, leaders[meeting_id])),
        )


def _leads(actor: Actor, *, desk: Desk) -> bool:
    return actor.account_id in desk.led_by and POLICY.allows(actor, "meetings.log.write", desk)


def _lists(tenant: Tenant, on: date) -> Iterator[WorkItem]:
    waiting = waiting_of(tenant.id, on)
    if waiting.proposed:
        reason = ngettext(
            "%(num)s meeting waits to be approved.", "%(num)s meetings wait to be approved.", waiting.proposed
        )
        yield _item(tenant, _("Proposed meetings"), reason, label=_("Look at them"), state="proposed", act="approve")
    if waiting.overdue:
        reason = ngettext(
            "%(num)s meeting was to go on by now. Say whether it does.",
            "%(num)s meetings were to go on by now. Say whether they do.",
            waiting.overdue,
        )
        yield _item(tenant, _("Meetings on hold"), reason, label=_("Look at them"), state="on_hold", act="resume")
    if waiting.unconfirmed:
        reason = ngettext(
            "Nobody has said for 90 days that %(num)s meeting still runs.",
            "Nobody has said for 90 days that %(num)s meetings still run.",
            waiting.unconfirmed,
        )
        yield _item(tenant, _("Meetings to confirm"), reason, label=_("Confirm"), unconfirmed="true", act="confirm")


def _item(tenant: Tenant, title: str, reason: Any, *, label: str, act: str, **asked: str) -> WorkItem:
    return WorkItem(
        family="unk" if act == "confirm" else "soon",
        title=title,
        reason=reason,
        label=label,
        endpoint="meetings.meeting_list",
        arguments={"code": tenant.code, **asked},
        shown=lambda actor: POLICY.allows(actor, f"meetings.meeting.{act}", tenant.id),
    )


def tabs_of(_member_id: UUID, _on: date) -> list[Tab]:
    """Return this part's page about a country, for SRI."""
    return [
        Tab(
            label=_l("Meetings"),
            endpoint="meetings.meeting_list",
            place=30,
            shown=lambda actor: actor.is_staff,
            covers=frozenset({"meetings.community_list"}),
        )
    ]


def panel_of(member_id: UUID, _on: date) -> Panel:
    """Return what is said of a country's meetings on its page."""
    counts: Mapping[MeetingState, int] = counts_by_state(member_id)
    silent = unconfirmed(member_id)
    facts = [
        (_("Running"), number(counts.get(MeetingState.ACTIVE, 0))),
        (_("Not confirmed for 90 days"), number(silent)),
        (_("On hold"), number(counts.get(MeetingState.ON_HOLD, 0))),
    ]
    return Panel(
        title=_("Meetings"),
        facts=facts if counts else [],
        note=None if counts else _("No meeting is entered yet."),
        label=_("See the meetings"),
        endpoint="meetings.meeting_list",
        arguments={"code": tenant_by_id(member_id).code},
        shown=lambda actor: POLICY.allows(actor, "meetings.meeting.read", member_id),
    )
