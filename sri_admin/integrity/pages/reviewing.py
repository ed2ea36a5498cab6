"""What was signed off and what SRI says of it; SRI's staff review it answer by answer, in rows of their own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.operations import reviews as operations
from sri_admin.integrity.pages.answering import AT
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import assessment_by_cycle, snapshot_by_revision
from sri_admin.integrity.queries.evidence import files_here
from sri_admin.integrity.queries.profiles import Profile, ProfileRow, profile_of
from sri_admin.integrity.queries.reviews import notes_of
from sri_admin.integrity.rules import words
from sri_admin.integrity.rules.standing import HubState
from sri_admin.integrity.schemas import ItemReviewIn, SnapshotReturnIn
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.queries.members import member_by_id
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("integrity")
_REVISION = f"{AT}/revisions/<int:number>"
_ITEM = f"{_REVISION}/criteria/<criterion>"
_OPEN = (HubState.RECEIVED, HubState.UNDER_REVIEW)


@pages.get(_REVISION, audience=Audience.MEMBER, template="integrity/snapshot.html")
def snapshot_show(actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID, number: int) -> dict[str, Any]:
    """Show what a country signed off and what SRI says of it, criterion by criterion."""
    profile = _profile(actor, member, cycle_id, number)
    snapshot = profile.snapshot
    is_own = POLICY.allows(actor, "integrity.evidence.open", member.id)
    may_review = POLICY.allows(actor, "integrity.assessment.review", snapshot) and profile.at_hub in _OPEN
    return {
        "form": form,
        "member": member,
        "country": member_by_id(member.id),
        "assessment": assessment_by_cycle(member.id, cycle_id),
        "profile": profile,
        "here": files_here(member.id) if is_own else set(),
        "is_own": is_own,
        "may_review": may_review,
        "words": words,
    }


@pages.get(_ITEM, audience=Audience.STAFF, template="integrity/review.html", roles=HUB)
def item_show(
    actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID, number: int, criterion: str
) -> dict[str, Any]:
    """Show one answer with the form that says how SRI sees it."""
    profile, row = _item(actor, member, cycle_id, number, criterion)
    return {
        "form": form,
        "member": member,
        "country": member_by_id(member.id),
        "assessment": assessment_by_cycle(member.id, cycle_id),
        "profile": profile,
        "row": row,
        "notes": notes_of(profile.snapshot.id, criterion),
        "words": words,
    }


@pages.post(_ITEM, audience=Audience.STAFF, takes=ItemReviewIn, again=item_show, roles=HUB)
def item_review(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID, number: int, criterion: str
) -> SeeOther:
    """Keep how SRI sees one answer and go on to the next one that waits."""
    profile, row = _item(actor, member, cycle_id, number, criterion)
    operations.review_item(actor, profile.snapshot, row.item.uid, values=values)
    where: dict[str, Any] = {"code": member.code, "cycle_id": cycle_id, "number": number}
    following = _following(profile_of(profile.snapshot), criterion)
    if following is None:
        return see_other("integrity.snapshot_show", **where, notice=_("It is kept. Every answer is reviewed."))
    return see_other("integrity.item_show", **where, criterion=following, notice=_("It is kept."))


@pages.post(f"{_REVISION}/return", audience=Audience.STAFF, takes=SnapshotReturnIn, again=snapshot_show, roles=HUB)
def snapshot_return(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID, number: int
) -> SeeOther:
    """Send an assessment back with a question."""
    snapshot = snapshot_by_revision(member.id, cycle_id, number)
    operations.return_snapshot(actor, snapshot, values=values)
    notice = _("It is returned. The country sees your question after its next exchange.")
    return see_other("integrity.snapshot_show", code=member.code, cycle_id=cycle_id, number=number, notice=notice)


@pages.post(f"{_REVISION}/finish", audience=Audience.STAFF, again=snapshot_show, roles=HUB)
def review_finish(actor: Actor, *, member: Tenant, cycle_id: UUID, number: int) -> SeeOther:
    """Finish the review."""
    operations.finish_review(actor, snapshot_by_revision(member.id, cycle_id, number))
    notice = _("The review is finished. The country sees the result after its next exchange.")
    return see_other("integrity.snapshot_show", code=member.code, cycle_id=cycle_id, number=number, notice=notice)


def _profile(actor: Actor, member: Tenant, cycle_id: UUID, number: int) -> Profile:
    POLICY.require(actor, "integrity.assessment.read", member.id)
    return profile_of(snapshot_by_revision(member.id, cycle_id, number))


def _item(actor: Actor, member: Tenant, cycle_id: UUID, number: int, uid: str) -> tuple[Profile, ProfileRow]:
    POLICY.require(actor, "integrity.assessment.review", member.id)
    profile = profile_of(snapshot_by_revision(member.id, cycle_id, number))
    row = profile.row(uid)
    if row is None:
        raise NotFoundError
    return profile, row


def _following(profile: Profile, uid: str) -> str | None:
    uids = [each.item.uid for each in profile.items]
    place, open_uids = uids.index(uid), {each.item.uid for each in profile.items if each.review is None}
    return next((each for each in (*uids[place + 1 :], *uids[:place]) if each in open_uids), None)
