"""A node's side of a hand-over: close what is to be given, take what is to be had, and say so, signed, when equal."""

from collections.abc import Iterable

from sri_admin.federation import export, grants, intake, keys, streams
from sri_admin.federation.checkpoint import seal_paper
from sri_admin.federation.client import BASE, HubClient, HubError
from sri_admin.federation.handover.steps import PAPER
from sri_admin.kernel import clock, installation, transaction

_NOT_YET = frozenset({"not_equal", "not_closing"})


def close(stream: str, *, closing: bool) -> None:
    """Note that a stream is being handed over, so that an own one is written no more, or that this was called off."""
    transaction.write(intake.reach_for(stream), lambda: _close(stream, closing=closing))


def _close(stream: str, *, closing: bool) -> None:
    streams.by_name(stream, lock=True).closing = closing


def accept(client: HubClient, closing: Iterable[str]) -> bool:
    """Tell the hub where we stand once every stream of our member is closing; say whether it is complete now."""
    own = installation.identity().tenant_id
    if own is None or set(grants.names_of(own)) - set(closing):
        return False
    try:
        client.post_signed(f"{BASE}/handovers", _paper(set(grants.names_of(own))))
    except HubError as error:
        if error.code not in _NOT_YET:
            raise
        return False
    return True


def _paper(names: set[str]) -> bytes:
    identity = installation.identity()
    with transaction.reading(intake.reach_for(min(names))):
        places = [each for each in export.positions() if each.stream in names]
    said = {
        "node": str(identity.id),
        "incarnation": str(identity.incarnation),
        "at": clock.wire(clock.now()),
        "streams": [
            {"stream": each.stream, "epoch": each.epoch, "n": each.n, "chain": each.chain.hex()} for each in places
        ],
    }
    return seal_paper(PAPER, said, keys.own_key())
