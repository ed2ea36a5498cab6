"""Pages about findings for both sides, and what the country does: it replies, plans, reports."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.integrity.operations import actions as operations
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import is_written_here
from sri_admin.integrity.queries.evidence import evidence_of
from sri_admin.integrity.queries.findings import FindingRow, finding_by_id, findings_of, proofs_of
from sri_admin.integrity.rules import finding_words as words
from sri_admin.integrity.rules.finding import ROOT_CAUSE_NEEDED, Act, Severity, latest_day
from sri_admin.integrity.schemas import ActionIn, FindingQuery, ReplyIn, ReportIn
from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import ConflictError, ElsewhereError
from sri_admin.kernel.formats import date_and_time, date_long
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.rules.words import OFFICES
from sri_admin.people.rules import ROLE_NAMES
from sri_admin.web import about, history
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.homes import Home
from sri_admin.web.templating import bdi

pages = Pages("integrity")
LIST, AT = "/countries/<code>/findings", "/countries/<code>/findings/<uuid:finding_id>"
ACTS: Mapping[str, tuple[str, Act]] = {
    "reply": ("integrity.finding.reply", Act.ACKNOWLEDGE),
    "plan": ("integrity.action.plan", Act.PLAN),
    "report": ("integrity.action.report", Act.REPORT),
    "extend": ("integrity.finding.extend", Act.EXTEND),
    "decide": ("integrity.finding.decide", Act.DECIDE),
    "verify": ("integrity.finding.verify", Act.VERIFY),
}
OF_COUNTRY = frozenset({"reply", "plan", "report"})


@pages.get(LIST, audience=Audience.MEMBER, template="integrity/finding_list.html", query=FindingQuery)
def finding_list(actor: Actor, query: Mapping[str, Any], *, member: Tenant) -> dict[str, Any]:
    """Show what SRI found in a country, and how each finding stands."""
    POLICY.require(actor, "integrity.finding.read", member.id)
    record, found = member_by_id(member.id), findings_of(member.id)
    today, is_all = today_of(record), query.get("show") == "all"
    open_now = [each for each in found if each.standing.is_open]
    return {
        "member": record,
        "rows": [(each, words.badge_of(each.standing, on=today)) for each in (found if is_all else open_now)],
        "answers": [_answer(open_now, today)],
        "closed": len(found) - len(open_now),
        "is_all": is_all,
        "tabs": about.tabs(actor, member, "integrity.finding_list"),
        "words": words,
    }


@pages.get(AT, audience=Audience.MEMBER, template="integrity/finding_show.html")
def finding_show(actor: Actor, *, member: Tenant, finding_id: UUID) -> dict[str, Any]:
    """Show a finding: what is asked, what was seen, what the country does, and what can be done next."""
    POLICY.require(actor, "integrity.finding.read", member.id)
    record, row = member_by_id(member.id), finding_by_id(member.id, finding_id)
    today = today_of(record)
    return {
        **shown(record, row),
        "badge": words.badge_of(row.standing, on=today),
        "is_late": row.standing.is_overdue(today),
        "acts": acts_of(actor, row),
        "proofs": proofs_of(row.report) if row.report else [],
        "history": history_of(record, row),
    }


@pages.get(f"{AT}/reply", audience=Audience.MEMBER, template="integrity/finding_reply.html")
def finding_reply(actor: Actor, form: Form, *, member: Tenant, finding_id: UUID) -> dict[str, Any]:
    """Ask a country whether it sees a finding the same way."""
    return {"form": form, **opened(actor, member, finding_id, "reply")}


@pages.post(f"{AT}/reply", audience=Audience.MEMBER, takes=ReplyIn, again=finding_reply)
def finding_reply_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, finding_id: UUID) -> SeeOther:
    """Take what a country says to a finding."""
    operations.reply_to_finding(actor, finding_by_id(member.id, finding_id), values=values)
    return back_to(member, finding_id, _("Thank you. Your answer goes to SRI by itself."))


@pages.get(f"{AT}/plan", audience=Audience.MEMBER, template="integrity/finding_plan.html")
def finding_plan(actor: Actor, form: Form, *, member: Tenant, finding_id: UUID) -> dict[str, Any]:
    """Ask what the country will do, which office sees to it, and until when."""
    context = opened(actor, member, finding_id, "plan")
    standing = context["row"].standing
    asked = {
        "needs_cause": standing.severity in ROOT_CAUSE_NEEDED,
        "latest": latest_day(standing.due_on, context["today"]),
        "offices": list(OFFICES.items()),
    }
    return {"form": form, **context, **asked}


@pages.post(f"{AT}/plan", audience=Audience.MEMBER, takes=ActionIn, again=finding_plan)
def finding_plan_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, finding_id: UUID) -> SeeOther:
    """Take what the country will do."""
    operations.plan_action(actor, finding_by_id(member.id, finding_id), values=values)
    return back_to(member, finding_id, _("The plan is kept and goes to SRI. Report here when it is done."))


@pages.get(f"{AT}/report", audience=Audience.MEMBER, template="integrity/finding_report.html")
def finding_report(actor: Actor, form: Form, *, member: Tenant, finding_id: UUID) -> dict[str, Any]:
    """Ask how one can see that the plan is done."""
    context = opened(actor, member, finding_id, "report")
    evidence = evidence_of(member.id)
    choices = [(each.id, bdi(each.title), date_long(each.covers_to)) for each in evidence]
    return {"form": form, **context, "evidence": evidence, "evidence_choices": choices}


@pages.post(f"{AT}/report", audience=Audience.MEMBER, takes=ReportIn, again=finding_report)
def finding_report_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, finding_id: UUID) -> SeeOther:
    """Take a report."""
    operations.report_action(actor, finding_by_id(member.id, finding_id), values=values)
    return back_to(member, finding_id, _("Thank you. SRI looks at it and tells you whether it is put right."))


def opened(actor: Actor, member: Tenant, finding_id: UUID, act: str) -> dict[str, Any]:
    """Return what the page of an act shows; refused where the act is not allowed or not possible now."""
    row = finding_by_id(member.id, finding_id)
    action, needed = ACTS[act]
    POLICY.require(actor, action, row.finding)
    if act in OF_COUNTRY and not is_written_here(member.id):
        raise ElsewhereError
    if not row.standing.is_possible(needed):
        raise ConflictError(_l("This cannot be done with the finding as it stands now. Look at it again."))
    return shown(member_by_id(member.id), row)


def shown(member: Member, row: FindingRow) -> dict[str, Any]:
    """Return what every page about one finding shows."""
    return {
        "member": member,
        "row": row,
        "finding": row.finding,
        "standing": row.standing,
        "today": today_of(member),
        "words": words,
        "offices_said": OFFICES,
    }


def acts_of(actor: Actor, row: FindingRow) -> list[str]:
    """Return what this visitor can do with a finding here and now, the most expected first."""
    is_hub = installation.identity().role == "hub"
    return [
        act
        for act, (action, needed) in ACTS.items()
        if (is_written_here(row.member_id) if act in OF_COUNTRY else is_hub)
        and row.standing.is_possible(needed)
        and POLICY.allows(actor, action, row.finding)
        and actor.label not in _barred(act, row)
    ]


def _barred(act: str, row: FindingRow) -> set[str]:
    if act not in {"decide", "verify"}:
        return set()
    done = {each.actor for each in (row.action, row.report) if each is not None}
    return {row.finding.actor} if act == "decide" else {row.finding.actor, *row.finding.reviewers, *done}


def back_to(member: Tenant, finding_id: UUID, notice: str) -> SeeOther:
    """Lead back to a finding."""
    return see_other("integrity.finding_show", code=member.code, finding_id=finding_id, notice=notice)


def history_of(member: Member, row: FindingRow) -> list[dict[str, Any]]:
    """Tell what both sides did about a finding from their rows, so that both read the same; the newest first."""
    told = sorted(_told(row), key=lambda item: item["when"], reverse=True)
    return [
        {**item, "when": date_and_time(item["when"], member.time_zone), "actor": ROLE_NAMES.get(item["actor"], "")}
        for item in told
    ]


def _told(row: FindingRow) -> Iterator[dict[str, Any]]:
    ref_no = {"ref_no": row.finding.ref_no}
    issued = {**ref_no, "severity": row.finding.severity}
    yield history.item("integrity.FindingIssued", issued, row.finding.at, row.finding.role)
    for each in row.steps:
        values = {**ref_no, "move": each.move, "reason": each.reason, "due_on": _iso(each.due_on)}
        yield history.item("integrity.FindingStepped", values, each.at, each.role)
    for each in row.replies:
        values = {**ref_no, "reply": each.reply, "reason": each.reason}
        yield history.item("integrity.FindingReplied", values, each.at, each.role)
    for each in row.actions:
        values = {**ref_no, "office": each.office, "due_on": _iso(each.due_on)}
        yield history.item("integrity.ActionPlanned", values, each.at, each.role)
    for each in row.reports:
        yield history.item("integrity.ActionReported", ref_no, each.at, each.role)


def _iso(day: date | datetime | None) -> str:
    return day.isoformat() if day else ""


def _answer(open_now: list[FindingRow], today: date) -> dict[str, Any]:
    if not open_now:
        return {"family": "good", "text": _("No finding is open.")}
    if any(each.standing.severity is Severity.CRITICAL for each in open_now):
        text = _("<b>A critical finding is open.</b> No renewal can be signed until it is closed.")
        return {"family": "stop", "text": text.markup()}
    late = sum(each.standing.is_overdue(today) for each in open_now)
    if late:
        return {
            "family": "stop",
            "text": ngettext("%(num)s finding is overdue.", "%(num)s findings are overdue.", late),
        }
    days = [each.standing.due_on for each in open_now if each.standing.due_on]
    count = ngettext("%(num)s finding is open.", "%(num)s findings are open.", len(open_now))
    if not days:
        return {"family": "doing", "text": count}
    said = _("%(count)s The next is due on %(day)s.", count=str(count), day=date_long(min(days)))
    return {"family": "doing", "text": said}


_READERS = Home(POLICY, "integrity.finding.read")

MENU = (
    MenuEntry(
        label=_l("Findings"),
        endpoint="integrity.finding_list",
        icon="search",
        place=46,
        group=_l("Our body"),
        shown=_READERS.shown,
        url=lambda actor: url_for("integrity.finding_list", code=_READERS.code(actor)),
        covers=frozenset(f"integrity.finding_{each}" for each in ("show", "reply", "plan", "report")),
    ),
)
