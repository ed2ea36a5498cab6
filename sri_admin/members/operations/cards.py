"""The card everybody may see of a member; the hub keeps it, nobody edits it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.work import record
from sri_admin.members.events import MemberCardRefreshed
from sri_admin.members.models.member import MemberCard
from sri_admin.members.policy import POLICY


def keep_card(actor: Actor, hub_id: UUID, *, card_id: UUID, values: Mapping[str, Any] | None) -> MemberCard | None:
    """Bring a member's card up to date, or take it away when the member became hidden (values None)."""
    POLICY.require(actor, "members.card.refresh", hub_id)
    card = db.session.get(MemberCard, (hub_id, card_id))
    if values is None:
        return _take_away(actor, card)
    if card is not None and all(getattr(card, name) == value for name, value in values.items()):
        return card
    if card is None:
        card = MemberCard(member_id=hub_id, id=card_id, **values)
        db.session.add(card)
    for name, value in values.items():
        setattr(card, name, value)
    record(actor, MemberCardRefreshed(member_id=hub_id, subject=card_id, code=card.code, listed=True), card)
    return card


def _take_away(actor: Actor, card: MemberCard | None) -> None:
    if card is None:
        return
    db.session.delete(card)
    record(actor, MemberCardRefreshed(member_id=card.member_id, subject=card.id, code=card.code, listed=False), card)
