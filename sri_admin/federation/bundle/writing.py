"""Writing a bundle: what would go over the network now, page by page into locked parts, then signed."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sri_admin.federation import (
    box_keys,
    contact,
    control,
    exchange,
    export,
    files,
    hello,
    intake,
    joining,
    keyring,
    keys,
    limits,
)
from sri_admin.federation import streams as streams_here
from sri_admin.federation.bundle import attached
from sri_admin.federation.bundle.box import Box, BundleError
from sri_admin.federation.bundle.manifest import (
    GZIP,
    MOST_INFLATION,
    MOST_PARTS,
    PLAIN,
    Manifest,
    Part,
    seal_manifest,
)
from sri_admin.federation.bundle.volumes import MOST_CONTENT, Progress, Splitter, write_volumes
from sri_admin.federation.control import Access
from sri_admin.federation.cursor import Cursor, decode_cursor
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.merge import PeerPosition, PeerStatus
from sri_admin.federation.packing import pack
from sri_admin.federation.recovery import incarnations, rejoining
from sri_admin.federation.snapshots import giving
from sri_admin.federation.snapshots import manifest as snapshots
from sri_admin.federation.tokens import reach_of
from sri_admin.kernel import clock, ids, installation, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant

_KEPT_FOR_STATEMENTS = 200
_OF_LINES = frozenset({"page", "batch", "snapshot-page"})


class Piece(NamedTuple):
    """One part before it is locked."""

    what: str
    stream: str
    from_n: int
    to_n: int
    body: bytes

    @property
    def changes(self) -> int:
        """Count the changes in it."""
        return self.to_n - self.from_n + 1 if self.what in _OF_LINES else 0


@dataclass
class Draft:
    """What is being written: for whom, how much room the manifest has left, and which streams could not go along."""

    reader: UUID
    public: bytes
    name: str
    whole: int = 0
    room: int = MOST_PARTS - _KEPT_FOR_STATEMENTS
    more: bool = False
    carried: int = 0
    troubles: dict[str, str] = field(default_factory=dict)
    roots: tuple[bytes, ...] = ()

    def has_room(self) -> bool:
        """Take one page's place in the manifest; when there is none the rest waits for the next bundle."""
        self.room -= 1
        self.more = self.more or self.room < 0
        return self.room >= 0


class Written(NamedTuple):
    """A bundle that was written: its volumes, its changes and files of records, and what stayed behind and why."""

    id: str
    files: list[Path]
    changes: int
    more: bool
    troubles: Mapping[str, str]
    carried: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "bundle": self.id,
            "files": [str(each) for each in self.files],
            "changes": self.changes,
            "more": self.more,
            "carried": self.carried,
            "troubles": dict(self.troubles),
        }


def for_hub(folder: Path, *, volume_bytes: int = MOST_CONTENT, progress: Progress) -> Written:
    """Write, at a node, everything of its own the hub has not receipted, and where it stands in everything else.

    After a restore it only says which incarnation it is: what it may write is seen from the answer.
    """
    row = joining.link()
    if row is None or row.hub_id is None or not joining.is_in(row):
        raise ProtocolError("not_enrolled", "this installation is not connected to a hub yet")
    with transaction.reading(joining.reach()):
        draft = Draft(row.hub_id, _public_key(row.hub_id), "hub")
        own = [each for each in streams_here.here() if each.own] if _is_in_use() else []
        begins = {each.name: each.peer_n for each in own if not each.trouble}
        draft.troubles.update({each.name: each.trouble for each in own if each.trouble})
        draft.whole = sum(each.n - each.peer_n for each in own if each.name in begins)
        announced = Piece("incarnation", control.STREAM, 0, 0, rejoining.announcement() + b"\n")
    pieces = chain([announced], _batches(draft, begins), _rotation(draft))
    return _write(draft, pieces, folder, volume_bytes=volume_bytes, progress=progress)


def _is_in_use() -> bool:
    return installation.standing() is installation.Standing.IN_USE


