"""The root above the hub's keys: its next version is drafted, signed elsewhere, published, and followed (§8.3, §8.4).

Root keys never come to the hub. Publishing is repeatable: the root goes first, then the control key, then the record
that says at which places the old one ended; an interruption anywhere is mended by doing it again.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from sri_admin.federation import keys, rotation, streams
from sri_admin.federation.client import BASE, HubClient
from sri_admin.federation.events import ControlKeyEnded, RootPublished
from sri_admin.federation.key_life import EndReason, ends_at
from sri_admin.federation.models import ControlKey
from sri_admin.federation.root import Root, RootError, join_root, read_root, root_payload
from sri_admin.kernel import clock, ids, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.signing import VerifyKey


def draft(
    *,
    root_keys: Sequence[VerifyKey] = (),
    threshold: int | None = None,
    new_control_key: bool = False,
    drop: Collection[str] = (),
) -> bytes:
    """Return the payload of the next root, to be signed by the holders of root keys; what is not given stays."""
    now = keys.roots()[-1]
    certified = [key for key in now.control_keys if key.kid not in drop]
    if new_control_key:
        certified.append(keys.prepare_control_key().verify_key)
    made = Root(
        version=now.version + 1,
        threshold=threshold or now.threshold,
        keys=tuple(root_keys) or now.keys,
        control_keys=tuple(certified),
        at=clock.wire(clock.now()),
    )
    return root_payload(made)


def publish(doer: Actor, files: Sequence[bytes]) -> Root:
    """Put the next root in force from files that each hold some of its signatures. Opens its own transactions.

    Raises RootError when the thresholds of the root in force and of the next are not both reached.
    """
    root = keys.take_root(join_root(files))
    if root.version != keys.roots()[-1].version:
        raise RootError("root_rollback", f"version {root.version} is not the newest")
    keys.use_control_key(root)
    everyone = _everyone()
    transaction.write(everyone, lambda: _record(doer, root))
    return root


def _everyone() -> tenancy.Reach:
    with transaction.reading(tenancy.NOWHERE):
        return tenancy.everywhere(db.session.scalars(sa.select(tenancy.Tenant.id)), writing=tenancy.hub_tenant().id)


def _record(doer: Actor, root: Root) -> None:
    hub_id, own = tenancy.hub_tenant().id, keys.own_key().kid
    ended = set(db.session.scalars(sa.select(ControlKey.kid)))
    for kid in sorted(keys.control_kids() - ended - {own}):
        ends = ends_at((row.name, rotation.held_place(row.name)) for row in streams.here())
        row = ControlKey(member_id=hub_id, id=ids.new(), kid=kid, ends=ends, ended_because=EndReason.ROTATED)
        db.session.add(row)
        work.record(doer, ControlKeyEnded(member_id=hub_id, subject=row.id, kid=kid, next_kid=own), row)
    work.record(doer, RootPublished(member_id=hub_id, subject=hub_id, version=root.version, threshold=root.threshold))


def follow(files: Sequence[bytes]) -> None:
    """Take, at a node, the roots a stick brought, one after the other; those before the one trusted are left.

    Raises what `catch_up` raises: a root proves itself, whoever carries it.
    """
    for file in files:
        if read_root(file).version >= keys.roots()[-1].version:
            keys.take_root(file)


def catch_up(client: HubClient) -> int:
    """Take, at a node, every root the hub has published since, one after the other; returns how many came.

    Raises RootError: a version is missing, older than the one trusted, another one of the same version, or not signed
    by enough of the keys before it and of its own.
    """
    told, came = client.hub.get("root_version"), 0
    if not isinstance(told, int):
        return came
    if told < keys.roots()[-1].version:
        raise RootError("root_rollback", f"the hub tells of version {told}")
    while keys.roots()[-1].version < told:
        wanted = keys.roots()[-1].version + 1
        answer = client.call("GET", f"{BASE}/roots/{wanted}", signed=False)
        if keys.take_root(answer.body.strip()).version != wanted:
            raise RootError("root_gap", f"version {wanted} was asked for")
        came += 1
    return came
