"""What changes a member: it is registered, described, and takes its steps."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.federation import streams
from sri_admin.federation.stream_names import HUB_MEMBER, stream_name
from sri_admin.kernel import clock, ids, tenancy
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.tenancy import Tenant, TenantKind
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.members.events import (
    LegalEntityEntered,
    MemberDescribed,
    MemberMoved,
    MemberRegistered,
    MemberRegistrationWithdrawn,
    MemberStateChanged,
    TerritoryExtraEntered,
    TerritoryExtraRenamed,
    TerritoryExtraWithdrawn,
)
from sri_admin.members.models.member import LegalEntity, Member, MemberEvent
from sri_admin.members.models.territory import TerritoryExtra
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import has_running_agreement
from sri_admin.members.queries.members import find_member, today_of
from sri_admin.members.queries.territories import find_extra
from sri_admin.members.rules.member import (
    Hosting,
    MemberState,
    SuspensionKind,
    Transition,
    check_suspension,
    next_state,
)
from sri_admin.members.rules.naming import search_text
from sri_admin.members.rules.territory import USER_ASSIGNED, country_of, is_well_formed

Values = Mapping[str, Any]
_DESCRIBED = ("names", "region", "default_locale", "time_zone", "fiscal_month", "fiscal_day", "listing")


def register_member(actor: Actor, subject: None, *, values: Values) -> Member:
    """Enter a country for the first time, as a prospect; the same id again answers with the first entry."""
    POLICY.require(actor, "members.member.register", subject)
    member_id = values.get("id") or ids.new()
    # The country's own tenant comes into being here, so its first rows are written for itself.
    tenancy.write_for(member_id)
    found = find_member(member_id)
    if found is not None and found.code == values["code"]:
        return found
    withdrawn = _withdrawn(values["code"])
    if withdrawn is None:
        tenancy.write_for(member_id)
        _refuse_taken(member_id, values["code"])
        db.session.add(Tenant(id=member_id, code=values["code"], kind=TenantKind.MEMBER))
        db.session.flush()  # every row of the member refers to its tenant
        streams.create_member_streams(member_id)
    else:
        member_id = withdrawn
    member = Member(
        member_id=member_id,
        id=member_id,
        code=values["code"],
        kind=values["kind"],
        hosting=values["hosting"],
        state=MemberState.PROSPECT,
        state_since=clock.today(values["time_zone"]),
        search=search_text(values["code"], values["names"]),
        **{name: values[name] for name in _DESCRIBED},
    )
    db.session.add(member)
    event = MemberRegistered(
        member_id=member_id, subject=member_id, code=member.code, kind=member.kind, hosting=member.hosting
    )
    record(actor, event, member)
    return member


def withdraw_registration(actor: Actor, member: Member) -> Member:
    """Take a prospect out again that nobody worked with yet; its code can only ever name this country."""
    POLICY.require(actor, "members.member.withdraw_registration", member)
    if member.state is not MemberState.PROSPECT:
        raise ConflictError(_l("This country has taken steps by now. It stays."), code="wrong_state")
    db.session.delete(member)
    record(actor, MemberRegistrationWithdrawn(member_id=member.member_id, subject=member.id, code=member.code), member)
    return member


def describe_member(actor: Actor, member: Member, *, values: Values) -> Member:
    """Correct the names, the listing or the local habits of a member."""
    POLICY.require(actor, "members.member.describe", member)
    check_version(member, values.get("version"))
    changed = tuple(name for name in _DESCRIBED if name in values and values[name] != getattr(member, name))
    if not changed:
        return member
    for name in changed:
        setattr(member, name, values[name])
    member.search = search_text(member.code, member.names)
    event = MemberDescribed(member_id=member.member_id, subject=member.id, listing=member.listing, changed=changed)
    record(actor, event, member)
    return member


def move_to_node(actor: Actor, member: Member) -> Member:
    """Note that a member works on a node of its own from now on."""
    POLICY.require(actor, "members.member.move", member)
    if member.hosting is Hosting.NODE:
        return member
    member.hosting = Hosting.NODE
    record(actor, MemberMoved(member_id=member.member_id, subject=member.id, hosting=member.hosting), member)
    return member


def receive_application(actor: Actor, member: Member, *, values: Values) -> Member:
    """Take a prospect's application."""
    return _step(actor, member, Transition.APPLY, values=values)


