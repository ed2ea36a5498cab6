"""How each stream stands, for pages and the command line; runs in the caller's reading transaction."""

from collections.abc import Iterable
from uuid import UUID

from sri_admin.federation import aside, keys
from sri_admin.federation.checkpoint import Receipt, open_sealed
from sri_admin.federation.models import AsideState, SyncStream
from sri_admin.federation.overview import SetAside, StreamState
from sri_admin.federation.stream_names import HUB_MEMBER, MEMBER_CONTRIB, MEMBER_OPS, stream_name
from sri_admin.federation.streams import here


def streams() -> list[StreamState]:
    """Return every stream of a node, as its connection page shows it."""
    return [state(row) for row in here()]


def sent_by(member_id: UUID, rows: Iterable[SyncStream]) -> list[StreamState]:
    """Return, at the hub, those of the streams here that a member's node sends."""
    names = {stream_name(cls, member_id) for cls in (MEMBER_OPS, MEMBER_CONTRIB)}
    return [state(row) for row in rows if row.name in names and not row.own]


def state(row: SyncStream) -> StreamState:
    """Return how one stream stands: an own one against its receipt, a replica against its writer's signed head."""
    far, near = (row.n, row.peer_n) if row.own else (row.peer_n, row.n)
    refused, kept = _from_receipt(row) if row.own else _counted(row)
    return StreamState(
        stream=row.name,
        own=row.own,
        n=row.n,
        head=row.peer_n,
        waiting=max(0, far - near),
        set_aside=refused,
        parked=kept,
        equal=row.n == row.peer_n and (row.n == 0 or row.chain == row.peer_chain),
        changed_at=row.changed_at,
        trouble=row.trouble,
    )


def set_aside(member_id: UUID | None) -> list[SetAside]:
    """Return the records here that wait for a person or for another record."""
    return [
        SetAside(
            stream=name,
            n=row.n,
            kind=row.kind,
            record_id=row.rec,
            code=row.code,
            detail=row.detail,
            at=row.at,
        )
        for row, name in aside.open_rows(member_id)
    ]


def _counted(row: SyncStream) -> tuple[int, int]:
    return aside.count(row, *aside.OPEN), aside.count(row, AsideState.PARKED)


def _from_receipt(row: SyncStream) -> tuple[int, int]:
    if row.statement is None or row.cls is HUB_MEMBER:
        return 0, 0
    receipt = open_sealed(row.statement, Receipt, keys.kept_key)
    return receipt.quarantined_total or len(receipt.quarantined), receipt.parked_total or len(receipt.parked)
