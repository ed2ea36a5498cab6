"""Writing the own streams: changes into the own log, batches to the hub, its receipts kept (§3, §7.4, §11.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.federation.third_party import formats, trust
from tests.federation.third_party.assertions import Keys
from tests.federation.third_party.formats import RefusedError, Values
from tests.federation.third_party.store import Place, Store
from tests.federation.third_party.talk import API, Talk

_MOST_CHANGES, _MOST_BYTES = 2_000, 4 * 1_048_576


@dataclass
class Self:
    """What a node is: its names, its keys, and how far its clock is off."""

    node: str
    incarnation: str
    keys: Keys
    skew: timedelta = timedelta()

    def moment(self) -> str:
        """The time by the hub's clock, as it stands in lines."""
        return (datetime.now(UTC) + self.skew).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Writer:
    """What writes the streams the hub has granted to this node."""

    def __init__(self, store: Store, hub: Talk, me: Self) -> None:
        self.store, self.hub, self.me = store, hub, me

    def log(self, stream: str) -> Place:
        """Return the end of an own log; it begins where the newest grant says."""
        grant = max(self._grants(stream), key=lambda each: each["epoch"], default=None)
        if grant is None:
            raise RefusedError("unknown_stream", "it was not granted to this node")
        place = self.store.place(stream)
        if place is not None and place.epoch == grant["epoch"]:
            return place
        return Place(stream, grant["epoch"], grant["log_id"], 0, _beginning(grant))

    def _grants(self, stream: str) -> list[Values]:
        every = (each["d"] for each in self.store.newest("federation.grant").values())
        return [each for each in every if each["stream"] == stream and each["node_id"] == self.me.node]

    def _begun(self, place: Place) -> bytes:
        return next(_beginning(each) for each in self._grants(place.stream) if each["log_id"] == place.log_id)

    def write(self, stream: str, records: Sequence[Values], *, by: str) -> None:
        """Write changes that hold together: of each its kind, record and schema version, and its payload."""
        place = self.log(stream)
        first, last = place.n + 1, place.n + len(records)
        with self.store.together():
            for number, record in enumerate(records, start=first):
                values = {"at": self.me.moment(), "by": by, "k": "c", "n": number, "op": "put", "x": first, **record}
                values.setdefault("rev", self.store.revision(record["t"], record["id"]) + 1)
                line = formats.encode({**values, "e": 1} if number == last else values)
                place = replace(place, n=number, chain=formats.next_chain(place.chain, line))
                self.store.add(place, line)
            self.store.move(place)

    def push(self, told: Values) -> int:
        """Send what the hub does not hold of an own stream, and return how many lines that were."""
        place = self.log(told["stream"])
        if told["epoch"] != place.epoch:
            raise RefusedError("stale_epoch", place.stream)
        chains = self._chains(place)
        after: int = told["n"]
        if after > place.n or told["chain"] != chains[after].hex():
            raise RefusedError("forked", "the hub holds what was not written here")
        while after < place.n:
            end = _reach(self.store.lines(place.stream, epoch=place.epoch, after=after), after)
            self.send(replace(place, n=end, chain=chains[end]), after=after)
            after = end
        return place.n - int(told["n"])

    def _chains(self, place: Place) -> list[bytes]:
        chains = [self._begun(place)]
        for line in self.store.lines(place.stream, epoch=place.epoch):
            chains.append(formats.next_chain(chains[-1], line))
        return chains

    def send(self, place: Place, *, after: int) -> Values:
        """Send the lines of an own log after a number up to a place as one batch, and return the receipt."""
        reply = self.hub.post_lines(f"{API}/streams/{place.stream}/batches", self.batch(place, after=after))
        return self.receipt_of(place.stream, reply.body.strip())

    def batch(self, place: Place, *, after: int) -> list[bytes]:
        """Return a batch: its header, the lines after a number up to a place, and the checkpoint there."""
        lines = self.store.lines(place.stream, epoch=place.epoch, after=after)[: place.n - after]
        return [self.header(place, lines, base=self._chains(place)[after]), *lines, self.checkpoint(place)]

    def header(self, place: Place, lines: Sequence[bytes], *, base: bytes, **other: Any) -> bytes:
        """Return the line a batch begins with (§3.4)."""
        values = {
            "k": "h",
            "stream": place.stream,
            "epoch": place.epoch,
            "from_n": place.n - len(lines) + 1,
            "to_n": place.n,
            "base_chain": base.hex(),
            "node": self.me.node,
            "incarnation": self.me.incarnation,
        }
        return formats.encode({**values, **other})

    def checkpoint(self, place: Place, **other: Any) -> bytes:
        """Return the signed word on how far an own log reaches (§5.2)."""
        values = {
            "kind": "checkpoint",
            "stream": place.stream,
            "epoch": place.epoch,
            "log_id": place.log_id,
            "n": place.n,
            "chain": place.chain.hex(),
            "at": self.me.moment(),
            "node": self.me.node,
            "incarnation": self.me.incarnation,
        }
        return formats.seal(self.me.keys.sign, {**values, **other})

    def receipt(self, stream: str) -> Values:
        """Ask for the receipt as things stand now."""
        return self.receipt_of(stream, self.hub.get(f"{API}/streams/{stream}/receipt").body.strip())

    def receipt_of(self, stream: str, line: bytes) -> Values:
        """Open and keep a receipt of the hub."""
        receipt = formats.opened(line, "receipt", trust.hub_keys(self.store))
        if receipt["stream"] != stream or receipt["peer"] != self.me.node:
            raise RefusedError("wrong_stream")
        with self.store.together():
            self.store.note(f"receipt {stream}", receipt)
        return receipt


def _beginning(grant: Values) -> bytes:
    return formats.chain_0(grant["stream"], grant["epoch"], grant["log_id"], grant["base_chain"] or "")


def _reach(waiting: Sequence[bytes], after: int) -> int:
    # The last line of as many whole transactions as one batch holds.
    end, size = after, 0
    for number, line in enumerate(waiting[:_MOST_CHANGES], start=after + 1):
        size += len(line) + 1
        if size > _MOST_BYTES:
            break
        end = number if "e" in formats.decode(line) else end
    return end
