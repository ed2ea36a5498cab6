"""Who may read and write which stream: the hub's keys and grants, and what a node makes of them."""

from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa

from sri_admin.federation import aside, box_keys, keys, kinds, streams, taking
from sri_admin.federation.checkpoint import to_base64url
from sri_admin.federation.events import KeyPublished, WriterGranted
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.models import Grant, NodeKey
from sri_admin.federation.stream_names import (
    HUB_CONTROL,
    HUB_MEMBER,
    HUB_REGISTRY,
    MEMBER_CONTRIB,
    MEMBER_OPS,
    parse_name,
    stream_name,
)
from sri_admin.kernel import actor, ids, installation, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.signing import VerifyKey

STREAM = HUB_CONTROL.value
_BY_MEMBER = (MEMBER_OPS, MEMBER_CONTRIB)


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
        box_keys.publish(actor.system("hub"), installation.identity().id, box_keys.own_public())


def root_file() -> bytes:
    """Return the root file nodes are given."""
    return keys.root_file()


def root_digits() -> str:
    """Return the digits by which a node pins the root."""
    return keys.root_digits()


def access(node_id: UUID, member_id: UUID) -> dict[str, Access]:
    """Return what a node may do now, by stream; its writing follows from the newest grant of each stream."""
    allowed = {cls.value: Access.READ for cls in (HUB_CONTROL, HUB_REGISTRY)}
    allowed[stream_name(HUB_MEMBER, member_id)] = Access.READ
    for cls in _BY_MEMBER:
        name = stream_name(cls, member_id)
        newest = sa.select(Grant.node_id).where(Grant.stream == name).order_by(Grant.epoch.desc()).limit(1)
        if db.session.scalar(newest) == node_id:
            allowed[name] = Access.WRITE
    return allowed


def has_own_records(member_id: UUID) -> bool:
    """Say whether a hosted member has written records of its own at the hub."""
    rows = (streams.find(stream_name(cls, member_id)) for cls in _BY_MEMBER)
    return any(row is not None and row.own and row.n > 0 for row in rows)


def approve_node(actor: Actor, *, node_id: UUID, member_id: UUID, incarnation: UUID, sign_key: VerifyKey) -> None:
    """Publish a node's key and grant it its member's streams; the transaction writes for the hub."""
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
    for cls in _BY_MEMBER:
        grant = _next_grant(hub_id, stream_name(cls, member_id), node_id)
        db.session.add(grant)
        work.record(
            actor, WriterGranted(member_id=hub_id, subject=node_id, stream=grant.stream, epoch=grant.epoch), grant
        )


def _next_grant(hub_id: UUID, name: str, node_id: UUID) -> Grant:
    row = streams.by_name(name)
    return Grant(
        member_id=hub_id,
        id=ids.new(),
        stream=name,
        epoch=row.epoch + 1,
        log_id=uuid4(),
        node_id=node_id,
        base_chain=row.chain.hex(),
    )


def hand_over(member_id: UUID, node_id: UUID) -> None:
    """Let the hub's rows of a member's streams follow the grants; the transaction writes for the member."""
    for cls in _BY_MEMBER:
        row = streams.by_name(stream_name(cls, member_id), lock=True)
        grant = _grant_of(row.name)
        if grant is None or grant.node_id != node_id or grant.epoch <= row.epoch:
            continue
        if row.n:
            raise ProtocolError("not_empty", f"{row.name} has lines of the hub's own")
        base = bytes.fromhex(grant.base_chain) if grant.base_chain else None
        streams.regrant(row, own=False, epoch=grant.epoch, log_id=grant.log_id, base=base)


def _grant_of(name: str) -> Grant | None:
    return db.session.scalar(sa.select(Grant).where(Grant.stream == name).order_by(Grant.epoch.desc()).limit(1))


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
    grant, row = _grant_of(name), streams.find(name, lock=True)
    if grant is None or grant.node_id != node_id:
        return 0
    base = bytes.fromhex(grant.base_chain) if grant.base_chain else None
    if row is None:
        cls, member_id = parse_name(name)
        assert member_id is not None
        streams.begin(cls, member_id, own=True, epoch=grant.epoch, log_id=grant.log_id, base=base)
        return 1
    if grant.epoch <= row.epoch:
        return 0
    streams.regrant(row, own=True, epoch=grant.epoch, log_id=grant.log_id, base=base)
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
    return sum(taking.replay(aside.parked(row, known)) for row in from_here)
