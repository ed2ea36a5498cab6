"""Taking what the hub writes: pages verified whole before a line of them is kept (§5.2, §7.1, §16.1)."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from tests.federation.third_party import formats, trust
from tests.federation.third_party.formats import RefusedError, Values
from tests.federation.third_party.store import Place, Store
from tests.federation.third_party.talk import API, Reply, Talk

_MOST_CHANGES, _MOST_BYTES = 2_000, 4 * 1_048_576


class Reader:
    """What reads the streams the hub gives."""

    def __init__(self, store: Store, hub: Talk) -> None:
        self.store, self.hub = store, hub

    def pull(self, told: Values) -> int:
        """Take every page there is of a stream the hello told of, and return how many lines came."""
        stream, taken = told["stream"], 0
        self._compare(self.store.place(stream), told)
        while (reply := self.ask(stream, self.store.place(stream))).status != 204:
            taken += self.take_page(stream, reply.body)
        return taken

    def ask(self, stream: str, after: Place | None, *, most: int = _MOST_CHANGES) -> Reply:
        """Ask for the page of a stream after a place."""
        asked = {"max_changes": most, "max_bytes": _MOST_BYTES} | ({"cursor": cursor(after)} if after else {})
        return self.hub.get(f"{API}/streams/{stream}/changes?{urlencode(asked)}")

    def _compare(self, place: Place | None, told: Values) -> None:
        # A hub that stands behind what it has shown, or tells another story of it, is believed in nothing more.
        if told.get("head"):
            head = formats.opened(told["head"].encode(), "checkpoint", trust.hub_keys(self.store))
            if any(head[name] != told[name] for name in ("stream", "epoch", "log_id", "n", "chain")):
                raise RefusedError("wrong_stream", "a head of something else")
        if place is None or told["epoch"] > place.epoch:
            return
        if told["epoch"] < place.epoch or (told["n"] < place.n and told["log_id"] == place.log_id):
            raise RefusedError("rewound", place.stream)
        if told["log_id"] != place.log_id or (told["n"] == place.n and told["chain"] != place.chain.hex()):
            raise RefusedError("forked", place.stream)

    def take_page(self, stream: str, body: bytes) -> int:
        """Take a page whole or not at all, by whatever way it came; lines that are held are compared (§13.4)."""
        *lines, sealed = body.removesuffix(b"\n").split(b"\n")
        head = self._head(sealed)
        lines = self._news(stream, lines, head)
        after = judged(begun(self.store.place(stream), stream, head), lines, head)
        first = after.n - len(lines) + 1
        with self.store.together():
            for number, line in enumerate(lines, start=first):
                self.store.add(replace(after, n=number), line)
            self.store.move(after, seal=sealed)
        return len(lines)

    def _news(self, stream: str, lines: list[bytes], head: Values) -> list[bytes]:
        place = self.store.place(stream)
        if place is None or head["epoch"] != place.epoch:
            return lines
        before = max(0, place.n - (head["n"] - len(lines)))
        held = self.store.lines(stream, epoch=place.epoch, after=place.n - before)
        if any(formats.hash_of(ours) != formats.hash_of(theirs) for ours, theirs in zip(held, lines, strict=False)):
            raise RefusedError("forked", stream)
        return lines[before:]

    def _head(self, sealed: bytes) -> Values:
        # What another wrote ends in the hub's receipt, what the hub wrote in its checkpoint.
        keys = trust.hub_keys(self.store)
        try:
            head = formats.opened(sealed, "checkpoint", keys)
        except RefusedError as error:
            if error.code != "wrong_kind":
                raise
            head = formats.opened(sealed, "receipt", keys)
        trust.check_life(self.store, sealed, head)
        return head

    def files(self) -> dict[str, int]:
        """The digests and sizes of the files that records name."""
        found = {}
        for each in self.store.every_change():
            values = each["d"]
            if {"sha256", "size", "media_type"} <= values.keys():
                found[values["sha256"]] = values["size"]
        return found

    def fetch(self, digest: str, size: int, *, folder: Path, piece: int = 65_536) -> Path:
        """Fetch a file by pieces, going on from what is here already; only the right one is kept (§11.7)."""
        part, whole = folder / f"{digest}.part", folder / digest
        while not whole.exists():
            have = part.stat().st_size if part.exists() else 0
            end = min(have + piece, size) - 1
            reply = self.hub.get(f"{API}/blobs/{digest}", Range=f"bytes={have}-{end}", Accept_Encoding="identity")
            told = {"sha256": digest, "size": size}
            self.take_piece(told, reply.body, have if reply.status == 206 else 0, folder=folder)
        return whole

    def take_piece(self, told: Values, content: bytes, start: int, *, folder: Path) -> None:
        """Keep bytes of a file where they belong; when they are the last, they must give its digest."""
        part, whole = folder / f"{told['sha256']}.part", folder / str(told["sha256"])
        have = part.stat().st_size if part.exists() else 0
        if whole.exists() or not start <= have < start + len(content):
            return
        with part.open("ab") as file:
            file.write(content[have - start :])
        if part.stat().st_size < told["size"]:
            return
        if hashlib.sha256(part.read_bytes()).hexdigest() != told["sha256"]:
            part.unlink()
            raise RefusedError("wrong_file")
        part.rename(whole)


def cursor(place: Place) -> str:
    """Return the cursor of a place (§6)."""
    values = {"c": place.chain.hex()[:16], "e": place.epoch, "n": place.n, "s": place.stream}
    return formats.to_text(formats.encode(values))


def begun(place: Place | None, stream: str, head: Values) -> Place:
    """Return the place a page is to be judged from: where one stands, or the beginning of an epoch after it."""
    epoch, log_id = head["epoch"], head["log_id"]
    if place is None:
        if epoch != 1:
            raise RefusedError("expired", "the first page is not of the first epoch")
        return Place(stream, epoch, log_id, 0, formats.chain_0(stream, epoch, log_id))
    if epoch == place.epoch + 1:
        return Place(stream, epoch, log_id, 0, formats.chain_0(stream, epoch, log_id, place.chain.hex()))
    return place


def judged(place: Place, lines: Sequence[bytes], head: Values) -> Place:
    """Return the place after a page, once everything of §7.1 holds."""
    if head["stream"] != place.stream:
        raise RefusedError("wrong_stream")
    if head["epoch"] != place.epoch:
        raise RefusedError("stale_epoch" if head["epoch"] < place.epoch else "unknown_epoch")
    if head["log_id"] != place.log_id:
        raise RefusedError("forked")
    if head["n"] < place.n:
        raise RefusedError("rewound")
    if len(lines) > _MOST_CHANGES or sum(len(line) + 1 for line in lines) > _MOST_BYTES:
        raise RefusedError("page_too_large")
    read = [_read(line) for line in lines]
    if any(number not in (n, None) for n, (number, _, _) in enumerate(read, start=place.n + 1)):
        raise RefusedError("gap")
    reach = place.n + len(lines)
    if reach != head["n"]:
        raise RefusedError("truncated" if reach < head["n"] else "bad_chain")
    chain = place.chain
    for line in lines:
        chain = formats.next_chain(chain, line)
    if chain.hex() != head["chain"]:
        raise RefusedError("bad_chain")
    _check_transactions([each for each in read if each[0] is not None], place.n + 1)
    return replace(place, n=reach, chain=chain)


def _read(line: bytes) -> tuple[int | None, int, bool]:
    # The number, the first line of the transaction, and whether it ends here; nothing of a line that cannot be read.
    try:
        values = formats.decode(line)
        return values["n"], values["x"], "e" in values
    except (RefusedError, KeyError):
        return None, 0, False


def _check_transactions(read: Sequence[tuple[int | None, int, bool]], first: int) -> None:
    begins = first
    for number, begun_at, ends in read:
        if begun_at != begins:
            raise RefusedError("bad_transaction")
        begins = (number or 0) + 1 if ends else begins
    if read and not read[-1][2]:
        raise RefusedError("not_transaction_end")