def accept_into_formation(actor: Actor, member: Member, *, values: Values) -> Member:
    """Accept an applicant, who now builds up the body."""
    return _step(actor, member, Transition.ACCEPT, values=values)


def decline_application(actor: Actor, member: Member, *, values: Values) -> Member:
    """Say no to an applicant, and why."""
    return _step(actor, member, Transition.DECLINE, values=values)


def license_member(actor: Actor, member: Member, *, values: Values) -> Member:
    """License a body in formation that has an agreement in force."""
    POLICY.require(actor, "members.member.license", member)
    if not has_running_agreement(member):
        raise ConflictError(
            _l("There is no agreement in force yet. Sign one first; then this country can be licensed."),
            code="no_agreement",
        )
    return _step(actor, member, Transition.LICENSE, values=values)


def suspend_member(actor: Actor, member: Member, *, values: Values) -> Member:
    """Suspend a licence: it hides and pauses, and deletes nothing."""
    POLICY.require(actor, "members.member.suspend", member)
    on = values.get("on") or today_of(member)
    check_suspension(values.get("kind"), on=on, until=values.get("until"))
    return _step(actor, member, Transition.SUSPEND, values=values)


def lift_suspension(actor: Actor, member: Member, *, values: Values) -> Member:
    """Lift a suspension; the licence counts again."""
    return _step(actor, member, Transition.LIFT_SUSPENSION, values=values)


def mark_dormant(actor: Actor, member: Member, *, values: Values) -> Member:
    """Note that a licensed body rests for a time."""
    return _step(actor, member, Transition.MARK_DORMANT, values=values)


def wake_member(actor: Actor, member: Member, *, values: Values) -> Member:
    """Note that a dormant body works again."""
    return _step(actor, member, Transition.WAKE, values=values)


def begin_withdrawal(actor: Actor, member: Member, *, values: Values) -> Member:
    """Begin the orderly end of a membership."""
    return _step(actor, member, Transition.BEGIN_WITHDRAWAL, values=values)


def withdraw_member(actor: Actor, member: Member, *, values: Values) -> Member:
    """Close a membership that the body itself gave up."""
    return _step(actor, member, Transition.WITHDRAW, values=values)


def terminate_member(actor: Actor, member: Member, *, values: Values) -> Member:
    """Close a membership by decision of SRI."""
    return _step(actor, member, Transition.TERMINATE, values=values)


def receive_new_application(actor: Actor, member: Member, *, values: Values) -> Member:
    """Take the application of a body that was a member before."""
    return _step(actor, member, Transition.REAPPLY, values=values)


STEPS: Mapping[Transition, Callable[..., Member]] = {
    Transition.APPLY: receive_application,
    Transition.ACCEPT: accept_into_formation,
    Transition.DECLINE: decline_application,
    Transition.LICENSE: license_member,
    Transition.SUSPEND: suspend_member,
    Transition.LIFT_SUSPENSION: lift_suspension,
    Transition.MARK_DORMANT: mark_dormant,
    Transition.WAKE: wake_member,
    Transition.BEGIN_WITHDRAWAL: begin_withdrawal,
    Transition.WITHDRAW: withdraw_member,
    Transition.TERMINATE: terminate_member,
    Transition.REAPPLY: receive_new_application,
}


def enter_legal_entity(actor: Actor, member: Member, *, values: Values) -> LegalEntity:
    """Enter the legal body that acts for a member."""
    POLICY.require(actor, "members.legal_entity.enter", member)
    entity_id = values.get("id") or ids.new()
    found = db.session.get(LegalEntity, (member.member_id, entity_id))
    if found is not None:
        return found
    entity = LegalEntity(member_id=member.member_id, **{**values, "id": entity_id})
    db.session.add(entity)
    record(actor, LegalEntityEntered(member_id=member.member_id, subject=entity_id, name=entity.name), entity)
    return entity


