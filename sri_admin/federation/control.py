"""Who may read and write which stream: the hub's keys and grants, and what a node makes of them."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import aside, box_keys, grants, keys, kinds, reissue, streams, taking
from sri_admin.federation.checkpoint import to_base64url
from sri_admin.federation.events import KeyPublished
from sri_admin.federation.models import Grant, NodeKey, SyncStream
from sri_admin.federation.stream_names import (
    HUB_CONTROL,
    HUB_MEMBER,
    HUB_REGISTRY,
    stream_name,
)
from sri_admin.kernel import actor, clock, ids, installation, part, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.signing import VerifyKey

STREAM = HUB_CONTROL.value
# The question to the parts which streams of the hub a member is entitled to: each answers with names.
READABLE = "federation.readable"


class Access(StrEnum):
    """What a node may do with a stream."""

    READ = "read"
    WRITE = "write"


def prepare_hub() -> None:
    """Give a hub its root, its control key and its own streams. Safe to repeat."""
    keys.make_root()
    hub_id = installation.identity().tenant_id
    assert hub_id is not None
    with transaction.writing(tenancy.only(hub_id)):
        for cls in (HUB_CONTROL, HUB_REGISTRY):
            if streams.find(stream_name(cls, hub_id)) is None:
                streams.begin(cls, hub_id, own=True)
        # After a restore that brought other keys this is said at the first start after the hub went on.
        if installation.standing() is not installation.Standing.RESTORED:
            box_keys.publish(actor.system("hub"), installation.identity().id, box_keys.own_public())


def first_root() -> bytes:
    """Return the root file a new node is given: the one it pinned, from which it follows the others."""
    found = keys.root_version(1)
    assert found is not None
    return found


def root_digits() -> str:
    """Return the digits by which a node pins the root."""
    return keys.root_digits()


def access(node_id: UUID, member_id: UUID) -> dict[str, Access]:
    """Return what a node may do now, by stream: its writing follows from the newest grant of each stream.

    Which languages and materials it reads the parts say that know its member's agreements.
    """
    allowed = dict.fromkeys(readable(member_id), Access.READ)
    names = grants.names_of(member_id)
    writers = grants.writers(names)
    # What is written at the hub a node reads: it has it, or will have it, of its own member.
    allowed.update({name: Access.READ for name in names if writers.get(name) is None})
    allowed.update({name: Access.WRITE for name in names if writers.get(name) == node_id})
    return allowed


def readable(member_id: UUID) -> set[str]:
    """Return the names of the hub's streams that a member's node may read now."""
    entitled = part.ask(READABLE, member_id, clock.today())
    return {*_read_by_all_means(member_id), *(name for names in entitled for name in names)}


def may_read(node_id: UUID, member_id: UUID, name: str) -> bool:
    """Say whether a node may read a stream now, as `access` would; the parts are asked only when nothing else tells."""
    if name in _read_by_all_means(member_id):
        return True
    if name in grants.names_of(member_id):
        return grants.writers([name]).get(name) in {None, node_id}
    return any(name in entitled for entitled in part.ask(READABLE, member_id, clock.today()))


def _read_by_all_means(member_id: UUID) -> tuple[str, ...]:
    return (HUB_CONTROL.value, HUB_REGISTRY.value, stream_name(HUB_MEMBER, member_id))


def has_own_records(member_id: UUID) -> bool:
    """Say whether a hosted member has written records of its own at the hub."""
    rows = (streams.find(name) for name in grants.names_of(member_id))
    return any(row is not None and (row.n > 0 or row.epoch > 1) for row in rows)


def written_by(node_id: UUID, member_id: UUID) -> list[str]:
    """Return the names of the streams a node writes now, sorted."""
    writers = grants.writers(grants.names_of(member_id))
    return sorted(name for name, writer in writers.items() if writer == node_id)


def approve_node(actor: Actor, *, node_id: UUID, member_id: UUID, incarnation: UUID, sign_key: VerifyKey) -> bool:
    """Publish a node's key and grant it its member's streams; the transaction also reads the member.

    Returns False, and grants nothing, when the hub holds records of the member's own: these are handed over first.
    """
    hub_id = tenancy.hub_tenant().id
    key = NodeKey(
        member_id=hub_id,
        id=ids.new(),
        node_id=node_id,
        subject_id=member_id,
        kid=sign_key.kid,
        public_key=to_base64url(sign_key.raw),
        revoked=False,
    )
    db.session.add(key)
    work.record(actor, KeyPublished(member_id=hub_id, subject=node_id, kid=key.kid, incarnation=incarnation), key)
    db.session.flush()
    if has_own_records(member_id) and set(_held_by_nodes(member_id).values()) != {node_id}:
        grants.grant_next(actor, _held_by_nodes(member_id), None)
        return False
    grants.grant_next(actor, grants.names_of(member_id), node_id)
    return True


def _held_by_nodes(member_id: UUID) -> dict[str, UUID]:
    # A node whose keys were withdrawn still stands as the last writer: it may come back, or another takes its place.
    newest = filter(None, map(grants.newest, grants.names_of(member_id)))
    return {grant.stream: grant.node_id for grant in newest if grant.node_id is not None}


def trust(root: bytes, *, fingerprint: str) -> None:
    """Keep the hub's root at a node that was taken in."""
    keys.keep_root(root, fingerprint=fingerprint)


