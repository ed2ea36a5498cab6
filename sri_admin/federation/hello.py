"""Hello: both sides say where they stand, and see at once who is behind, set back or parted from the other."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sri_admin import __version__
from sri_admin.federation import box_keys, control, export, floors, grants, kinds, limits, streams
from sri_admin.federation.answers import RefusedError
from sri_admin.federation.control import Access
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.merge import PeerPosition, PeerStatus, Position
from sri_admin.federation.models import SyncStream
from sri_admin.federation.recovery import following, returning
from sri_admin.federation.versions import Spans
from sri_admin.kernel import clock, transaction
from sri_admin.kernel.tenancy import Reach

PROTOCOLS = (1,)
SOFTWARE = f"sri-admin {__version__}"
_POLL_SECONDS, _SPREAD_SECONDS = 60, 60


def limits_told() -> dict[str, int]:
    """Return the limits both sides keep to."""
    return {
        "page_changes": limits.PAGE_CHANGES,
        "page_bytes": limits.PAGE_BYTES,
        "line_bytes": limits.LINE_BYTES,
        "batch_bytes": limits.BATCH_BYTES,
    }


def ask(
    *,
    node_id: UUID,
    incarnation: UUID,
    positions: Sequence[Position],
    trouble: str | None,
    lacks: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what a node says; `trouble` is why its last exchange stopped, `lacks` the files it waits for."""
    return {
        "node_id": str(node_id),
        "incarnation": str(incarnation),
        "software": SOFTWARE,
        "protocols": list(PROTOCOLS),
        "schemas": _schemas_told(),
        "streams": [
            {"stream": each.stream, "epoch": each.epoch, "n": each.n, "chain": each.chain.hex()} for each in positions
        ],
        "trouble": trouble,
        "lacks": list(lacks),
        "now": clock.wire(clock.now()),
    }


def _schemas_told() -> dict[str, list[int]]:
    return {name: list(span) for name, span in kinds.versions().items()}


def check_protocol(protocols: Sequence[int], *, of_hub: bool = False) -> int:
    """Return the highest protocol both sides speak; RefusedError says which side is too old.

    They are what a node speaks, or `of_hub` what its hub does.
    """
    common = set(protocols) & set(PROTOCOLS)
    if not common:
        newer, older = ("server_too_old", "client_too_old") if not of_hub else ("client_too_old", "server_too_old")
        code = older if max(protocols) < min(PROTOCOLS) else newer
        raise RefusedError(code, "no protocol both sides speak", min=min(PROTOCOLS), max=max(PROTOCOLS))
    return max(common)


def check_sender(node: Node, values: Mapping[str, Any]) -> None:
    """Refuse a hello in another's name, from a copy of a node, or from a node that was stopped."""
    if values["node_id"] != node.id:
        raise RefusedError("denied", "the token belongs to another node")
    if values["incarnation"] != node.incarnation or node.state is NodeState.FENCED:
        raise RefusedError("duplicate_writer", "two copies of this node have come")


def answer(node: Node, values: Mapping[str, Any], reach: Reach) -> dict[str, Any]:
    """Return what the hub says to a node's hello, once it stands in every epoch it can; opens its own transactions."""
    with transaction.reading(reach):
        if not grants.granted_on(node.member_id):
            return _answer(node, values)
    following.catch_up(node.member_id)
    with transaction.reading(reach):
        return _answer(node, values)


def _answer(node: Node, values: Mapping[str, Any]) -> dict[str, Any]:
    protocol = check_protocol(values["protocols"])
    check_sender(node, values)
    told, reads = {each["stream"]: each for each in values["streams"]}, _schemas_told()
    return {
        "protocol": protocol,
        "now": clock.wire(clock.now()),
        "skew_ms": skew_ms(values["now"]),
        "poll_after": poll_after(node.id),
        "limits": limits_told(),
        "software": SOFTWARE,
        **({} if reads == values["schemas"] else {"schemas": reads}),
        "schema_actions": schema_actions(values["schemas"]),
        "box_key": box_keys.kid_of(node.id),
        "streams": _streams(node, told, values["schemas"]),
    }


def skew_ms(theirs: datetime) -> int:
    """Return how far a node's clock is behind ours, in milliseconds."""
    return (clock.now() - theirs) // timedelta(milliseconds=1)


def poll_after(node_id: UUID) -> int:
    """Return after how many seconds a node may come again; nodes are spread over a minute."""
    return _POLL_SECONDS + zlib.crc32(node_id.bytes) % _SPREAD_SECONDS


def schema_actions(theirs: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Say of each kind we send what the other side has to do: `update` when it does not read what we write."""
    ours = kinds.versions()
    return {
        name: "update" for name, (_oldest, newest) in ours.items() if name not in theirs or theirs[name][1] < newest
    }


def heads(values: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, int]:
    """Return how far a node has written each stream that is its own."""
    own = {each["stream"] for each in answered["streams"] if each["access"] == Access.WRITE}
    return {each["stream"]: each["n"] for each in values["streams"] if each["stream"] in own}


def positions(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a node stands in every stream it named."""
    return {
        each["stream"]: {"epoch": each["epoch"], "n": each["n"], "chain": each["chain"]} for each in values["streams"]
    }


def _streams(node: Node, told: Mapping[str, Mapping[str, Any]], reads: Spans) -> list[dict[str, Any]]:
    granted = _granted(node)
    own = [row.name for row, access in granted if access is Access.WRITE]
    below = floors.held_back(own, reads)
    late = returning.counts(own)
    shown = [_stream(row, access, told.get(row.name)) for row, access in granted]
    shown = [{**each, "salvage": late[each["stream"]]} if each["stream"] in late else each for each in shown]
    return [{**each, "held": floors.BELOW} if each["stream"] in below else each for each in shown]


def _granted(node: Node) -> list[tuple[SyncStream, Access]]:
    rows = {each.name: each for each in streams.here()}
    allowed = control.access(node.id, node.member_id)
    return [(rows[name], access) for name, access in sorted(allowed.items()) if name in rows]


def _stream(row: SyncStream, access: Access, told: Mapping[str, Any] | None) -> dict[str, Any]:
    own = streams.position(row)
    status = PeerStatus.BEHIND if own.n or own.epoch > 1 else PeerStatus.OK
    if told is not None:
        theirs = PeerPosition(told["epoch"], told["n"], bytes.fromhex(told["chain"]))
        status = export.judge(row, theirs)
    facts: dict[str, Any] = {"epoch": own.epoch, "log_id": own.log_id, "n": own.n, "chain": own.chain.hex()}
    if row.closing:
        facts["closing"] = True
    shown: dict[str, Any] = {"stream": own.stream, "access": access.value, "status": status.value, **facts}
    if access is Access.READ:
        shown["head"] = export.head_of(row).decode()
    return shown