def for_node(node: Node, folder: Path, *, volume_bytes: int = MOST_CONTENT, progress: Progress) -> Written:
    """Write, at the hub, everything a node may read after where it last said it stands, and the receipts for it."""
    if node.state is not NodeState.ACTIVE:
        raise ProtocolError("revoked" if node.state is NodeState.REVOKED else "duplicate_writer", "nothing travels")
    told = contact.of_nodes().get(node.id)
    stands = {name: Cursor(name, each["epoch"], each["n"], bytes.fromhex(each["chain"])) for name, each in _told(told)}
    with transaction.reading(reach_of(node)):
        draft = Draft(node.id, _public_key(node.id), _code(node.member_id), roots=tuple(keys.root_files()))
        allowed = control.access(node.id, node.member_id)
        ends = {each.stream: each.n for each in export.positions()}
    allowed = {name: each for name, each in allowed.items() if name in ends}
    draft.whole = sum(
        max(0, ends[name] - (stands[name].n if name in stands else 0))
        for name, each in allowed.items()
        if each is Access.READ
    )
    lacks = told.lacks if told is not None else []
    admitted = Piece("incarnation", control.STREAM, 0, 0, rejoining.admission(node.id, node.incarnation) + b"\n")
    pieces = chain([admitted], _for_node(draft, node, allowed, stands), _files(draft, node, allowed, stands, lacks))
    return _write(draft, pieces, folder, volume_bytes=volume_bytes, progress=progress)


def _told(told: Any) -> list[tuple[str, dict[str, Any]]]:
    return list((told.positions or {}).items()) if told is not None else []


def _public_key(holder: UUID) -> bytes:
    public = box_keys.public_of(holder)
    if public is None:
        raise BundleError("no_box_key", "the key that locks for the other side is not known here yet")
    return public


def _code(member_id: UUID) -> str:
    return db.session.get_one(Tenant, member_id).code


def _batches(draft: Draft, begins: Mapping[str, int]) -> Iterator[Piece]:
    for name in sorted(begins):
        held = begins[name]
        while draft.has_room():
            with transaction.reading(joining.reach()):
                batch = export.batch(name, held)
            if batch is None:
                break
            yield Piece("batch", name, held + 1, batch.end, batch.body)
            held = batch.end


def _rotation(draft: Draft) -> Iterator[Piece]:
    # After the batches: these are signed with the key the hub ends when it reads the document.
    pair = keyring.waiting()
    if pair is not None and draft.has_room():
        yield Piece("rotation", control.STREAM, 0, 0, pair.statement)


def _for_node(draft: Draft, node: Node, allowed: Mapping[str, Access], stands: Mapping[str, Cursor]) -> Iterator[Piece]:
    for name in exchange.in_order(allowed):
        written = allowed[name] is Access.WRITE
        try:
            after = _place_to_refill(node, name, stands.get(name)) if written else stands.get(name)
            if after is not None or not written:
                yield from _pages(draft, node, name, after)
        except ProtocolError as error:
            draft.troubles[name] = error.code
        yield from _receipt(node, name) if written else _head(node, name)


def _place_to_refill(node: Node, name: str, told: Cursor | None) -> Cursor | None:
    """Return from where a log is read by its own writer, who was restored and stands in an epoch before the present."""
    with transaction.reading(reach_of(node)):
        row = streams_here.by_name(name)
        if told is None or told.epoch >= row.epoch:
            return None
        for each in (told, *incarnations.places_of(node, name)):
            status = export.judge(row, PeerPosition(each.epoch, each.n, each.prefix))
            if status in {PeerStatus.BEHIND, PeerStatus.EXPIRED}:
                return each
    raise ProtocolError("forked", "no place the node named is shared")


def _pages(draft: Draft, node: Node, name: str, after: Cursor | None) -> Iterator[Piece]:
    try:
        yield from _lines(draft, node, name, after)
    except ProtocolError as error:
        if error.code != "expired":
            raise
        # Nothing was written of it yet: only where the reader stands can be too long ago.
        with transaction.reading(reach_of(node)):
            sealed = giving.offer(name)
        made = snapshots.read_kept(sealed)
        yield from _snapshot(draft, node, sealed, made)
        yield from _lines(draft, node, name, Cursor(name, made.epoch, made.n, made.chain))


def _snapshot(draft: Draft, node: Node, sealed: bytes, made: snapshots.Manifest) -> Iterator[Piece]:
    place, total, held = snapshots.START, snapshots.seed(made.stream, made.place), 0
    if draft.has_room():
        yield Piece("snapshot", made.stream, made.n, made.n, sealed + b"\n")
    while held < made.records and draft.has_room():
        with transaction.reading(reach_of(node)):
            page = giving.page(made.stream, digest=made.digest, after=place, before=total)
        yield Piece("snapshot-page", made.stream, held + 1, held + page.lines, page.body)
        place, total, held = page.place, page.total, held + page.lines


