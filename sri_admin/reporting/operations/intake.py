"""What the hub does with a revision: takes it in or sets it aside, then accepts it or returns it with a reason."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sri_admin.federation.seals import Seal, is_sealed
from sri_admin.kernel import clock, ids, installation, tenancy
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError, NotAllowedError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.work import record
from sri_admin.meetings.queries.figures import month_figures
from sri_admin.members.models.member import Member
from sri_admin.reporting.events import ReturnDecided, ReturnReceived
from sri_admin.reporting.models.returns import ReturnIntake, ReturnProposal, ReturnRevision
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.catalogue import codes_of, find_data_set
from sri_admin.reporting.queries.returns import (
    MonthView,
    approval_of,
    content_of,
    earlier_numbers,
    find_intake,
    month_of,
)
from sri_admin.reporting.rules.arrival import Arrived, Fault, fault_of, is_early
from sri_admin.reporting.rules.standing import IntakeState
from sri_admin.reporting.rules.values import APPROVAL_DOMAIN

Values = Mapping[str, Any]


def receive(actor: Actor, member: Member, revision: ReturnRevision) -> ReturnIntake | None:
    """Judge a revision that arrived: received, or set aside with what is wrong; a second time changes nothing.

    While an earlier revision of its month is not here it is left as it is: that one may still be on its way.
    """
    POLICY.require(actor, "reporting.return.receive", member)
    known = find_intake(member.member_id, revision.id)
    if known is not None:
        return known
    view = month_of(member, revision.month, at_home=False)
    if is_early(revision.revision, [each.revision for each in view.rows.revisions]):
        return None
    fault = _fault(view, revision)
    row = ReturnIntake(
        member_id=member.member_id,
        id=ids.new(),
        revision_id=revision.id,
        month=revision.month,
        revision=revision.revision,
        values_hash=revision.values_hash,
        authors=sorted({revision.prepared_by, revision.approved_by, *_entered_by(revision)}),
        state=IntakeState.QUARANTINED if fault else IntakeState.RECEIVED,
        fault=fault,
        received_at=clock.now(),
        reason="",
    )
    db.session.add(row)
    event = ReturnReceived(
        member_id=member.member_id,
        subject=revision.id,
        month=revision.month,
        revision=revision.revision,
        fault=fault.value if fault else None,
    )
    record(actor, event, row)
    return row


def _entered_by(revision: ReturnRevision) -> list[str]:
    # Who entered its values is known where it was prepared: here, if the country has no node.
    proposal = db.session.get(ReturnProposal, (revision.member_id, revision.id))
    return proposal.authors if proposal is not None else []


def _fault(view: MonthView, revision: ReturnRevision) -> Fault | None:
    member, official = view.member, view.standing.official
    content, in_force = content_of(revision, member.member_id), find_data_set(revision.month)
    return fault_of(
        Arrived(
            content=content,
            digest=revision.values_hash,
            is_signed=_is_signed(revision),
            approved_on=revision.approved_at.astimezone(ZoneInfo(member.time_zone)).date(),
            approved_role=revision.approved_role,
            wanted=codes_of(revision.data_set_id),
            data_set=str(in_force.id) if in_force else None,
            official=official.revision if official else None,
            grants=view.sides.requests,
            expected=month_figures(member.member_id, revision.month).expected,
            earlier=earlier_numbers(member.member_id, revision.month, known_at=revision.prepared_at),
        )
    )


def _is_signed(revision: ReturnRevision) -> bool:
    sealed = Seal(revision.kid, revision.signature)
    # Keys are rows of the hub's own tenant, and the job that judges a member's records reaches only that member.
    reach = tenancy.reach_of(db.session())
    with tenancy.reaching(replace(reach, members=reach.members | {installation.hub_tenant_id()})):
        return is_sealed(revision.member_id, APPROVAL_DOMAIN, approval_of(revision), seal=sealed)


def decide(actor: Actor, member: Member, intake: ReturnIntake, *, values: Values) -> ReturnIntake:
    """Accept a revision, so that its values count, or return it with a reason; nobody decides on their own."""
    POLICY.require(actor, "reporting.return.decide", member)
    check_version(intake, values.get("version"))
    verdict, reason = IntakeState(values["verdict"]), (values.get("reason") or "").strip()
    if verdict not in {IntakeState.ACCEPTED, IntakeState.RETURNED}:
        raise InvalidError([FieldError("verdict", _l("Accept it, or return it with a reason."))])
    if actor.label in intake.authors:
        raise NotAllowedError(_l("You prepared or approved this return. Somebody else has to decide."), action="decide")
    if verdict is IntakeState.RETURNED and not reason:
        raise InvalidError([FieldError("reason", _l("Say what the country should look at. It reads this sentence."))])
    view = month_of(member, intake.month, at_home=False)
    if intake.state is not IntakeState.RECEIVED or _is_overtaken(view, intake):
        raise ConflictError(_l("This was decided meanwhile, or a newer revision is here. Look at the month again."))
    intake.state, intake.reason = verdict, reason
    intake.decided_by, intake.decided_role, intake.decided_at = actor.label, actor.role, clock.now()
    event = ReturnDecided(
        member_id=member.member_id,
        subject=intake.revision_id,
        month=intake.month,
        revision=intake.revision,
        verdict=verdict.value,
        reason=reason,
    )
    record(actor, event, intake)
    return intake


def _is_overtaken(view: MonthView, intake: ReturnIntake) -> bool:
    states = {key: each.state for key, each in view.rows.intakes.items()}
    later = [each for each in view.rows.revisions if each.revision > intake.revision]
    return any(states.get(each.id) is not IntakeState.QUARANTINED for each in later)
