"""A hub that was restored: its own streams go on in new epochs, and its nodes hand back what it had lost (§16.3)."""

import sqlalchemy as sa

from sri_admin.federation import grants, streams
from sri_admin.federation.events import HubWentOn
from sri_admin.federation.policy import POLICY
from sri_admin.kernel import installation, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.tenancy import Reach, Tenant


def everyone() -> Reach:
    """Return what going on touches: every tenant's streams, and the grants of the hub."""
    with transaction.reading(tenancy.NOWHERE):
        hub_id = tenancy.hub_tenant().id
        tenants = list(db.session.scalars(sa.select(Tenant.id)))
    return tenancy.everywhere(tenants, writing=hub_id)


def go_on(doer: Actor, *, reason: str) -> int:
    """Begin the next epoch of every stream the hub writes, each on the line the restored copy ends with.

    Permissions come first. Nodes that hold more see at once where the histories part; nothing of theirs is lost.
    Returns how many streams went on. The transaction reaches `everyone`.
    """
    POLICY.require(doer, "federation.hub.go_on")
    # A stream of a member that never had a node is held by nobody else, except by one that joined after the backup:
    # the grant it was given then must find its epoch free.
    rows = [row for row in streams.here() if row.own]
    names = [row.name for row in rows if not row.cls.by_member or grants.newest(row.name) is not None]
    grants.grant_next(doer, names, None)
    own = installation.identity()
    assert own.tenant_id is not None
    work.record(doer, HubWentOn(member_id=own.tenant_id, subject=own.id, reason=reason))
    return len(names)


def go_on_again(doer: Actor, *, reason: str) -> int:
    """Do so at a hub that waits after a restore, which then is in use again; returns how many streams went on.

    Raises ConflictError when it does not wait: ending epochs would set every node aside for nothing.
    """
    if installation.standing() is installation.Standing.IN_USE:
        raise ConflictError(_l("This hub does not wait for anybody. Nothing was changed."), code="not_restored")
    tenancy.write_for(tenancy.hub_tenant().id)
    count = go_on(doer, reason=reason)
    installation.resume(doer)
    return count
