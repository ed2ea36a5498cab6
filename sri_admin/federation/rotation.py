"""A node's change of keys: taken at the hub by position, begun and ended at the node (docs/federation.md §5.6).

The node goes on with its old keys until it reads in `hub.control`, signed by the hub, from which lines on the new one
is good. What is on disk is at every moment a pair the hub accepts.
"""

import sqlalchemy as sa

from sri_admin.federation import control, freshness, keyring, keys, rates, rotation_papers, streams
from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.enrolment_models import EnrolmentState, HubLink, Node, NodeState
from sri_admin.federation.events import KeyRotated, RotationBegun
from sri_admin.federation.key_life import EndReason, Place, begins_after, ends_at
from sri_admin.federation.models import NodeKey
from sri_admin.federation.rotation_papers import Rotation, RotationError, SignedRotation
from sri_admin.kernel import actor, ids, installation, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.signing import VerifyKey

_AT_HUB, _AT_NODE = actor.system("key rotation"), actor.system("node keys")


def receive(document: bytes) -> str:
    """Take a node's change of keys and return the new key's name; the same again is harmless. Opens its transactions.

    Raises RotationError: `unknown_key`, `bad_signature`, `key_revoked`, `key_ended`, `key_taken`, or `malformed`.
    """
    signed = rotation_papers.open_rotation(document)
    with transaction.reading(tenancy.NOWHERE):
        node, hub_id = db.session.get(Node, signed.rotation.node), tenancy.hub_tenant().id
        if node is None:
            raise RotationError("unknown_key", "no such node is known here")
        reach = tenancy.everywhere({hub_id, node.member_id}, writing=hub_id)
    return transaction.write(reach, lambda: _take(signed, document))


def _take(signed: SignedRotation, document: bytes) -> str:
    said = signed.rotation
    node = db.session.get_one(Node, said.node, with_for_update=True)
    old = db.session.scalar(sa.select(NodeKey).where(NodeKey.node_id == node.id, NodeKey.kid == said.old_kid))
    if old is None:
        raise RotationError("unknown_key", f"the node has no key {said.old_kid}")
    rotation_papers.check_old(signed, VerifyKey(from_base64url(old.public_key)))
    if old.revoked or node.state is NodeState.REVOKED:
        raise RotationError("key_revoked", "the key was withdrawn")
    known = db.session.scalar(sa.select(NodeKey).where(NodeKey.kid == said.sign_key.kid))
    if known is None:
        _replace(node, old, said, document)
    elif known.node_id != node.id or known.statement != to_base64url(document):
        raise RotationError("key_taken", "this key is in use already")
    return said.sign_key.kid


def _replace(node: Node, old: NodeKey, said: Rotation, document: bytes) -> None:
    if old.ends is not None:
        raise RotationError("key_ended", f"another key took the place of {old.kid}")
    rates.spend_published(node.id)
    ends = ends_at(_ends_here(node))
    old.ends, old.ended_because = ends, EndReason.ROTATED
    new = NodeKey(
        member_id=old.member_id,
        id=ids.new(),
        node_id=node.id,
        subject_id=node.member_id,
        kid=said.sign_key.kid,
        public_key=to_base64url(said.sign_key.raw),
        revoked=False,
        begins=begins_after(ends),
        statement=to_base64url(document),
    )
    db.session.add(new)
    node.next_sign_key, node.next_auth_key = said.sign_key.raw, said.auth_key
    event = KeyRotated(member_id=old.member_id, subject=node.id, kid=new.kid, old_kid=old.kid)
    work.record(_AT_HUB, event, old, new)


def _ends_here(node: Node) -> list[tuple[str, Place]]:
    return [(name, held_place(name)) for name in control.written_by(node.id, node.member_id)]


def held_place(name: str) -> Place:
    """Return how far a stream reaches here, with nobody adding to it until the transaction ends."""
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(streams.lock_number(name))))
    row = streams.by_name(name)
    return Place(row.epoch, row.n)


def begin(doer: Actor) -> str:
    """Make new keys at a node and return the new key's name; until the hub confirms them the old ones stay in use."""
    link = db.session.scalar(sa.select(HubLink))
    member_id = installation.identity().tenant_id
    if link is None or link.state is not EnrolmentState.APPROVED or member_id is None:
        raise ConflictError(_l("This installation is not connected to the hub yet."), code="not_enrolled")
    waiting = keyring.waiting()
    if waiting is not None:
        return waiting.sign.kid
    made = keyring.prepare(keys.own_id())
    work.record(doer, RotationBegun(member_id=member_id, subject=keys.own_id(), kid=made.sign.kid))
    return made.sign.kid


def settle() -> bool:
    """Use the keys that waited, once the hub has confirmed them; says whether it did. Opens its own transactions."""
    waiting = keyring.waiting()
    if waiting is None or freshness.is_frozen():
        return False
    with transaction.reading(tenancy.NOWHERE):
        hub_id = tenancy.hub_tenant().id
    with transaction.reading(tenancy.only(hub_id)):
        if not _is_confirmed(waiting.sign.kid):
            return False
    use(waiting)
    return True


def use(pair: keyring.Waiting) -> None:
    """Use the keys that waited, since the hub takes them. Opens its own transaction."""
    member_id, old_kid = installation.identity().tenant_id, keys.own_key().kid
    assert member_id is not None
    keyring.use(pair)
    event = KeyRotated(member_id=member_id, subject=keys.own_id(), kid=pair.sign.kid, old_kid=old_kid)
    transaction.write(tenancy.only(member_id), lambda: work.record(_AT_NODE, event))


def _is_confirmed(kid: str) -> bool:
    mine = sa.select(NodeKey.id).where(NodeKey.kid == kid, NodeKey.node_id == keys.own_id(), ~NodeKey.revoked)
    return db.session.scalar(mine) is not None
