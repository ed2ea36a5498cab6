"""Pages for the second person: every answer, and whether to sign them off or give them back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.operations import assessments as operations
from sri_admin.integrity.pages.answering import AT
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import assessment_by_cycle
from sri_admin.integrity.queries.evidence import evidence_of, files_here
from sri_admin.integrity.rules import words
from sri_admin.integrity.rules.snapshot import items_of
from sri_admin.integrity.rules.standing import Stage
from sri_admin.integrity.schemas import AnswersBackIn, SignOffIn
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("integrity")


@pages.get(f"{AT}/sign", audience=Audience.MEMBER, template="integrity/sign.html")
def signing_show(actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID) -> dict[str, Any]:
    """Show exactly what is to be signed off."""
    POLICY.require(actor, "integrity.assessment.answer", member.id)
    found = assessment_by_cycle(member.id, cycle_id)
    proposal = found.proposal
    if proposal is None or found.stage is not Stage.TO_SIGN:
        return {"form": form, "member": member, "assessment": found, "proposal": None, "words": words}
    criteria = {each.uid: each for each in found.criteria}
    is_author = actor.label in {*proposal.answered_by, proposal.actor}
    return {
        "form": form,
        "member": member,
        "assessment": found,
        "proposal": proposal,
        "rows": [(criteria[each.uid], each) for each in items_of(proposal.content)],
        "evidence": {each.id: each for each in evidence_of(member.id)},
        "here": files_here(member.id),
        "is_author": is_author,
        "may_sign": not is_author and POLICY.allows(actor, "integrity.assessment.sign_off", member.id),
        "is_mine": actor.label == proposal.actor,
        "words": words,
    }


@pages.post(f"{AT}/sign", audience=Audience.MEMBER, takes=SignOffIn, again=signing_show)
def assessment_sign(actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID) -> SeeOther:
    """Sign off the answers; they go to SRI by themselves."""
    operations.sign_off(actor, assessment_by_cycle(member.id, cycle_id), values=values)
    notice = _("It is signed off and goes to SRI by itself, at the next contact.")
    return see_other("integrity.assessment_show", code=member.code, cycle_id=cycle_id, notice=notice)


@pages.post(f"{AT}/give-back", audience=Audience.MEMBER, takes=AnswersBackIn, again=signing_show)
def assessment_give_back(actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID) -> SeeOther:
    """Give the answers back with a reason."""
    operations.give_back(actor, assessment_by_cycle(member.id, cycle_id), values=values)
    notice = _("The answers are given back, with your reason.")
    return see_other("integrity.assessment_show", code=member.code, cycle_id=cycle_id, notice=notice)
