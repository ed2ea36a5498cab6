"""The hub's side of a hand-over (docs/federation.md §16.5).

Closing: nothing is written, so both sides can come to hold the same. Once the node says, signed, that it does, the hub
grants the next epoch on that very line, and only from then on does the other side write. Before that the hand-over can
be called off; afterwards only another one leads back.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import grants, keys, streams
from sri_admin.federation.answers import RefusedError
from sri_admin.federation.checkpoint import open_paper
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.events import HandOverBegan, HandOverCancelled, HandOverCompleted, NodeReclaimed
from sri_admin.federation.handover.models import Direction, Handover, HandoverState
from sri_admin.federation.lines import UUID_TEXT, expect_fields, matching_text
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery.incarnations import reach_of
from sri_admin.kernel import actor, clock, ids, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l

PAPER = "acceptance"
_DOER = actor.system("federation")


def of_member(member_id: UUID) -> Handover | None:
    """Return the newest hand-over of a member."""
    wanted = sa.select(Handover).where(Handover.member_id == member_id).order_by(Handover.started_at.desc())
    return db.session.scalar(wanted.limit(1))


def _open(member_id: UUID) -> Handover | None:
    wanted = sa.select(Handover).where(Handover.member_id == member_id, Handover.state == HandoverState.CLOSING)
    return db.session.scalar(wanted.with_for_update())


def begin(doer: Actor, node: Node, direction: Direction, *, reason: str) -> Handover:
    """Close a member's records so that they can be handed over; the transaction writes for the member."""
    POLICY.require(doer, "federation.handover.decide", node.member_id)
    if _open(node.member_id) is not None:
        raise ConflictError(_l("A hand-over of this country is under way already."), code="handing_over")
    rows = [streams.by_name(name, lock=True) for name in grants.names_of(node.member_id)]
    if node.state is not NodeState.ACTIVE or any(row.own is (direction is Direction.TO_HUB) for row in rows):
        raise ConflictError(_l("These records are written there already, or the node is stopped."), code="handed_over")
    made = Handover(
        member_id=node.member_id,
        id=ids.new(),
        direction=direction,
        state=HandoverState.CLOSING,
        node_id=node.id,
        reason=reason,
        started_by=doer.label,
    )
    db.session.add(made)
    for row in rows:
        row.closing = True
    told = HandOverBegan(member_id=node.member_id, subject=made.id, direction=direction.value, reason=reason)
    work.record(doer, told)
    return made


def is_under_way(member_id: UUID) -> bool:
    """Say whether a member's records are being handed over."""
    return _open(member_id) is not None


def cancel(doer: Actor, member_id: UUID, *, reason: str) -> None:
    """Call a hand-over off before it is complete; who wrote goes on writing. The transaction writes for the member."""
    POLICY.require(doer, "federation.handover.decide", member_id)
    found = _open(member_id)
    if found is None:
        raise NotFoundError
    _call_off(found, doer, reason)


def _call_off(found: Handover, doer: Actor, reason: str) -> None:
    found.state, found.settled_at, found.settled_by = HandoverState.CANCELLED, clock.now(), doer.label
    for name in grants.names_of(found.member_id):
        streams.by_name(name, lock=True).closing = False
    work.record(doer, HandOverCancelled(member_id=found.member_id, subject=found.id, reason=reason))


def accept(node: Node, line: bytes) -> HandoverState:
    """Take a node's signed word that it holds, or has sent, everything; opens its own transaction.

    The same word again changes nothing. Raises RefusedError: `not_closing` when none is under way, `not_equal` when
    the two sides do not hold the same yet; SealError.
    """
    with transaction.reading(reach_of(node.member_id)):
        said = open_paper(line, PAPER, lambda kid: keys.node_key(kid, node.id))
    expect_fields(said, {"kind", "node", "incarnation", "at", "streams"})
    if matching_text(said, "node", UUID_TEXT) != str(node.id):
        raise RefusedError("denied", "the acceptance is another node's")
    code = transaction.write(reach_of(node.member_id), lambda: _accept(node.id, said["streams"], line))
    if code is not None:
        raise RefusedError(code, "this hand-over cannot be completed now")
    return HandoverState.DONE


def _accept(node_id: UUID, told: Any, line: bytes) -> str | None:
    node, hub_id = db.session.get_one(Node, node_id, with_for_update=True), tenancy.hub_tenant().id
    tenancy.write_for(node.member_id)
    found = _open(node.member_id)
    if found is None:
        last = of_member(node.member_id)
        tenancy.write_for(hub_id)
        return None if last is not None and last.accepted == line else "not_closing"
    if found.node_id != node_id or node.state is not NodeState.ACTIVE or not _are_equal(node.member_id, told):
        tenancy.write_for(hub_id)
        return "not_equal"
    found.state, found.accepted = HandoverState.DONE, line
    found.settled_at, found.settled_by = clock.now(), _DOER.label
    direction = found.direction
    db.session.flush()
    tenancy.write_for(hub_id)
    _complete(node, direction, found.id)
    return None


def _complete(node: Node, direction: Direction, handover_id: UUID) -> None:
    writer = node.id if direction is Direction.TO_NODE else None
    grants.grant_next(_DOER, grants.names_of(node.member_id), writer)
    hub_id = tenancy.hub_tenant().id
    work.record(_DOER, HandOverCompleted(member_id=hub_id, subject=handover_id, direction=direction.value))


def _are_equal(member_id: UUID, told: Any) -> bool:
    rows = [streams.position(streams.by_name(name, lock=True)) for name in grants.names_of(member_id)]
    here = {
        each.stream: {"stream": each.stream, "epoch": each.epoch, "n": each.n, "chain": each.chain.hex()}
        for each in rows
    }
    said = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return {str(each.get("stream")): each for each in said} == here


def can_be_given_up(node: Node) -> bool:
    """Say whether a node still counts as its member's writer; one whose keys were withdrawn does until another is."""
    if node.state is not NodeState.REVOKED:
        return node.state in {NodeState.ACTIVE, NodeState.FENCED}
    newest = filter(None, map(grants.newest, grants.names_of(node.member_id)))
    return any(each.node_id == node.id for each in newest)


def reclaim(doer: Actor, node_id: UUID, *, reason: str) -> None:
    """Give up a node that does not come back: the hub writes its member's records again, from the last line it holds.

    The node may still come: what it had not sent is then kept for a person. The transaction writes for the hub.
    """
    node = db.session.get(Node, node_id, with_for_update=True)
    if node is None:
        raise NotFoundError
    POLICY.require(doer, "federation.handover.decide", node.member_id)
    if not can_be_given_up(node):
        raise ConflictError(_l("This node was given up or its keys were withdrawn already."), code="handed_over")
    hub_id = tenancy.hub_tenant().id
    tenancy.write_for(node.member_id)
    found = _open(node.member_id)
    if found is not None:
        found.state, found.settled_at, found.settled_by = HandoverState.CANCELLED, clock.now(), doer.label
    for name in grants.names_of(node.member_id):
        streams.by_name(name, lock=True).trouble = None
    db.session.flush()
    tenancy.write_for(hub_id)
    if node.state is not NodeState.REVOKED:
        node.state = NodeState.RECLAIMED
    grants.grant_next(doer, grants.names_of(node.member_id), None)
    work.record(doer, NodeReclaimed(member_id=hub_id, subject=node_id, reason=reason))
