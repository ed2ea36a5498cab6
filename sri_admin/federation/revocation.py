"""The hub withdraws a node's keys: what they sign after the last good line is refused, and nothing is deleted (§5.7).

The way back is a new enrolment, with new keys and the next epoch of each stream.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import control, rotation, streams, tokens
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.events import KeysWithdrawn, NodeWithdrawn
from sri_admin.federation.key_life import EndReason, Place, earliest, ends_at
from sri_admin.federation.models import NodeKey
from sri_admin.federation.policy import POLICY
from sri_admin.kernel import jobs, tenancy, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l

TELL_WITHDRAWN = "federation.tell_withdrawn"


class WithdrawnError(ConflictError):
    """The keys were withdrawn before."""

    code = "withdrawn"
    message = _l("The keys of this node were withdrawn already.")


class Reach(NamedTuple):
    """How far a stream of a node is held here."""

    stream: str
    place: Place


def held(node: Node) -> list[Reach]:
    """Return how far each stream a node writes is held here: what a withdrawal takes as good unless told otherwise."""
    rows = [streams.by_name(name) for name in control.written_by(node.id, node.member_id)]
    return [Reach(row.name, Place(row.epoch, row.n)) for row in rows]


def withdraw(actor: Actor, node_id: UUID, *, reason: EndReason, last_good: Mapping[str, int] | None = None) -> None:
    """Withdraw every key of a node; the transaction reads the member and writes for the hub.

    `last_good` gives, by stream, the last line to be trusted where it is not the last one held.
    """
    node = db.session.get(Node, node_id, with_for_update=True)
    if node is None:
        raise NotFoundError
    POLICY.require(actor, "federation.node.withdraw", node.member_id)
    if node.state is NodeState.REVOKED:
        raise WithdrawnError
    places = ends_at(_last_places(node, last_good or {}))
    changed = [key for key in _keys_of(node.id) if _end(key, places, reason)]
    node.state = NodeState.REVOKED
    tokens.withdraw(node.id)
    event = KeysWithdrawn(member_id=tenancy.hub_tenant().id, subject=node.id, reason=reason.value)
    work.record(actor, event, *changed)
    jobs.defer(TELL_WITHDRAWN, member_id=node.member_id, node_id=node.id, reason=reason.value)


def _last_places(node: Node, last_good: Mapping[str, int]) -> list[tuple[str, Place]]:
    names = control.written_by(node.id, node.member_id)
    places = [(name, rotation.held_place(name)) for name in names]
    return [(name, place._replace(n=last_good.get(name, place.n))) for name, place in places]


def _keys_of(node_id: UUID) -> list[NodeKey]:
    wanted = sa.select(NodeKey).where(NodeKey.node_id == node_id, ~NodeKey.revoked)
    return list(db.session.scalars(wanted.order_by(NodeKey.id)))


def _end(key: NodeKey, places: Mapping[str, list[int]], reason: EndReason) -> bool:
    ends = dict(places) if key.ends is None else earliest(key.ends, places)
    if key.ends == ends:
        return False
    key.ends, key.ended_because, key.revoked = ends, reason, True
    return True


def tell_withdrawn(actor: Actor, *, member_id: UUID, node_id: UUID, reason: str) -> None:
    """Let the parts above know that a member's node was stopped; a job that writes for the member."""
    work.record(actor, NodeWithdrawn(member_id=member_id, subject=node_id, reason=reason))
