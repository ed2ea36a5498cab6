"""The greeting of a node: what it says of itself to the hub, and what the hub offers it in each stream."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sri_admin.federation import (
    box_keys,
    contact,
    export,
    files,
    hello,
    joining,
    versions,
)
from sri_admin.federation.client import BASE, HubClient, HubError, LineDownError
from sri_admin.federation.control import Access
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.merge import PeerStatus
from sri_admin.federation.recovery import stepping
from sri_admin.kernel import installation, transaction


@dataclass(frozen=True)
class Offer:
    """Where the hub stands in a stream, and what this node may do there."""

    stream: str
    access: Access
    status: PeerStatus
    epoch: int
    n: int
    head: bytes
    closing: bool
    log_id: UUID
    salvage: bool
    held: str | None

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Offer":
        """Read what the hub told of a stream; LineDownError if it cannot be read."""
        try:
            access, status = Access(told["access"]), PeerStatus(told["status"])
            name, head = str(told["stream"]), str(told.get("head", "")).encode()
            closing = told.get("closing") is True
            place, waits = (int(told["epoch"]), int(told["n"])), bool(told.get("salvage"))
            held = str(told["held"]) if told.get("held") else None
            log_id = UUID(str(told["log_id"]))
            return cls(name, access, status, *place, head, closing, log_id, waits, held)
        except (KeyError, TypeError, ValueError) as error:
            raise LineDownError("not_a_hub", "the hub's hello cannot be read") from error


def greet(client: HubClient) -> dict[str, Offer]:
    """Say hello and return what the hub offers, by stream; a hub that does not know us is told first."""
    try:
        return _say_hello(client)
    except HubError as error:
        if error.code == "given_up":
            stepping.hand_back_unsent(client)
        if error.code != "unknown_incarnation":
            raise
    stepping.follow_permissions(client)
    stepping.announce(client)
    return _say_hello(client)


def _say_hello(client: HubClient) -> dict[str, Offer]:
    document = _document()
    told = client.post_json(f"{BASE}/hello", document)
    if box_keys.is_missed(told):
        client.post_signed(f"{BASE}/box-key", box_keys.paper())
        told = client.post_json(f"{BASE}/hello", document)  # what was published stands in the control stream by now
    spoken = versions.read_spans(told.get("schemas", document["schemas"]))  # left out when it reads what we read
    if spoken is not None:
        contact.note_hub_versions(spoken, software=str(told.get("software", ""))[:60])
    streams = told.get("streams")
    if not isinstance(streams, list):
        raise LineDownError("not_a_hub", "the hub's hello cannot be read")
    offers = [Offer.read(each) for each in streams]
    return {each.stream: each for each in offers}


def tell_age(client: HubClient) -> None:
    """Say hello although the hub refuses our protocol."""
    # Every protocol understands of a hello who says it; the hub refuses this one, and sees who needs an update.
    with suppress(ProtocolError):
        client.post_json(f"{BASE}/hello", _document())


def _document() -> dict[str, Any]:
    identity = installation.identity()
    with transaction.reading(joining.exchange_reach()):
        positions, lacks, trouble = export.positions(), files.digests_lacking(), contact.trouble()
    return hello.ask(
        node_id=identity.id,
        incarnation=identity.incarnation,
        positions=positions,
        trouble=trouble,
        lacks=lacks,
    )