def enter_territory_extra(actor: Actor, hub_id: UUID, *, values: Values) -> TerritoryExtra:
    """Add a place no ISO list has, under a user-assigned code; the hub writes it, everybody reads it."""
    POLICY.require(actor, "members.territory_extra.enter", hub_id)
    code: str = values["code"]
    found = find_extra(code)
    if found is not None:
        return found
    check_extra(code)
    names: Text = values["names"]
    extra_id = values.get("id") or ids.new()
    extra = TerritoryExtra(member_id=hub_id, id=extra_id, code=code, country=country_of(code), names=names)
    db.session.add(extra)
    record(actor, TerritoryExtraEntered(member_id=hub_id, subject=extra.id, code=code), extra)
    return extra


def check_extra(code: str) -> None:
    """Refuse a code that may name a place of an ISO list."""
    if not is_well_formed(code) or not USER_ASSIGNED.fullmatch(country_of(code)):
        raise InvalidError([FieldError("code", _l("Only user-assigned codes can be given to places of our own."))])


def rename_territory_extra(actor: Actor, extra: TerritoryExtra, *, values: Values) -> TerritoryExtra:
    """Call a place of our own differently; its code stays."""
    POLICY.require(actor, "members.territory_extra.enter", extra)
    if values["names"] == extra.names:
        return extra
    extra.names = values["names"]
    record(actor, TerritoryExtraRenamed(member_id=extra.member_id, subject=extra.id, code=extra.code), extra)
    return extra


def withdraw_territory_extra(actor: Actor, extra: TerritoryExtra) -> TerritoryExtra:
    """Take a place of our own out again."""
    POLICY.require(actor, "members.territory_extra.enter", extra)
    db.session.delete(extra)
    record(actor, TerritoryExtraWithdrawn(member_id=extra.member_id, subject=extra.id, code=extra.code), extra)
    return extra


def _step(actor: Actor, member: Member, transition: Transition, *, values: Values) -> Member:
    POLICY.require(actor, f"members.member.{transition}", member)
    check_version(member, values.get("version"))
    reason = (values.get("reason") or "").strip() or None
    on = _day(member, values.get("on"))
    before, after = member.state, next_state(member.state, transition, reason=reason)
    suspending = transition is Transition.SUSPEND
    kind: SuspensionKind | None = values.get("kind") if suspending else None
    until: date | None = values.get("until") if suspending else None
    # The row's version in the UPDATE is the compare in compare-and-set: a step taken meanwhile makes this one fail.
    member.state, member.state_since, member.state_reason = after, on, reason
    member.suspension, member.suspension_until = kind, until
    said = {"transition": transition, "from_state": before, "to_state": after, "on": on, "reason": reason}
    said |= {"suspension": kind, "until": until}
    step = MemberEvent(
        member_id=member.member_id, id=ids.new(), at=clock.now(), actor=actor.label, role=actor.role, **said
    )
    db.session.add(step)
    record(actor, MemberStateChanged(member_id=member.member_id, subject=member.id, **said), member, step)
    return member


def _day(member: Member, asked: date | None) -> date:
    today = today_of(member)
    if asked is not None and asked > today:
        raise InvalidError([FieldError("on", _l("This day lies in the future. Come back on that day."))])
    return asked or today


def _withdrawn(code: str) -> UUID | None:
    """Return the tenant of a country that was registered with a code and taken out again, and write for it."""
    tenant = tenancy.tenant_by_code(code)
    if tenant is None or tenant.kind is not TenantKind.MEMBER:
        return None
    tenancy.write_for(tenant.id)
    stood = streams.find(stream_name(HUB_MEMBER, tenant.id)) is not None
    return tenant.id if stood and find_member(tenant.id) is None else None


def _refuse_taken(member_id: UUID, code: str) -> None:
    if tenancy.tenant_by_code(code) is not None or db.session.get(Tenant, member_id) is not None:
        raise InvalidError(
            [FieldError("code", _l("Another country already has this code. A code is never used twice."))]
        )
