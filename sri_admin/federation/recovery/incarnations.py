"""The hub's side of restored, set back and copied nodes: which incarnation of a node writes (docs/federation.md §16.2).

A node announces a new incarnation with its own signature and gets the next epoch of its streams. When one comes back
that was announced away, two copies exist, and neither writes until an administrator keeps one.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import grants, keys, rates, streams
from sri_admin.federation.answers import RefusedError
from sri_admin.federation.checkpoint import SealError, open_paper, payload_of
from sri_admin.federation.cursor import Cursor
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.events import IncarnationAnnounced, IncarnationKept, NodeFenced
from sri_admin.federation.lines import UUID_TEXT, JsonObject, expect_fields, matching_text
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import salvage, shared_places
from sri_admin.federation.recovery.models import IncarnationState, NodeIncarnation
from sri_admin.federation.stream_names import HUB_CONTROL
from sri_admin.kernel import actor, clock, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.tenancy import Reach

PAPER = "incarnation"
_DOER = actor.system("federation")


def note_first(node: Node) -> None:
    """Note the incarnation a node joined with; those it came with before it was taken in anew are over."""
    _replace_current(node, IncarnationState.EARLIER)
    db.session.merge(NodeIncarnation(node_id=node.id, incarnation=node.incarnation, state=IncarnationState.CURRENT))


def admit(node: Node, incarnation: UUID) -> None:
    """Let the incarnation of a node pass that writes; opens its own transaction for any other.

    Raises RefusedError: `unknown_incarnation` asks for an announcement, `given_up` tells the copy that was not kept,
    `duplicate_writer` that there are two and a person has to decide.
    """
    if node.state is not NodeState.FENCED and node.incarnation == incarnation:
        return
    code = transaction.write(tenancy.only(node.member_id), lambda: _meet(node.id, incarnation))
    raise RefusedError(code, "another incarnation of this node writes")


def _meet(node_id: UUID, incarnation: UUID) -> str:
    node = db.session.get_one(Node, node_id, with_for_update=True)
    known = db.session.get(NodeIncarnation, (node_id, incarnation))
    if known is None:
        return "unknown_incarnation"
    known.seen_at = clock.now()
    if known.state is IncarnationState.GIVEN_UP:
        return "given_up"
    if known.state is not IncarnationState.CURRENT:
        _fence(node)
    return "duplicate_writer"


def _fence(node: Node) -> None:
    if node.state is NodeState.ACTIVE:
        node.state = NodeState.FENCED
        work.record(_DOER, NodeFenced(member_id=node.member_id, subject=node.id, code="duplicate_writer"))


def take(node: Node, line: bytes, *, expected: UUID | None = None) -> IncarnationState:
    """Take a node's signed announcement; the same again changes nothing. Opens its own transaction.

    What came with it may say which incarnation is `expected`.

    Raises RefusedError: `duplicate_writer`, or `hub_restored` while permissions the hub had lost wait for a decision,
    because what it had granted must be known before it grants more; SealError.
    """
    with transaction.reading(reach_of(node.member_id)):
        if any(each.stream == HUB_CONTROL.value for each in salvage.waiting(tenancy.hub_tenant().id)):
            raise RefusedError("hub_restored", "permissions the hub had lost wait for a decision")
        said = open_paper(line, PAPER, lambda kid: keys.node_key(kid, node.id))
    incarnation = _named(said, node)
    if expected not in {None, incarnation}:
        raise RefusedError("denied", "it announces another incarnation than the one that wrote it")
    state = transaction.write(reach_of(node.member_id), lambda: _announce(node.id, incarnation, line))
    if state is not IncarnationState.CURRENT:
        raise RefusedError("duplicate_writer", "two copies of this node have come")
    return state


def _named(said: JsonObject, node: Node) -> UUID:
    expect_fields(said, {"kind", "node", "incarnation", "at"}, optional={"places"})
    shared_places.read(said)
    if matching_text(said, "node", UUID_TEXT) != str(node.id):
        raise RefusedError("denied", "the announcement is another node's")
    return UUID(matching_text(said, "incarnation", UUID_TEXT))


def admit_by_stick(node: Node, incarnation: UUID, *, written_at: datetime, announces: bool) -> None:
    """Let a stick pass that the incarnation of a node wrote which writes, or one that `announces` itself in it.

    A stick may be on its way while its writer is restored, so an earlier incarnation stops the node only when it wrote
    after the later one was announced: then there are two. Opens its own transaction for any but the one that writes.
    Raises RefusedError: `older_copy`, `duplicate_writer`, `given_up`, `unknown_incarnation`; `reclaimed` when the hub
    writes the member's records again.
    """
    if node.state is NodeState.RECLAIMED:
        raise RefusedError("reclaimed", "the hub took the records of this node back")
    if node.state is NodeState.ACTIVE and node.incarnation == incarnation:
        return
    code = transaction.write(tenancy.only(node.member_id), lambda: _meet_stick(node.id, incarnation, written_at))
    if code != "unknown_incarnation" or not announces:
        raise RefusedError(code, "another incarnation of this node writes")


def _meet_stick(node_id: UUID, incarnation: UUID, written_at: datetime) -> str:
    node = db.session.get_one(Node, node_id, with_for_update=True)
    known = db.session.get(NodeIncarnation, (node_id, incarnation))
    writes = db.session.get(NodeIncarnation, (node_id, node.incarnation))
    on_its_way = writes is not None and written_at <= writes.announced_at
    if node.state is NodeState.ACTIVE and known is not None and known.state is IncarnationState.EARLIER and on_its_way:
        return "older_copy"
    return _meet(node_id, incarnation)


def hear_again(node: Node, line: bytes) -> None:
    """Keep the newest announcement of the incarnation that writes, for the places it shares; opens its own transaction.

    One that cannot be read any more, as after a change of keys, says nothing new.
    """
    try:
        with transaction.reading(reach_of(node.member_id)):
            said = open_paper(line, PAPER, lambda kid: keys.node_key(kid, node.id))
    except SealError:
        return
    if _named(said, node) == node.incarnation:
        transaction.write(tenancy.only(node.member_id), lambda: _keep_statement(node, line))


def _keep_statement(node: Node, line: bytes) -> None:
    known = db.session.get(NodeIncarnation, (node.id, node.incarnation))
    if known is not None:
        known.statement = line


def places_of(node: Node, stream: str) -> list[Cursor]:
    """Return the places of a stream that a node said it shares with us, the newest first; needs a transaction."""
    known = db.session.get(NodeIncarnation, (node.id, node.incarnation))
    if known is None or known.statement is None:
        return []
    return shared_places.read(payload_of(known.statement)).get(stream, [])


def reach_of(member_id: UUID) -> Reach:
    """Return what a decision about a node touches: it reads the member's streams and writes for the hub."""
    with transaction.reading(tenancy.NOWHERE):
        hub_id = tenancy.hub_tenant().id
    return tenancy.everywhere({hub_id, member_id}, writing=hub_id)


