"""What of assessments and findings waits for somebody, told to the first page."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.integrity.pages.findings_waiting import findings_waiting
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import Assessment, assessments_of
from sri_admin.integrity.queries.rounds import to_review
from sri_admin.integrity.rules.standing import CycleState, Stage
from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import WorkItem
from sri_admin.kernel.tenancy import Tenant

_SOON = 14


def work_of(member_id: UUID, on: date) -> list[WorkItem]:
    """Return what waits in the assessments and findings of a country, or of SRI itself."""
    return [*findings_waiting(member_id), *_assessments(member_id, on)]


def _assessments(member_id: UUID, on: date) -> list[WorkItem]:
    if member_id == installation.hub_tenant_id():
        return list(_at_hub())
    tenant = db.session.get(Tenant, member_id)
    open_ones = [each for each in assessments_of(member_id) if each.cycle.state is CycleState.OPEN]
    return [item for each in open_ones for item in _at_member(tenant, each, on)] if tenant else []


def _at_hub() -> Iterator[WorkItem]:
    for each in to_review():
        member, snapshot, left = each.member, each.snapshot, each.left
        reason = ngettext("%(num)s answer waits to be reviewed.", "%(num)s answers wait to be reviewed.", left)
        yield WorkItem(
            family="soon",
            title=_("%(country)s: assessment", country=str(member.names)),
            reason=reason if left else _("Every answer is reviewed. The review can be finished."),
            label=_("Review"),
            endpoint="integrity.snapshot_show",
            arguments={"code": member.code, "cycle_id": snapshot.cycle_id, "number": snapshot.revision},
            shown=_allowed("integrity.assessment.review", snapshot.member_id),
        )


def _at_member(tenant: Tenant, found: Assessment, on: date) -> Iterator[WorkItem]:
    stage = found.stage
    if not found.is_ours:
        return
    if stage is Stage.TO_SIGN and found.proposal is not None:
        yield _item(
            tenant,
            found,
            family="soon",
            reason=_("All answers are given. They wait for somebody else’s signature."),
            label=_("Look and sign"),
            endpoint="integrity.signing_show",
            shown=_signer(found),
        )
    elif found.may_be_answered:
        family, reason = _answering(found, stage, on)
        may_answer = _allowed("integrity.assessment.answer", found.member_id)
        yield _item(tenant, found, family=family, reason=reason, label=_("Go on answering"), shown=may_answer)


def _answering(found: Assessment, stage: Stage, on: date) -> tuple[str, str]:
    if stage is Stage.RETURNED:
        return "soon", _("SRI returned it with a question.")
    if stage is Stage.GIVEN_BACK:
        return "soon", _("The second person gave the answers back.")
    days, day = (found.call.due_on - on).days, date_long(found.call.due_on)
    if days < 0:
        return "stop", _("It was due on %(day)s. It can still be handed in.", day=day)
    reason = ngettext(
        "%(num)s answer is missing. It is due on %(day)s.",
        "%(num)s answers are missing. It is due on %(day)s.",
        len(found.lacks),
        day=day,
    )
    return ("soon" if days <= _SOON else "doing"), reason


def _item(tenant: Tenant, found: Assessment, *, endpoint: str = "integrity.assessment_show", **told: Any) -> WorkItem:
    title = _("Self-assessment: %(round)s", round=found.cycle.name)
    return WorkItem(title=title, endpoint=endpoint, arguments={"code": tenant.code, "cycle_id": found.cycle.id}, **told)


def _allowed(action: str, member_id: UUID) -> Callable[[Actor], bool]:
    return lambda actor: POLICY.allows(actor, action, member_id)


def _signer(found: Assessment) -> Callable[[Actor], bool]:
    proposal, may_sign = found.proposal, _allowed("integrity.assessment.sign_off", found.member_id)
    involved = {*proposal.answered_by, proposal.actor} if proposal else set()
    return lambda actor: may_sign(actor) and actor.label not in involved
