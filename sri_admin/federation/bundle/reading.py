"""Reading a bundle: refused before anything is opened unless all of it is right, then taken as the network's pages are.

A stick has no privilege the network does not give: its writer is who signed it, and each part must be one this writer
could have sent over the line now.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import sqlalchemy as sa
import structlog

from sri_admin.federation import (
    box_keys,
    contact,
    control,
    export,
    floors,
    hello,
    intake,
    joining,
    keys,
    roots,
    rotation,
)
from sri_admin.federation.bundle import attached
from sri_admin.federation.bundle.box import Box, BundleError
from sri_admin.federation.bundle.manifest import Manifest, Part, Sealed, read_manifest
from sri_admin.federation.bundle.volumes import Progress, Shelf
from sri_admin.federation.checkpoint import from_base64url
from sri_admin.federation.control import Access
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.merge import StreamError, read_page
from sri_admin.federation.models import NodeKey
from sri_admin.federation.outcome import Outcome, StreamOutcome
from sri_admin.federation.overview import TOLD
from sri_admin.federation.packing import unpack
from sri_admin.federation.recovery import incarnations, rejoining
from sri_admin.federation.schemas import HelloIn
from sri_admin.federation.snapshots import receiving
from sri_admin.federation.snapshots.receiving import Standing
from sri_admin.federation.stream_names import parse_name
from sri_admin.federation.tokens import reach_of
from sri_admin.kernel import installation, metrics, runtime, schema, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import InvalidError, RestoredError
from sri_admin.kernel.signing import VerifyKey

log = structlog.get_logger(__name__)
_FROM_HUB = frozenset({"page", "head", "file", "snapshot", "snapshot-page"})
_OF_MEMBER = frozenset({"page", "head", "receipt", "snapshot", "snapshot-page"})
_WHO_WRITES = "incarnation"


@dataclass(frozen=True)
class Taken:
    """What became of a bundle: who wrote it when, and what of it was new here."""

    id: str
    writer: UUID
    at: datetime
    more: bool
    outcome: Outcome = field(default_factory=Outcome)
    resumed: bool = False

    @property
    def changes(self) -> int:
        """Count the changes that were new here."""
        return self.outcome.pulled + self.outcome.pushed

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines."""
        said = {"bundle": self.id, "writer": str(self.writer), "changes": self.changes, "more": self.more}
        return {**said, "resumed": self.resumed, **self.outcome.to_dict()}


class Desk(Protocol):
    """One side's rules: who may have written, what may be in it, and how a part is taken."""

    def admit(self, sealed: Sealed) -> Manifest:
        """Return the manifest once its writer is known, trusted and may send each part."""
        ...

    def meet(self, line: bytes) -> None:
        """Take the first part, which says which incarnation of the node writes; refuse all of the bundle for it."""
        ...

    def take(self, part: Part, lines: bytes) -> int:
        """Take one part and return how many changes were new."""
        ...

    def note(self, taken: Taken, values: dict[str, Any]) -> bool:
        """Count it as a contact; say whether a restored installation is in use again by it."""
        ...


class Label(NamedTuple):
    """What one volume says of its bundle before anything is checked."""

    manifest: Manifest
    number: int


def label(path: Path) -> Label:
    """Read what a volume says of itself; BundleError if it is none."""
    with Shelf([path]) as shelf:
        return Label(read_manifest(shelf.line).manifest, shelf.numbers()[0])


def look(path: Path) -> None:
    """Refuse one volume as far as it can be judged without the others; opens its own transactions.

    BundleError, ProtocolError: for somebody else, from somebody it must not come from, or not as it was written.
    """
    with Shelf([path]) as shelf:
        _desk, manifest = _admitted(shelf)
        shelf.check_here(manifest, _unheard)


def read(paths: Iterable[Path], *, progress: Progress) -> Taken:
    """Take a bundle; opens its own transactions, one a page. BundleError, ProtocolError: nothing of it was taken."""
    with Shelf(paths) as shelf:
        desk, manifest = _admitted(shelf)
        # Every byte is gone through twice: once to see that all is as it was written, once to take it.
        shelf.check(manifest, lambda done, whole: progress(done, 2 * whole))
        taken = Taken(manifest.id, UUID(manifest.writer), datetime.fromisoformat(manifest.at), manifest.more)
        try:
            _take_all(desk, manifest, shelf, taken.outcome, progress)
        except RestoredError as error:
            raise BundleError("hub_restored", "this hub was restored and signs nothing before it goes on") from error
    taken = replace(taken, resumed=desk.note(taken, _said(manifest)))
    metrics.sync_changes.labels("in").inc(taken.changes)
    log.info("bundle", ok=taken.outcome.ok, reason=taken.outcome.code, changes=taken.changes)
    return taken


def _admitted(shelf: Shelf) -> tuple[Desk, Manifest]:
    desk: Desk = HubDesk() if runtime.current().is_hub else NodeDesk()
    sealed = read_manifest(shelf.line)
    if sealed.manifest.reader != str(installation.identity().id):
        raise BundleError("wrong_reader", "the bundle was written for another installation")
    return desk, desk.admit(sealed)


