"""Pages for SRI staff about findings: all that are open, issuing one, and what SRI does about it afterwards."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.operations import findings as operations
from sri_admin.integrity.pages.answering import AT as OF_COUNTRY
from sri_admin.integrity.pages.findings import AT, back_to, opened
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import snapshot_by_revision
from sri_admin.integrity.queries.findings import countries_of, finding_by_id, findings_in, open_findings, proofs_of
from sri_admin.integrity.rules import finding_words as words
from sri_admin.integrity.rules.finding import Severity, due_on, milder
from sri_admin.integrity.schemas import DecisionIn, ExtensionIn, FindingIn, VerificationIn
from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("integrity")
FROM = f"{OF_COUNTRY}/revisions/<int:number>/criteria/<criterion>/findings"


@pages.get("/findings", audience=Audience.STAFF, template="integrity/findings_open.html", roles=HUB)
def findings_everywhere(actor: Actor) -> dict[str, Any]:
    """Show the open findings of all countries, what is due first first."""
    POLICY.require(actor, "integrity.finding.read", installation.hub_tenant_id())
    found = open_findings()
    countries = countries_of(found)
    rows = [(each, member) for each in found if (member := countries.get(each.member_id)) is not None]
    shown = [(row, member, words.badge_of(row.standing, on=today_of(member))) for row, member in rows]
    return {"rows": shown, "words": words}


@pages.get(f"{FROM}/new", audience=Audience.STAFF, template="integrity/finding_new.html", roles=HUB)
def finding_new(
    actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID, number: int, criterion: str
) -> dict[str, Any]:
    """Ask what was found in an answer of a snapshot."""
    return {"form": form, **_source(actor, snapshot_by_revision(member.id, cycle_id, number), criterion)}


@pages.post(
    f"{FROM}/preview",
    audience=Audience.STAFF,
    takes=FindingIn,
    again=finding_new,
    template="integrity/finding_preview.html",
    roles=HUB,
)
def finding_preview(
    actor: Actor, values: dict[str, Any], *, member: Tenant, cycle_id: UUID, number: int, criterion: str
) -> dict[str, Any]:
    """Show what the country will read and what the finding does, before it is issued."""
    context = _source(actor, snapshot_by_revision(member.id, cycle_id, number), criterion)
    severity: Severity = values["severity"]
    return {
        **context,
        "form": Form(),
        "values": values,
        "due_on": due_on(severity, today_of(context["member"])),
        "holds_renewals": severity is Severity.CRITICAL,
    }


@pages.post(FROM, audience=Audience.STAFF, takes=FindingIn, again=finding_new, roles=HUB)
def finding_issue(
    actor: Actor, values: dict[str, Any], *, member: Tenant, cycle_id: UUID, number: int, criterion: str
) -> SeeOther:
    """Issue a finding."""
    snapshot = snapshot_by_revision(member.id, cycle_id, number)
    finding = operations.issue_finding(actor, snapshot, criterion, values=values)
    notice = _("Finding %(ref_no)s is issued. The country sees it after its next exchange.", ref_no=finding.ref_no)
    return see_other("integrity.finding_show", code=member.code, finding_id=finding.id, notice=notice)


@pages.get(f"{AT}/extension", audience=Audience.STAFF, template="integrity/finding_extend.html", roles=HUB)
def finding_extend(actor: Actor, form: Form, *, member: Tenant, finding_id: UUID) -> dict[str, Any]:
    """Ask until when a country gets more time, and why."""
    return {"form": form, **opened(actor, member, finding_id, "extend")}


@pages.post(f"{AT}/extension", audience=Audience.STAFF, takes=ExtensionIn, again=finding_extend, roles=HUB)
def finding_extend_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, finding_id: UUID) -> SeeOther:
    """Give a country more time."""
    operations.extend_finding(actor, finding_by_id(member.id, finding_id), values=values)
    return back_to(member, finding_id, _("The new day is set. The country sees it after its next exchange."))


@pages.get(f"{AT}/decision", audience=Audience.STAFF, template="integrity/finding_decide.html", roles=HUB)
def finding_decide(actor: Actor, form: Form, *, member: Tenant, finding_id: UUID) -> dict[str, Any]:
    """Ask whether the country is right."""
    context = opened(actor, member, finding_id, "decide")
    lighter = [(each, words.SEVERITIES[each]) for each in milder(context["standing"].severity)]
    return {"form": form, **context, "lighter": lighter}


@pages.post(f"{AT}/decision", audience=Audience.STAFF, takes=DecisionIn, again=finding_decide, roles=HUB)
def finding_decide_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, finding_id: UUID) -> SeeOther:
    """Decide on a disputed finding."""
    operations.decide_dispute(actor, finding_by_id(member.id, finding_id), values=values)
    return back_to(member, finding_id, _("It is decided. The country reads your reason."))


@pages.get(f"{AT}/verification", audience=Audience.STAFF, template="integrity/finding_verify.html", roles=HUB)
def finding_verify(actor: Actor, form: Form, *, member: Tenant, finding_id: UUID) -> dict[str, Any]:
    """Show what the country did, and ask whether it is put right."""
    context = opened(actor, member, finding_id, "verify")
    return {"form": form, **context, "proofs": proofs_of(context["row"].report)}


@pages.post(f"{AT}/verification", audience=Audience.STAFF, takes=VerificationIn, again=finding_verify, roles=HUB)
def finding_verify_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, finding_id: UUID) -> SeeOther:
    """Say whether what was done is effective."""
    operations.verify_action(actor, finding_by_id(member.id, finding_id), values=values)
    return back_to(member, finding_id, _("It is noted. The country sees it after its next exchange."))


def _source(actor: Actor, snapshot: AssessmentSnapshot, criterion: str) -> dict[str, Any]:
    POLICY.require(actor, "integrity.finding.issue", snapshot)
    return {
        "member": member_by_id(snapshot.member_id),
        "snapshot": snapshot,
        "criterion": operations.require_reviewed(snapshot, criterion),
        "known": [each for each in findings_in(snapshot.id) if each.finding.criterion == criterion],
        "choices": [(each, words.SEVERITIES[each], words.WEIGHTS[each]) for each in Severity],
        "words": words,
    }


MENU = (
    MenuEntry(
        label=_l("Findings"),
        endpoint="integrity.findings_everywhere",
        icon="search",
        place=56,
        group=_l("Programme"),
        roles=HUB,
        shown=lambda actor: (
            actor.is_staff and POLICY.allows(actor, "integrity.finding.read", installation.hub_tenant_id())
        ),
        covers=frozenset(f"integrity.finding_{each}" for each in ("show", "new", "extend", "decide", "verify")),
    ),
)