def _announce(node_id: UUID, incarnation: UUID, line: bytes) -> IncarnationState:
    node = db.session.get_one(Node, node_id, with_for_update=True)
    known = db.session.get(NodeIncarnation, (node_id, incarnation))
    if known is not None:
        return known.state if node.state is NodeState.ACTIVE else IncarnationState.WAITING
    rates.spend_published(node_id)
    state = IncarnationState.CURRENT if node.state is NodeState.ACTIVE else IncarnationState.WAITING
    if state is IncarnationState.CURRENT:
        _replace_current(node, IncarnationState.EARLIER)
    made = NodeIncarnation(node_id=node_id, incarnation=incarnation, state=state, statement=line, seen_at=clock.now())
    db.session.add(made)
    if state is IncarnationState.CURRENT:
        _go_on(_DOER, node, incarnation)
        told = IncarnationAnnounced(member_id=tenancy.hub_tenant().id, subject=node_id, incarnation=incarnation)
        work.record(_DOER, told)
    return state


def _replace_current(node: Node, by: IncarnationState) -> None:
    current = (NodeIncarnation.node_id == node.id, NodeIncarnation.state == IncarnationState.CURRENT)
    db.session.execute(sa.update(NodeIncarnation).where(*current).values(state=by))


def _go_on(doer: Actor, node: Node, incarnation: UUID) -> None:
    # Whatever the copies wrote in the epoch before, the hub goes on from the last line it holds.
    node.incarnation = incarnation
    db.session.flush()
    written = [name for name in grants.names_of(node.member_id) if _is_writer(name, node.id)]
    for name in grants.names_of(node.member_id):
        grants.follow(name)
    grants.grant_next(doer, written, node.id)


def _is_writer(name: str, node_id: UUID) -> bool:
    grant, row = grants.newest(name), streams.by_name(name)
    # A grant the hub had lost and took over again is in force; the node goes on in it and sends what is missing.
    return grant is not None and grant.node_id == node_id and (grant.epoch <= row.epoch or grants.is_unfit(row))


def of_node(node_id: UUID) -> list[NodeIncarnation]:
    """Return the incarnations of a node the hub has met, the newest first."""
    wanted = sa.select(NodeIncarnation).where(NodeIncarnation.node_id == node_id)
    return list(db.session.scalars(wanted.order_by(NodeIncarnation.announced_at.desc())))


def keep(doer: Actor, node_id: UUID, incarnation: UUID, *, reason: str) -> None:
    """Let one copy of a node go on in new epochs; the others write no more, and hand back what they had not sent.

    The transaction reads the member's streams and writes for the hub (`reach_of`).
    """
    POLICY.require(doer, "federation.node.keep")
    node = db.session.get(Node, node_id, with_for_update=True)
    chosen = db.session.get(NodeIncarnation, (node_id, incarnation))
    if node is None or chosen is None or node.state is NodeState.REVOKED:
        raise NotFoundError
    others = (NodeIncarnation.node_id == node_id, NodeIncarnation.incarnation != incarnation)
    db.session.execute(sa.update(NodeIncarnation).where(*others).values(state=IncarnationState.GIVEN_UP))
    chosen.state, node.state = IncarnationState.CURRENT, NodeState.ACTIVE
    _go_on(doer, node, incarnation)
    hub_id = tenancy.hub_tenant().id
    work.record(doer, IncarnationKept(member_id=hub_id, subject=node_id, incarnation=incarnation, reason=reason))