def take_grants() -> int:
    """Begin, at a node, the streams that were granted to it; returns how many began. Opens its own transactions."""
    identity = installation.identity()
    if identity.tenant_id is None:
        return 0
    begun = 0
    with transaction.reading(tenancy.NOWHERE):
        reach = tenancy.everywhere({identity.tenant_id, tenancy.hub_tenant().id}, writing=identity.tenant_id)
    with transaction.reading(reach):
        granted = list(db.session.scalars(sa.select(Grant.stream).where(Grant.node_id == identity.id).distinct()))
    for name in granted:
        begun += transaction.write(reach, lambda name=name: _take_grant(name, identity.id))
    return begun


def _take_grant(name: str, node_id: UUID) -> int:
    grant, row = grants.newest(name), streams.find(name, lock=True)
    if grant is None or (row is not None and grant.epoch < row.epoch):
        return 0
    mine = grant.node_id == node_id
    if row is not None and grant.epoch == row.epoch:
        begins = mine and not row.own and row.n == 0
        if begins:
            row.own = True
            reissue.give_waiting(row)
        return int(begins)
    if row is None:
        if not mine or not grants.never_had_a_line(grant):
            return 0
        grants.begin(grant)
        return 1
    row.own = False  # the epoch it was ours to write has ended; what is missing of it, or too much, is seen to first
    if not grants.is_at_base(row, grant):
        return 0
    grants.go_over(row, grant, own=mine)
    return 1


def replay_parked() -> int:
    """Try lines again that were kept for a newer program, in their order; returns how many stand now."""
    with transaction.reading(tenancy.NOWHERE):
        everyone = list(db.session.scalars(sa.select(tenancy.Tenant.id)))
    stands = 0
    for tenant in everyone:
        reach = tenancy.everywhere(everyone, writing=tenant)
        stands += transaction.write(reach, lambda tenant=tenant: _replay_parked(tenant))
    return stands


def _replay_parked(tenant: UUID) -> int:
    known = [kind.name for kind in kinds.all_kinds()]
    from_here = [row for row in streams.here() if row.member_id == tenant and not row.own]
    return sum(_replay_stream(row, known) for row in from_here)


def _replay_stream(row: SyncStream, known: Sequence[str]) -> int:
    # A record may stand before the one it refers to, so they are gone through until nothing more succeeds.
    stands = 0
    while new := taking.replay(aside.for_this_program(row, known)):
        stands += new
    return stands
