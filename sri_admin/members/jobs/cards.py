"""Cards for everybody, and suspensions that end by themselves."""

from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import installation, jobs, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import HUB, Task
from sri_admin.kernel.tenancy import Tenant, TenantKind
from sri_admin.members.operations.cards import keep_card
from sri_admin.members.operations.members import lift_suspension
from sri_admin.members.queries.members import card_values, expired_emergencies, find_member, member_by_id

REFRESH_CARD = "members.refresh_card"


def refresh_card(actor: Actor, *, member_id: UUID, card_id: UUID) -> None:
    """Bring one member's card up to date: read as the member, write for the hub."""
    with transaction.reading(tenancy.only(card_id)):
        member = find_member(card_id)
        values = card_values(member) if member else None
    transaction.write(tenancy.only(member_id), lambda: keep_card(actor, member_id, card_id=card_id, values=values))


def refresh_cards(_actor: Actor) -> None:
    """Ask for every card once a day, because grants of places begin and end by date."""
    hub_id = installation.identity().tenant_id
    assert hub_id is not None
    transaction.write(tenancy.only(hub_id), lambda: _ask_for_cards(hub_id))


def end_emergencies(actor: Actor) -> None:
    """Lift the emergency suspensions that have run out."""
    with transaction.reading(tenancy.everywhere(_members())):
        expired = [member.id for member in expired_emergencies()]
    for member_id in expired:
        transaction.write(tenancy.only(member_id), lambda member_id=member_id: _lift(actor, member_id))


def _ask_for_cards(hub_id: UUID) -> None:
    for card_id in _member_ids():
        jobs.defer(REFRESH_CARD, once=f"{REFRESH_CARD}:{card_id}", member_id=hub_id, card_id=card_id)


def _members() -> list[UUID]:
    with transaction.reading(tenancy.NOWHERE):
        return _member_ids()


def _member_ids() -> list[UUID]:
    return list(db.session.scalars(sa.select(Tenant.id).where(Tenant.kind == TenantKind.MEMBER)))


def _lift(actor: Actor, member_id: UUID) -> None:
    reason = _("The emergency suspension has run out.")
    lift_suspension(actor, member_by_id(member_id), values={"reason": str(reason)})


TASKS = (
    Task(name=REFRESH_CARD, run=refresh_card, roles=HUB, own_transactions=True),
    Task(name="members.refresh_cards", run=refresh_cards, roles=HUB, own_transactions=True, every="20 2 * * *"),
    Task(name="members.end_emergencies", run=end_emergencies, roles=HUB, own_transactions=True, every="5 * * * *"),
)
