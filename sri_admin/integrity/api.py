"""Assessments as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.models.assessment import AssessmentDraft
from sri_admin.integrity.models.review import ItemReview
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
from sri_admin.integrity.queries.profiles import Profile, profile_of
from sri_admin.integrity.schemas import (
    AssessmentRows,
    CriterionAnswerIn,
    CriterionAnswerOut,
    ItemReviewIn,
    ItemReviewOut,
    SnapshotOut,
)
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("integrity", description="Self-assessments of countries and SRI's reviews.")
_AT = "/members/<code>/assessments"
_REVISION = f"{_AT}/<uuid:cycle_id>/revisions/<int:number>"


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


def _shown(actor: Actor, found: Assessment) -> dict[str, Any]:
    is_own = POLICY.allows(actor, "integrity.assessment.answer", found.member_id)
    stage = found.stage if is_own else found.stage_at_sri
    return {"cycle": found.cycle, "call": found.call, "stage": stage, "revision": len(found.snapshots)}
