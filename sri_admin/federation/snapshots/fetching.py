"""A node's side of snapshots over the network: fetch one of the hub's, give the hub one of its own (§15.5)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sri_admin.federation import keys
from sri_admin.federation.client import BASE, HubClient, HubError, LineDownError
from sri_admin.federation.intake import reach_for
from sri_admin.federation.key_life import Place
from sri_admin.federation.packing import pack
from sri_admin.federation.snapshots import giving, receiving
from sri_admin.federation.snapshots.receiving import Standing
from sri_admin.kernel import transaction

_MOST_RESTARTS = 3


def fetch(client: HubClient, stream: str, *, anew: bool = False) -> int:
    """Take the hub's snapshot of a stream, from where an earlier try ended; return how many lines it has.

    A replica that shares no line with the hub any more begins `anew`, which a person has to agree to.
    StreamError `many_removed`, `nothing_shared` when it waits for a person.
    """
    path, whole = f"{BASE}/streams/{stream}/snapshot", {"whole": "1"} if anew else {}
    for last in (*[False] * _MOST_RESTARTS, True):
        sealed = client.call("GET", f"{path}?{urlencode(whole)}" if anew else path).body.strip()
        standing = receiving.begin(stream, sealed, keys.receipt_key, anew=anew)
        try:
            while not standing.is_whole:
                asked = client.call("GET", f"{path}/lines?{_query(standing, whole)}")
                standing = receiving.page(stream, asked.body, keys.receipt_key)
            break
        except HubError as error:
            if last or error.code != "snapshot_replaced":
                raise
    return receiving.finish(stream, anew=anew).records


def _query(standing: Standing, more: Mapping[str, str]) -> str:
    return urlencode(
        {
            **more,
            "digest": standing.digest.hex(),
            "epoch": standing.place.epoch,
            "n": standing.place.n,
            "total": standing.total.hex(),
        }
    )


def give(client: HubClient, stream: str) -> Place:
    """Give the hub a snapshot of a stream it has lost too much of; return where the hub stands then."""
    path = f"{BASE}/streams/{stream}/snapshot"
    with transaction.reading(reach_for(stream)):
        sealed = giving.offer(stream)
    told = client.post_lines(path, pack(sealed + b"\n"))
    while told.get("state") == "coming":
        told = client.post_lines(f"{path}/lines", pack(_next(stream, told)))
    try:
        return Place(int(told["epoch"]), int(told["n"]))
    except (KeyError, TypeError, ValueError) as error:
        raise LineDownError("not_a_hub", "the answer about a snapshot cannot be read") from error


def _next(stream: str, told: dict[str, Any]) -> bytes:
    try:
        after = Place(int(told["epoch"]), int(told["n"]))
        digest, total = bytes.fromhex(told["digest"]), bytes.fromhex(told["total"])
    except (KeyError, TypeError, ValueError) as error:
        raise LineDownError("not_a_hub", "the answer about a snapshot cannot be read") from error
    with transaction.reading(reach_for(stream)):
        return giving.page(stream, digest=digest, after=after, before=total).body
