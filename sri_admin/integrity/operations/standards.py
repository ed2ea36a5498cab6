"""Entering the standard, and opening and closing rounds of assessments."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.integrity.events import CycleClosed, CycleOpened, EditionAdopted, MemberCalled
from sri_admin.integrity.models.standard import AssessmentCall, AssessmentCycle, Criterion, StandardEdition
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.standards import cycle_by_id, find_call, find_cycle, find_edition, newest_edition
from sri_admin.integrity.queries.standards import open_cycle as cycle_going_on
from sri_admin.integrity.rules import edition as plan
from sri_admin.integrity.rules.standing import CycleState
from sri_admin.kernel import clock, ids, jobs
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.work import record
from sri_admin.members.models.member import Member
from sri_admin.members.rules.member import MemberState

Values = Mapping[str, Any]
CALL_MEMBER = "integrity.call_member"


def adopt_edition(actor: Actor, hub_id: UUID) -> StandardEdition:
    """Enter the standard as it stands in this program; an edition that was entered before stays as it is."""
    POLICY.require(actor, "integrity.standard.adopt", hub_id)
    known = find_edition(plan.STANDARD, plan.EDITION_NO)
    if known is not None:
        return known
    edition = StandardEdition(
        member_id=hub_id,
        id=ids.new(),
        code=plan.STANDARD,
        edition_no=plan.EDITION_NO,
        names=plan.NAMES,
        in_force_from=plan.IN_FORCE_FROM,
        is_draft=True,
    )
    criteria = [_criterion(edition, place, planned) for place, planned in enumerate(plan.CRITERIA, 1)]
    db.session.add_all([edition, *criteria])
    event = EditionAdopted(member_id=hub_id, subject=edition.id, edition_no=edition.edition_no, criteria=len(criteria))
    record(actor, event, edition, *criteria)
    return edition


def _criterion(edition: StandardEdition, place: int, planned: plan.Planned) -> Criterion:
    return Criterion(
        member_id=edition.member_id,
        id=ids.new(),
        edition_id=edition.id,
        uid=planned.uid,
        place=place,
        ref=planned.ref,
        title=planned.title,
        prompt=planned.prompt,
        expectation=planned.expectation,
        zone=planned.zone,
        is_critical=planned.is_critical,
        metric=planned.metric,
    )


def open_cycle(actor: Actor, hub_id: UUID, *, values: Values) -> AssessmentCycle:
    """Open a round for every country that is licensed now; each is called by a job of its own."""
    POLICY.require(actor, "integrity.cycle.open", hub_id)
    cycle_id = values.get("record_id") or ids.new()
    known, edition = find_cycle(cycle_id), newest_edition()
    if known is not None:
        return known
    if edition is None:
        raise ConflictError(_l("There is no standard yet. Enter it first with “sri-admin integrity adopt”."))
    if cycle_going_on() is not None:
        raise ConflictError(_l("A round is going on already. Close it before you open the next."), code="round_open")
    _check_dates(values)
    cycle = AssessmentCycle(
        member_id=hub_id,
        id=cycle_id,
        edition_id=edition.id,
        name=values["name"],
        opens_on=clock.today(),
        due_on=values["due_on"],
        covers_from=values["covers_from"],
        covers_to=values["covers_to"],
        state=CycleState.OPEN,
        closed_on=None,
    )
    db.session.add(cycle)
    called = list(db.session.scalars(sa.select(Member.member_id).where(Member.state == MemberState.LICENSED)))
    for member_id in called:
        jobs.defer(CALL_MEMBER, member_id=member_id, cycle_id=cycle.id)
    event = CycleOpened(member_id=hub_id, subject=cycle.id, name=cycle.name, due_on=cycle.due_on, members=len(called))
    record(actor, event, cycle)
    return cycle


def _check_dates(values: Values) -> None:
    if values["due_on"] < clock.today():
        raise InvalidError([FieldError("due_on", _l("This day is over. Choose a later one."))])
    if values["covers_to"] < values["covers_from"]:
        raise InvalidError([FieldError("covers_to", _l("The last day lies before the first. Choose a later day."))])


def close_cycle(actor: Actor, cycle: AssessmentCycle, *, values: Values) -> AssessmentCycle:
    """End a round: what is signed off after this day is not handed in any more; what was signed may still come."""
    POLICY.require(actor, "integrity.cycle.close", cycle)
    check_version(cycle, values.get("version"))
    if cycle.state is CycleState.CLOSED:
        return cycle
    cycle.state, cycle.closed_on = CycleState.CLOSED, clock.today()
    event = CycleClosed(member_id=cycle.member_id, subject=cycle.id, name=cycle.name, reason=values["reason"])
    record(actor, event, cycle)
    return cycle


def call_member(actor: Actor, member_id: UUID, *, cycle_id: UUID) -> AssessmentCall:
    """Ask one country to assess itself in a round; asked twice, it is called once."""
    POLICY.require(actor, "integrity.member.call", member_id)
    known = find_call(member_id, cycle_id)
    if known is not None:
        return known
    cycle = cycle_by_id(cycle_id)
    call = AssessmentCall(
        member_id=member_id,
        id=ids.new(),
        cycle_id=cycle.id,
        edition_id=cycle.edition_id,
        due_on=cycle.due_on,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(call)
    record(actor, MemberCalled(member_id=member_id, subject=cycle.id, due_on=call.due_on), call)
    return call