def _lines(draft: Draft, node: Node, name: str, after: Cursor | None) -> Iterator[Piece]:
    while draft.has_room():
        with transaction.reading(reach_of(node)):
            page = export.page(name, after, max_changes=limits.PAGE_CHANGES, max_bytes=limits.PAGE_BYTES)
        if page is None:
            return
        begins, after = (after.n if after else 0) + 1, decode_cursor(page.cursor)
        yield Piece("page", name, begins, after.n, page.body)


def _head(node: Node, name: str) -> Iterator[Piece]:
    with transaction.reading(reach_of(node)):
        row = streams_here.by_name(name)
        if not row.own or row.trouble:
            return
        found = Piece("head", name, row.n, row.n, export.head(name))
    yield found


def _receipt(node: Node, name: str) -> Iterator[Piece]:
    with transaction.reading(reach_of(node)):
        row = streams_here.by_name(name)
        sealed = None if row.own else intake.last_receipt(name)
        found = Piece("receipt", name, row.n, row.n, sealed) if sealed else None
    if found is not None:
        yield found


def _files(
    draft: Draft, node: Node, allowed: Mapping[str, Access], stands: Mapping[str, Cursor], lacks: Iterable[str]
) -> Iterator[Piece]:
    # What the node said it lacks, and what it learns of by this bundle; each only if a record it may read names it.
    readable, wanted = {name for name, each in allowed.items() if each is Access.READ}, set(lacks)
    with transaction.reading(reach_of(node)):
        for name in readable:
            after = stands.get(name)
            wanted |= files.named_after(name, after.epoch if after else 0, after.n if after else 0)
        found = {digest: files.named(digest, readable) for digest in wanted}
    entitled = [(each.size, digest, each.stream) for digest, each in found.items() if each is not None]
    for size, digest, stream in sorted(entitled):
        for cut in attached.cuts(digest, size):
            if not draft.has_room():
                return
            draft.carried += cut.stop == size
            yield Piece("file", stream, cut.start, cut.stop, cut.body)


def _write(draft: Draft, pieces: Iterator[Piece], folder: Path, *, volume_bytes: int, progress: Progress) -> Written:
    folder.mkdir(parents=True, exist_ok=True)
    ephemeral, parts, changes = X25519PrivateKey.generate(), list[Part](), 0
    box, bundle_id = Box.for_reader(draft.public, ephemeral=ephemeral), str(ids.new())
    with tempfile.TemporaryFile(dir=spool_folder()) as spool:
        splitter = Splitter(spool, min(volume_bytes, MOST_CONTENT))
        for number, piece in enumerate(pieces):
            part, locked = _locked(box, number, piece)
            parts.append(part)
            splitter.add(locked)
            changes += piece.changes
            progress(changes, max(changes, draft.whole))
        volumes = splitter.volumes()
        identity = installation.identity()
        made = Manifest(
            id=bundle_id,
            writer=str(identity.id),
            reader=str(draft.reader),
            at=clock.wire(clock.now()),
            hello=_hello(),
            box=box_keys.kid(draft.public),
            ephemeral=ephemeral.public_key().public_bytes_raw(),
            parts=tuple(parts),
            volumes=volumes,
            more=draft.more,
            roots=draft.roots,
        )
        name = f"sri-{draft.name.lower()}-{clock.today():%Y%m%d}-{bundle_id[-8:]}"
        paths = write_volumes(folder, name, seal_manifest(made, keys.own_key()), volumes=volumes, spool=spool)
    return Written(bundle_id, paths, changes, draft.more, draft.troubles, draft.carried)


def _locked(box: Box, number: int, piece: Piece) -> tuple[Part, bytes]:
    packed, coding = pack(piece.body), GZIP
    if len(piece.body) > MOST_INFLATION * len(packed):
        packed, coding = piece.body, PLAIN
    locked = box.lock(number, packed)
    digest = sha256(locked).hexdigest()
    part = Part(piece.what, piece.stream, piece.from_n, piece.to_n, coding, len(piece.body), len(locked), digest)
    return part, locked


def _hello() -> dict[str, Any]:
    identity = installation.identity()
    at_hub = runtime.current().is_hub
    with transaction.reading(tenancy.NOWHERE if at_hub else joining.reach()):
        stands = [] if at_hub else export.positions()
        lacks = [] if at_hub else files.digests_lacking()
    last = None if at_hub else contact.with_hub()
    return hello.ask(
        node_id=identity.id,
        incarnation=identity.incarnation,
        positions=stands,
        trouble=last.code if last else None,
        lacks=lacks,
    )


def spool_folder() -> Path:
    """Return the folder for what is only passing through."""
    folder = runtime.current().settings.installation.home / "spool"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
