"""Assessments and findings as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.models.assessment import AssessmentDraft
from sri_admin.integrity.models.review import ItemReview
from sri_admin.integrity.operations import actions, findings
from sri_admin.integrity.operations.assessments import keep_answer
from sri_admin.integrity.operations.reviews import review_item
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import (
    Assessment,
    assessment_by_cycle,
    assessments_of,
    criterion_of,
    snapshot_by_revision,
)
from sri_admin.integrity.queries.findings import FindingRow, finding_by_id, findings_of
from sri_admin.integrity.queries.profiles import Profile, profile_of
from sri_admin.integrity.schemas import (
    ActionIn,
    AssessmentRows,
    CriterionAnswerIn,
    CriterionAnswerOut,
    DecisionIn,
    ExtensionIn,
    FindingIn,
    FindingOut,
    FindingRows,
    ItemReviewIn,
    ItemReviewOut,
    ReplyIn,
    ReportIn,
    SnapshotOut,
    VerificationIn,
)
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("integrity", description="Self-assessments of countries, SRI's reviews and findings.")
_AT = "/members/<code>/assessments"
_REVISION = f"{_AT}/<uuid:cycle_id>/revisions/<int:number>"
_FOUND, _ONE = "/members/<code>/findings", "/members/<code>/findings/<uuid:finding_id>"
Values = Mapping[str, Any]


@api.get(_AT, audience=Audience.MEMBER, gives=AssessmentRows)
def assessment_rows(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List a country's assessments and how each stands."""
    POLICY.require(actor, "integrity.assessment.read", member.id)
    return {"rows": [_shown(actor, each) for each in assessments_of(member.id)]}


@api.get(_REVISION, audience=Audience.MEMBER, gives=SnapshotOut)
def snapshot_read(actor: Actor, *, member: Tenant, cycle_id: UUID, number: int) -> Profile:
    """Read what was signed off and what SRI says of it."""
    POLICY.require(actor, "integrity.assessment.read", member.id)
    return profile_of(snapshot_by_revision(member.id, cycle_id, number))


@api.post(
    f"{_AT}/<uuid:cycle_id>/criteria/<criterion>",
    audience=Audience.MEMBER,
    takes=CriterionAnswerIn,
    gives=CriterionAnswerOut,
)
def answer_post(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID, criterion: str
) -> AssessmentDraft:
    """Keep an answer."""
    POLICY.require(actor, "integrity.assessment.answer", member.id)
    found = assessment_by_cycle(member.id, cycle_id)
    return keep_answer(actor, found, criterion_of(found, criterion), values=values)


@api.post(
    f"{_REVISION}/criteria/<criterion>",
    audience=Audience.STAFF,
    takes=ItemReviewIn,
    gives=ItemReviewOut,
    created=True,
    roles=HUB,
)
def review_post(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID, number: int, criterion: str
) -> ItemReview:
    """Say how SRI sees one answer."""
    POLICY.require(actor, "integrity.assessment.review", member.id)
    return review_item(actor, snapshot_by_revision(member.id, cycle_id, number), criterion, values=values)


@api.get(_FOUND, audience=Audience.MEMBER, gives=FindingRows)
def findings_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List the findings of a member country and how each stands."""
    POLICY.require(actor, "integrity.finding.read", member.id)
    return {"rows": findings_of(member.id)}


@api.get(_ONE, audience=Audience.MEMBER, gives=FindingOut)
def finding(actor: Actor, *, member: Tenant, finding_id: UUID) -> FindingRow:
    """Return a finding."""
    POLICY.require(actor, "integrity.finding.read", member.id)
    return finding_by_id(member.id, finding_id)


@api.post(
    f"{_REVISION}/criteria/<criterion>/findings",
    audience=Audience.STAFF,
    takes=FindingIn,
    gives=FindingOut,
    created=True,
    roles=HUB,
)
def finding_create(
    actor: Actor, values: Values, *, member: Tenant, cycle_id: UUID, number: int, criterion: str
) -> FindingRow:
    """Issue a finding about one answer of a snapshot."""
    snapshot = snapshot_by_revision(member.id, cycle_id, number)
    made = findings.issue_finding(actor, snapshot, criterion, values=values)
    return finding_by_id(member.id, made.id)


@api.post(f"{_ONE}/replies", audience=Audience.MEMBER, takes=ReplyIn, gives=FindingOut, created=True)
def finding_reply_create(actor: Actor, values: Values, *, member: Tenant, finding_id: UUID) -> FindingRow:
    """Acknowledge a finding or dispute it."""
    actions.reply_to_finding(actor, finding_by_id(member.id, finding_id), values=values)
    return finding_by_id(member.id, finding_id)


@api.post(f"{_ONE}/actions", audience=Audience.MEMBER, takes=ActionIn, gives=FindingOut, created=True)
def finding_action_create(actor: Actor, values: Values, *, member: Tenant, finding_id: UUID) -> FindingRow:
    """Say what will be done about a finding."""
    actions.plan_action(actor, finding_by_id(member.id, finding_id), values=values)
    return finding_by_id(member.id, finding_id)


@api.post(f"{_ONE}/reports", audience=Audience.MEMBER, takes=ReportIn, gives=FindingOut, created=True)
def finding_report_create(actor: Actor, values: Values, *, member: Tenant, finding_id: UUID) -> FindingRow:
    """Report that the planned action is done."""
    actions.report_action(actor, finding_by_id(member.id, finding_id), values=values)
    return finding_by_id(member.id, finding_id)


@api.post(f"{_ONE}/extensions", audience=Audience.STAFF, takes=ExtensionIn, gives=FindingOut, created=True, roles=HUB)
def finding_extension_create(actor: Actor, values: Values, *, member: Tenant, finding_id: UUID) -> FindingRow:
    """Give a country more time."""
    findings.extend_finding(actor, finding_by_id(member.id, finding_id), values=values)
    return finding_by_id(member.id, finding_id)


@api.post(f"{_ONE}/decisions", audience=Audience.STAFF, takes=DecisionIn, gives=FindingOut, created=True, roles=HUB)
def finding_decision_create(actor: Actor, values: Values, *, member: Tenant, finding_id: UUID) -> FindingRow:
    """Decide on a disputed finding."""
    findings.decide_dispute(actor, finding_by_id(member.id, finding_id), values=values)
    return finding_by_id(member.id, finding_id)


@api.post(
    f"{_ONE}/verifications",
    audience=Audience.STAFF,
    takes=VerificationIn,
    gives=FindingOut,
    created=True,
    roles=HUB,
)
def finding_verification_create(actor: Actor, values: Values, *, member: Tenant, finding_id: UUID) -> FindingRow:
    """Say whether what was done is effective."""
    findings.verify_action(actor, finding_by_id(member.id, finding_id), values=values)
    return finding_by_id(member.id, finding_id)


def _shown(actor: Actor, found: Assessment) -> dict[str, Any]:
    is_own = POLICY.allows(actor, "integrity.assessment.answer", found.member_id)
    stage = found.stage if is_own else found.stage_at_sri
    return {"cycle": found.cycle, "call": found.call, "stage": stage, "revision": len(found.snapshots)}
