"""Builders of member countries, agreements and office holders; they act through the operations, as the director."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sri_admin.federation import streams
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.actor import Actor, Mandate, Scope, system
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant
from sri_admin.kernel.text import Text
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.operations import agreements, blocks, drafts, members, offices
from sri_admin.members.queries.members import today_of
from sri_admin.members.rules.agreement import AgreementKind, ProgrammeType, Right
from sri_admin.members.rules.block import BlockKind
from sri_admin.members.rules.member import Hosting, Listing, MemberKind, MemberState, SuspensionKind, Transition
from sri_admin.members.rules.office import Office

T = TypeVar("T")
CAUSE = Text.of("The finding F-1 is open. Show that it is put right.", es="El hallazgo F-1 está abierto.")
# How a country gets from prospect to each state.
_WAY: dict[MemberState, tuple[Transition, ...]] = {
    MemberState.PROSPECT: (),
    MemberState.APPLICANT: (Transition.APPLY,),
    MemberState.DECLINED: (Transition.APPLY, Transition.DECLINE),
    MemberState.IN_FORMATION: (Transition.APPLY, Transition.ACCEPT),
}
_LICENSED = (Transition.APPLY, Transition.ACCEPT, Transition.LICENSE)
_AFTER: dict[MemberState, tuple[Transition, ...]] = {
    MemberState.LICENSED: (),
    MemberState.SUSPENDED: (Transition.SUSPEND,),
    MemberState.DORMANT: (Transition.MARK_DORMANT,),
    MemberState.WITHDRAWING: (Transition.BEGIN_WITHDRAWAL,),
    MemberState.WITHDRAWN: (Transition.BEGIN_WITHDRAWAL, Transition.WITHDRAW),
    MemberState.TERMINATED: (Transition.BEGIN_WITHDRAWAL, Transition.TERMINATE),
}


def hub() -> UUID:
    """Return the tenant of SRI itself."""
    with transaction.reading(tenancy.NOWHERE):
        return tenancy.hub_tenant().id


def actor(role: str = "sri_director", member_id: UUID | None = None) -> Actor:
    """Make somebody who holds a role: for one member, else at the hub."""
    scope = Scope.MEMBER if member_id else Scope.HUB
    mandate = Mandate(role=role, scope=scope, member_id=member_id or hub(), starts_on=date(2020, 1, 1))
    return Actor(label=ids.label("usr"), account_id=ids.new(), mandates=(mandate,))


def every_member() -> list[UUID]:
    """Return the tenants there are."""
    with transaction.reading(tenancy.NOWHERE):
        return [tenant.id for tenant in db.session.query(Tenant)]


def writing(member_id: UUID, body: Callable[[], T]) -> T:
    """Run a body in a transaction that reads everything and writes for one member."""
    return transaction.write(tenancy.everywhere(every_member(), writing=member_id), body)


def member(code: str = "QM", state: MemberState = MemberState.PROSPECT, **more: Any) -> UUID:
    """Make a member country in a state and return its id; a licensed one gets an agreement for its own place."""
    values = {"id": ids.new(), "code": code, **description(code), **more}
    director = actor()
    made = writing(hub(), lambda: members.register_member(director, None, values=values).id)
    for transition in _WAY.get(state, _LICENSED[:2]):
        step(made, transition)
    if state in _AFTER:
        signed(made, territories=[code])
        for transition in (Transition.LICENSE, *_AFTER[state]):
            step(made, transition)
    return made


def description(code: str) -> dict[str, Any]:
    """Return values that describe a country."""
    return {
        "kind": MemberKind.COUNTRY,
        "hosting": Hosting.HUB,
        "names": Text.of(f"Land of {code}"),
        "region": "east",
        "default_locale": "en",
        "time_zone": "UTC",
        "fiscal_month": 1,
        "fiscal_day": 1,
        "listing": Listing.FULL,
    }


def step(member_id: UUID, transition: Transition, **values: Any) -> None:
    """Take a step in the life of a member."""
    said = {"reason": "The board asked for it.", "kind": SuspensionKind.FULL, **values}
    director = actor()
    writing(member_id, lambda: members.STEPS[transition](director, found(member_id), values=said))


def move_to_node(member_id: UUID) -> None:
    """Let a member work on a node of its own, as its approval does."""

    def hand_over() -> None:
        members.move_to_node(system("test"), found(member_id))
        streams.by_name(stream_name(MEMBER_OPS, member_id)).own = False

    writing(member_id, hand_over)


def found(member_id: UUID) -> Member:
    """Return a member inside a transaction."""
    row = db.session.get(Member, (member_id, member_id))
    assert row is not None
    return row


def terms(**more: Any) -> dict[str, Any]:
    """Return sound terms of an agreement that began half a year ago."""
    today = clock.today()
    return {
        "kind": AgreementKind.LICENCE,
        "parent_id": None,
        "starts_on": today - timedelta(days=180),
        "ends_on": today + timedelta(days=550),
        "notice_days": 90,
        "grace_days": 30,
        "cure_days": 14,
        "territories": ["QM"],
        "exclusive": True,
        "rights": [Right.USE_NAME, Right.RUN_MEETINGS],
        "programme_types": [ProgrammeType.FOUR_POINT],
        **more,
    }


def extra(code: str, name: str) -> None:
    """Add a place no ISO list has."""
    hub_id, director = hub(), actor()
    values = {"code": code, "names": Text.of(name)}
    writing(hub_id, lambda: members.enter_territory_extra(director, hub_id, values=values))


def draft(member_id: UUID, **more: Any) -> UUID:
    """Make a draft and return its id."""
    for code in more.get("territories", ["QM"]):
        extra(code, f"Land of {code}")
    values, director = {"id": ids.new(), **terms(**more)}, actor()
    return writing(member_id, lambda: drafts.save_draft(director, found(member_id), values=values).id)


def offered(member_id: UUID, **more: Any) -> UUID:
    """Make an offered agreement and return its id."""
    draft_id, director = draft(member_id, **more), actor()

    def offer() -> UUID:
        row = db.session.get(AgreementDraft, (member_id, draft_id))
        assert row is not None
        return agreements.offer_agreement(director, row, values={}).id

    return writing(member_id, offer)


def signed(member_id: UUID, **more: Any) -> UUID:
    """Make a signed agreement and return its id."""
    agreement_id = offered(member_id, **more)
    sign(member_id, agreement_id)
    return agreement_id


def renewal_draft(member_id: UUID, agreement_id: UUID) -> UUID:
    """Make the draft that renews an agreement and return its id."""
    director = actor()

    def begin() -> UUID:
        return drafts.draft_renewal(director, agreement(member_id, agreement_id), values={}).id

    return writing(member_id, begin)


def renewal(member_id: UUID, agreement_id: UUID) -> UUID:
    """Make an offered renewal of an agreement and return its id."""
    draft_id, director = renewal_draft(member_id, agreement_id), actor()

    def offer() -> UUID:
        row = db.session.get_one(AgreementDraft, (member_id, draft_id))
        return agreements.offer_agreement(director, row, values={}).id

    return writing(member_id, offer)


def sign(member_id: UUID, agreement_id: UUID, *, on: date | None = None) -> None:
    """Note that both sides signed an agreement, by default today."""
    director = actor()

    def note() -> None:
        said = {"signed_on": on or today_of(found(member_id))}
        agreements.sign_agreement(director, agreement(member_id, agreement_id), values=said)

    writing(member_id, note)


def agreement(member_id: UUID, agreement_id: UUID) -> Agreement:
    """Return an agreement inside a transaction."""
    return db.session.get_one(Agreement, (member_id, agreement_id))


def block(member_id: UUID, source_id: UUID, **more: Any) -> UUID:
    """Hold renewals of a member back for a source and return the block's id."""
    values = {"kind": BlockKind.RENEWAL, "source_kind": "test.cause", "source_id": source_id, "reason": CAUSE, **more}
    director = actor()
    return writing(member_id, lambda: blocks.set_block(director, found(member_id), values=values).id)


def unblock(member_id: UUID, source_id: UUID) -> None:
    """Take back what a source holds."""
    values = {"kind": BlockKind.RENEWAL, "source_kind": "test.cause", "source_id": source_id}
    director = actor()
    writing(member_id, lambda: blocks.lift_block(director, found(member_id), values=values))


def office_holder(member_id: UUID, office: Office = Office.CHAIR, **more: Any) -> UUID:
    """Make an office holder and return its id."""
    values = {"office": office, "display_name": "Sam of the board", "starts_on": date(2025, 1, 1), **more}
    administrator = actor("member_administrator", member_id)

    def enter() -> OfficeHolder:
        return offices.enter_office_holder(administrator, found(member_id), values=values)

    return writing(member_id, lambda: enter().id)
