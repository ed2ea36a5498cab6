"""What SRI found in a country and how its assessment stands, told to the page about it; findings by their number."""

from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import assessment_of
from sri_admin.integrity.queries.findings import FindingRow, findings_named, findings_of
from sri_admin.integrity.queries.standards import calls_of
from sri_admin.integrity.rules import finding_words as words
from sri_admin.integrity.rules import words as said
from sri_admin.integrity.rules.finding import Severity
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.formats import date_long, number
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import MOST_HITS, Hit, Panel, Tab
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web.templating import bdi


def panel_of(member_id: UUID, on: date) -> Panel | None:
    """Return how many findings are open and what they hold back; else how its assessment stands."""
    tenant, found = db.session.get(Tenant, member_id), findings_of(member_id)
    assessed = _assessed(member_id)
    if tenant is None or not (found or assessed):
        return None
    if not found:
        return _assessment_panel(tenant, assessed)
    open_now = [each for each in found if each.standing.is_open]
    return Panel(
        title=_("Findings"),
        badge=_badge(open_now, on),
        facts=(
            (_("Open"), number(len(open_now))),
            (_("Next due on"), _next_day(open_now)),
            (_("Closed"), number(len(found) - len(open_now))),
            *assessed,
        ),
        note=_note(open_now),
        label=_("Their findings"),
        endpoint="integrity.finding_list",
        arguments={"code": tenant.code},
        shown=lambda actor: POLICY.allows(actor, "integrity.finding.read", member_id),
    )


def _assessed(member_id: UUID) -> tuple[tuple[str, Any], ...]:
    called = next(iter(calls_of(member_id)), None)
    if called is None:
        return ()
    newest = assessment_of(called)
    return ((_("Assessment"), said.STAGES[newest.stage_at_sri].label), (_("Round"), bdi(newest.cycle.name)))


def _assessment_panel(tenant: Tenant, assessed: tuple[tuple[str, Any], ...]) -> Panel:
    return Panel(
        title=_("Assessment"),
        facts=assessed,
        label=_("Their assessments"),
        endpoint="integrity.assessment_list",
        arguments={"code": tenant.code},
        shown=lambda actor: POLICY.allows(actor, "integrity.assessment.read", tenant.id),
    )


def tabs_of(member_id: UUID, _on: date) -> list[Tab]:
    """Return this part's pages about a country."""
    return [
        Tab(
            label=_l("Findings"),
            endpoint="integrity.finding_list",
            place=46,
            shown=lambda actor: actor.is_staff and POLICY.allows(actor, "integrity.finding.read", member_id),
            covers=frozenset({"integrity.finding_show"}),
        ),
        Tab(
            label=_l("Assessment"),
            endpoint="integrity.assessment_list",
            place=47,
            shown=lambda actor: actor.is_staff and POLICY.allows(actor, "integrity.assessment.read", member_id),
            covers=frozenset({"integrity.assessment_show", "integrity.snapshot_show", "integrity.item_show"}),
        ),
    ]


def find_findings(actor: Actor, text: str) -> list[Hit]:
    """Return the findings whose number was typed."""
    return [
        Hit(
            kind=_("Findings"),
            title=row.finding.ref_no,
            note=str(words.STATES[row.standing.state].label),
            endpoint="integrity.finding_show",
            arguments={"code": tenant.code, "finding_id": row.finding.id},
        )
        for row, tenant in findings_named(text, most=MOST_HITS)
        if POLICY.allows(actor, "integrity.finding.read", row.finding)
    ]


def _badge(open_now: list[FindingRow], on: date) -> tuple[str, str]:
    if any(each.standing.is_overdue(on) for each in open_now):
        return ("stop", _("Overdue"))
    if open_now:
        return ("soon", ngettext("%(num)s open", "%(num)s open", len(open_now)))
    return ("good", _("None open"))


def _next_day(open_now: list[FindingRow]) -> str:
    days = [each.standing.due_on for each in open_now if each.standing.due_on is not None]
    return date_long(min(days)) if days else _("nothing is due")


def _note(open_now: list[FindingRow]) -> str | None:
    critical = sum(each.standing.severity is Severity.CRITICAL for each in open_now)
    if not critical:
        return None
    return ngettext(
        "%(num)s finding is critical. No renewal can be signed until it is closed.",
        "%(num)s findings are critical. No renewal can be signed until they are closed.",
        critical,
    )