def _unheard(_done: int, _whole: int) -> None:
    pass


def _take_all(desk: Desk, manifest: Manifest, shelf: Shelf, outcome: Outcome, progress: Progress) -> None:
    box, streams = _box(manifest), dict[str, StreamOutcome]()
    done = whole = sum(each.stored for each in manifest.parts)
    for number, (part, locked) in enumerate(zip(manifest.parts, shelf.parts(manifest), strict=True)):
        done += part.stored
        progress(done, 2 * whole)
        access = Access.WRITE if part.what in {"batch", "receipt"} else Access.READ
        of_stream = streams.setdefault(part.stream, StreamOutcome(part.stream, access))
        if of_stream.code is not None:
            continue
        lines = unpack(box.open(number, locked), limit=part.size, coding=part.coding)
        if part.what == _WHO_WRITES:
            desk.meet(lines.strip())
        else:
            _take(desk, part, lines, outcome, of_stream)
    outcome.streams.extend(streams.values())
    stopped = outcome.stopped
    if stopped is not None:
        outcome.code, outcome.detail, outcome.stream = stopped.code, stopped.detail, stopped.stream


def _take(desk: Desk, part: Part, lines: bytes, outcome: Outcome, of_stream: StreamOutcome) -> None:
    try:
        if part.what == "file":
            outcome.files += attached.take(part.from_n, lines)
        else:
            of_stream.changes += desk.take(part, lines)
    except ProtocolError as error:
        of_stream.code, of_stream.detail = error.code, error.detail


def _box(manifest: Manifest) -> Box:
    key = box_keys.own_key()
    if manifest.box != box_keys.kid(key.public_key().public_bytes_raw()):
        raise BundleError("old_box", "the bundle was locked for a key this installation no longer has")
    return Box.of_reader(key, ephemeral=manifest.ephemeral)


def _said(manifest: Manifest) -> dict[str, Any]:
    try:
        values = schema.load(HelloIn, manifest.hello)
    except InvalidError as error:
        raise BundleError("bad_manifest", "what its writer says of itself cannot be read") from error
    if str(values["node_id"]) != manifest.writer:
        raise BundleError("bad_manifest", "its writer speaks in another's name")
    return values


def _begun(stream: str, sealed: bytes) -> Standing | None:
    try:
        return receiving.begin(stream, sealed, keys.receipt_key)
    except ProtocolError as error:
        if error.code != "rewound":
            raise
        return None  # an older stick, or the same once more


def _check_order(manifest: Manifest) -> bool:
    """Say whether the bundle begins with who writes; BundleError `denied` when that stands anywhere else."""
    places = [number for number, part in enumerate(manifest.parts) if part.what == _WHO_WRITES]
    if places not in ([], [0]) or (places and manifest.parts[0].stream != control.STREAM):
        raise BundleError("denied", "who writes is said first and once")
    return bool(places)


def _node(node_id: UUID) -> Node:
    with transaction.reading(tenancy.NOWHERE):
        found = db.session.get(Node, node_id)
        if found is None:
            raise BundleError("unknown_writer", "the bundle is from an installation that is not connected here")
        transaction.detach(found)
        return found


class HubDesk:
    """The hub reads what a node wrote: batches of the streams that are the node's now."""

    def admit(self, sealed: Sealed) -> Manifest:
        """Refuse who is unknown, withdrawn or copied, and any part the node could not push."""
        self.node = self._writer(sealed.manifest)
        with transaction.reading(reach_of(self.node)):
            manifest = sealed.check(self._key)
            values = _said(manifest)
            self.reads, self.incarnation = values["schemas"], values["incarnation"]
            hello.check_protocol(values["protocols"])
            allowed = control.access(self.node.id, self.node.member_id)
        announces, at = _check_order(manifest), datetime.fromisoformat(manifest.at)
        incarnations.admit_by_stick(self.node, self.incarnation, written_at=at, announces=announces)
        for part in manifest.parts:
            if part.what in {"rotation", _WHO_WRITES} and part.stream == control.STREAM:
                continue
            if part.what != "batch" or allowed.get(part.stream) is not Access.WRITE:
                raise BundleError("denied", f"{part.what} of {part.stream} is not this node's to send")
        return manifest

    def meet(self, line: bytes) -> None:
        """Take the word of an incarnation that is not known yet, as over the network: it goes on in new epochs."""
        if self.node.incarnation == self.incarnation:
            incarnations.hear_again(self.node, line)
            return
        incarnations.take(self.node, line, expected=self.incarnation)
        self.node = _node(self.node.id)

    def take(self, part: Part, lines: bytes) -> int:
        """Take a batch, or a change of keys; the answer goes back with the next bundle."""
        if part.what == "rotation":
            rotation.receive(lines)
            return 0
        with transaction.reading(reach_of(self.node)):
            floors.require(part.stream, self.reads)
        before = self._end(part.stream)
        intake.batch(part.stream, self.node.id, self.node.incarnation, lines)
        return self._end(part.stream) - before

    def note(self, taken: Taken, values: dict[str, Any]) -> bool:
        """Keep what the node said of itself, and where it stands."""
        told = hello.answer(self.node, values, reach_of(self.node))
        contact.note_node_by_stick(
            self.node.id,
            at=taken.at,
            software=values["software"],
            heads=hello.heads(values, told),
            positions=hello.positions(values),
            lacks=values["lacks"],
            schemas=values["schemas"],
            trouble=values["trouble"] if values["trouble"] in TOLD else None,
        )
        return False

    def _writer(self, manifest: Manifest) -> Node:
        node = _node(UUID(manifest.writer))
        if node.state is NodeState.REVOKED:
            raise BundleError("writer_withdrawn", "the keys of this node were withdrawn")
        return node

    def _key(self, kid: str) -> VerifyKey | None:
        found = db.session.scalar(sa.select(NodeKey).where(NodeKey.kid == kid, NodeKey.node_id == self.node.id))
        if found is not None and found.revoked:
            raise BundleError("writer_withdrawn", f"the key {kid} was withdrawn")
        return VerifyKey(from_base64url(found.public_key)) if found else None

    def _end(self, stream: str) -> int:
        with transaction.reading(reach_of(self.node)):
            return next(each.n for each in export.positions() if each.stream == stream)


