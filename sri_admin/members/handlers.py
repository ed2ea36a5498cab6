"""What the part does when it hears what happened."""

from sri_admin.federation.events import NodeApproved, SalvageDismissed
from sri_admin.kernel import installation, jobs, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.work import Event
from sri_admin.members import events
from sri_admin.members.jobs.cards import REFRESH_CARD
from sri_admin.members.models.office import OfficeHolder, OfficeHolderPrivate
from sri_admin.members.operations.members import move_to_node
from sri_admin.members.queries.members import find_member


def note_node(actor: Actor, event: NodeApproved) -> None:
    """Note that a member works on a node of its own from now on."""
    member = find_member(event.member_id)
    if member is not None:
        move_to_node(actor, member)


def forget_private_half(_actor: Actor, event: SalvageDismissed) -> None:
    """Remove the private half of an office holder who was left out after a restore and stands nowhere."""
    key = (event.member_id, event.subject)
    private = db.session.get(OfficeHolderPrivate, key)
    if private is not None and db.session.get(OfficeHolder, key) is None:
        db.session.delete(private)


def ask_for_card(_actor: Actor, event: Event) -> None:
    """Have the member's card brought up to date once this is committed; only the hub keeps cards."""
    hub_id = installation.identity().tenant_id
    if REFRESH_CARD in runtime.current().tasks and hub_id is not None:
        member_id = event.member_id
        jobs.defer(REFRESH_CARD, once=f"{REFRESH_CARD}:{member_id}", member_id=hub_id, card_id=member_id)


HANDLERS = {
    events.MemberRegistered: ask_for_card,
    events.MemberRegistrationWithdrawn: ask_for_card,
    events.MemberDescribed: ask_for_card,
    events.MemberStateChanged: ask_for_card,
    events.AgreementSigned: ask_for_card,
    events.AgreementTerminated: ask_for_card,
    events.AgreementEnded: ask_for_card,
    NodeApproved: note_node,
    SalvageDismissed: forget_private_half,
}
