"""A restored hub follows the grants it had lost and took back, to the epochs its nodes write already (§16.3)."""

from uuid import UUID

from sri_admin.federation import grants, streams
from sri_admin.federation.models import Grant, SyncStream
from sri_admin.federation.recovery import cutting
from sri_admin.federation.salvage_models import SalvageCause, SalvageState
from sri_admin.kernel import installation, tenancy, transaction
from sri_admin.kernel.db import db


def catch_up(member_id: UUID) -> None:
    """Go over to the epochs of a member's streams whose grants were taken back and whose base is here.

    Nothing need be written in such an epoch for both sides to stand in it. Opens its own transactions.
    """
    hub_id = installation.hub_tenant_id()
    reach = tenancy.everywhere({member_id, hub_id}, writing=hub_id)
    while transaction.write(reach, lambda: _follow_all(member_id)):
        pass


def _follow_all(member_id: UUID) -> bool:
    followed = [_follow(member_id, name) for name in grants.granted_on(member_id)]
    return any(followed)


def _follow(member_id: UUID, name: str) -> bool:
    tenancy.write_for(member_id)
    row = streams.by_name(name, lock=True)
    before, grant = row.epoch, grants.of_epoch(name, row.epoch + 1)
    if grant is not None and row.own and grant.node_id is not None:
        _make_way(row, grant)
    grants.follow(name)
    return row.epoch != before


def _make_way(row: SyncStream, grant: Grant) -> None:
    # The copy had forgotten that the records were handed over, and somebody wrote here: the node is asked about that.
    base = grant.base_n or 0
    if row.n > base and grants.base_of(grant) in {None, streams.chain_at(row, base)}:
        cutting.back_to(row, base, cause=SalvageCause.LATE, state=SalvageState.OPEN)
        db.session.flush()