class NodeDesk:
    """A node reads what its hub wrote: pages and heads of what it may read, receipts for what is its own."""

    def __init__(self) -> None:
        self._settled = self._admitted = self._more = False
        self._snapshots = dict[str, Standing | None]()

    def admit(self, sealed: Sealed) -> Manifest:
        """Refuse another hub's bundle, and any part that is not for this node's country."""
        row, own = joining.link(), installation.identity().tenant_id
        if row is None or not joining.is_in(row):
            raise ProtocolError("not_enrolled", "this installation is not connected to a hub yet")
        if sealed.manifest.writer != str(row.hub_id):
            raise BundleError("unknown_writer", "another installation wrote it than the hub this one belongs to")
        roots.follow(sealed.manifest.roots)
        manifest = sealed.check(keys.hub_key)
        self._more = manifest.more
        hello.check_protocol(_said(manifest)["protocols"], of_hub=True)
        for part in manifest.parts[_check_order(manifest) :]:
            cls, member_id = parse_name(part.stream)
            wanted = _OF_MEMBER if cls.by_member else _FROM_HUB
            if part.what not in wanted or member_id not in {None, own}:
                raise BundleError("denied", f"{part.what} of {part.stream} is not for this node")
        return manifest

    def meet(self, line: bytes) -> None:
        """Refuse what the hub wrote for another incarnation of this node, or before it had heard of this one."""
        rejoining.read_admission(line)
        self._admitted = True

    def take(self, part: Part, lines: bytes) -> int:
        """Take a page, a signed head or a receipt; new keys and grants stand before what they are needed for."""
        if part.stream != control.STREAM and not self._settled:
            self._settle()
        if part.what.startswith("snapshot"):
            return self._take_snapshot(part, lines)
        if part.what == "page" and parse_name(part.stream)[0].by_member:
            return rejoining.page(part.stream, lines)
        if part.what == "page":
            return intake.page(part.stream, read_page(lines), overlapping=True).changes
        if part.what == "head":
            self._take_head(part.stream, lines)
        else:
            rejoining.receipt(part.stream, lines)
        return 0

    def _settle(self) -> None:
        control.take_grants()
        rotation.settle()
        self._settled = True

    def _take_head(self, stream: str, sealed: bytes) -> None:
        try:
            intake.head(stream, sealed)
        except StreamError as error:
            if error.code != "gap" or not self._more:  # what leads to it comes with the next stick
                raise

    def _take_snapshot(self, part: Part, lines: bytes) -> int:
        if part.what == "snapshot":
            self._snapshots[part.stream] = _begun(part.stream, lines.strip())
        found = self._snapshots.get(part.stream)
        if found is None:
            return 0  # what it brings is here already
        new = part.what == "snapshot-page" and part.from_n == found.held + 1
        if new:
            found = self._snapshots[part.stream] = receiving.page(part.stream, lines, keys.receipt_key)
        if found.is_whole:
            receiving.finish(part.stream)
            self._snapshots[part.stream] = None
        return part.to_n - part.from_n + 1 if new else 0

    def note(self, taken: Taken, values: dict[str, Any]) -> bool:
        """Note when the hub was heard of last."""
        if not self._settled:
            self._settle()
        outcome = taken.outcome
        contact.note_hub_versions(values["schemas"], software=values["software"])
        contact.note_stick(taken.at, code=outcome.code, detail=outcome.detail, stream=outcome.stream)
        if self._admitted and any(each.code == "ahead" for each in outcome.streams):
            installation.renew(alone=True)
        return self._admitted and outcome.ok and not taken.more and rejoining.is_back() and rejoining.resume()
