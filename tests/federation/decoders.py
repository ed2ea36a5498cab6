"""The protocol's decoders side by side: how each reads bytes, writes them again, and with which errors it may refuse.

They know the keys of the vectors, so that what is signed can be forged by somebody who holds the right key.
"""

import tempfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sri_admin.federation import packing
from sri_admin.federation.bundle import volumes
from sri_admin.federation.bundle.box import Box, BundleError
from sri_admin.federation.bundle.manifest import Manifest, read_manifest, seal_manifest
from sri_admin.federation.chain import genesis
from sri_admin.federation.checkpoint import Checkpoint, Receipt, SealError, open_sealed, seal
from sri_admin.federation.cursor import CursorError, decode_cursor, encode_cursor
from sri_admin.federation.enrolment_papers import (
    EnrolmentError,
    Request,
    hint_of,
    knows_code,
    open_request,
    sign_request,
)
from sri_admin.federation.enrolment_papers import key_of as code_key
from sri_admin.federation.limits import BATCH_BYTES
from sri_admin.federation.lines import (
    Erased,
    Header,
    LineError,
    ProtocolError,
    decode_entry,
    decode_header,
    encode,
    encode_change,
    encode_header,
    parse,
)
from sri_admin.federation.merge import Entry, Page, Position, Refused, StreamError, check_page, read_entries, split_page
from sri_admin.federation.root import Root, RootError, root_payload, sign_root, verify_root
from sri_admin.federation.rotation_papers import Rotation, RotationError, check_old, open_rotation, sign_rotation
from sri_admin.federation.snapshots import manifest as snapshots
from sri_admin.kernel.signing import SigningKey, VerifyKey
from tests.federation import make_vectors as vectors

PUBLISHED = vectors.build()
WRITER, HUB, NEXT = (SigningKey.from_seed(bytes(range(start, start + 32))) for start in (0, 32, 64))
READER, EPHEMERAL = (X25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
CODE = "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG"
START = Position(vectors.STREAM, 1, vectors.LOG_ID, 0, genesis(vectors.STREAM, 1, log_id=vectors.LOG_ID, base=None))


class Decoder(NamedTuple):
    """How bytes are read, how the same is written, and the errors with which it may be refused."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    refuses: tuple[type[ProtocolError], ...]


class Lines(NamedTuple):
    """A page or, with a header, a batch: as it was verified, the bytes of its lines, what its end says."""

    checked: Page
    raw: list[bytes]
    said: Checkpoint
    header: Header | None = None


class Bundle(NamedTuple):
    """A bundle of one volume: its manifest, its parts as they were unlocked, and unpacked."""

    manifest: Manifest
    parts: list[bytes]
    lines: list[bytes]


def key_of(kid: str, *_place: Any) -> VerifyKey | None:
    """Know the writer's key at every place."""
    return WRITER.verify_key if kid == WRITER.kid else None


def hubs_key(kid: str, *_place: Any) -> VerifyKey | None:
    """Know the hub's key at every place."""
    return HUB.verify_key if kid == HUB.kid else None


def write_entry(entry: Entry, raw: bytes) -> bytes:
    """Write a line from what it says; one that is set aside is kept as its bytes."""
    if isinstance(entry, Refused):
        return raw
    if isinstance(entry, Erased):
        end = {"e": 1} if entry.e else {}
        return encode({"k": "x", "n": entry.n, "h": entry.h.hex(), "x": entry.x, **end})
    return encode_change(entry)


def read_checkpoint(raw: bytes) -> Checkpoint:
    """Open a checkpoint; its moment is what a node reckons its freshness from."""
    said = open_sealed(raw, Checkpoint, key_of)
    datetime.fromisoformat(said.at)
    return said


def read_snapshot(raw: bytes) -> snapshots.Manifest:
    """Open the manifest of a snapshot of the vectors' stream."""
    return snapshots.open_manifest(raw, vectors.STREAM, key_of)


def read_root(raw: bytes) -> Root:
    """Verify a first root by the fingerprint of the vectors; its moment is shown on a page."""
    root = verify_root(raw, PUBLISHED["root"]["fingerprint"])
    datetime.fromisoformat(root.at)
    return root


def read_rotation(raw: bytes) -> Rotation:
    """Open a change of the writer's keys."""
    signed = open_rotation(raw)
    if signed.rotation.old_kid != WRITER.kid:
        raise RotationError("unknown_key", "not the writer's key")
    check_old(signed, WRITER.verify_key)
    return signed.rotation


def write_rotation(made: Rotation) -> bytes:
    """Sign the same change of keys again."""
    return sign_rotation(made.node, old=WRITER, new=NEXT, auth_key=made.auth_key)


def read_request(raw: bytes) -> Request:
    """Open a request to join with the one code that was given."""
    signed = open_request(raw)
    if signed.request.hint != hint_of(CODE) or not knows_code(signed, code_key(CODE)):
        raise EnrolmentError("bad_code", "not by the code that was given")
    return signed.request


def write_request(made: Request) -> bytes:
    """Sign the same request to join again."""
    return sign_request(
        CODE,
        node=made.node,
        incarnation=made.incarnation,
        key=NEXT,
        auth_key=made.auth_key,
        software=made.software,
        keeps=made.keeps,
    )


def own_request() -> bytes:
    """Return a request to join as it should be."""
    node, incarnation = UUID(vectors.NODE), UUID(vectors.INCARNATION)
    return sign_request(
        CODE, node=node, incarnation=incarnation, key=NEXT, auth_key=vectors.AUTH_KEY, software="other 1"
    )


def read_page(body: bytes) -> Lines:
    """Read a page from the stream's beginning."""
    raw, sealed = split_page(body)
    said = read_checkpoint(sealed)
    return Lines(check_page(raw, read_entries(raw), start=START, checkpoint=said), raw, said)


def read_batch(body: bytes) -> Lines:
    """Read a batch, from where its header says."""
    raw, sealed = split_page(body)
    header = decode_header(raw[0] if raw else b"")
    said = read_checkpoint(sealed)
    start = Position(header.stream, header.epoch, said.log_id, header.from_n - 1, header.base_chain)
    return Lines(check_page(raw[1:], read_entries(raw[1:]), start=start, checkpoint=said), raw[1:], said, header)


def write_lines(made: Lines) -> bytes:
    """Write a page or a batch from what it says."""
    entries = (write_entry(entry, raw) for entry, raw in zip(made.checked.entries, made.raw, strict=True))
    first = [encode_header(made.header)] if made.header else []
    return b"\n".join((*first, *entries, seal(made.said, WRITER))) + b"\n"


SNAPSHOT = read_snapshot(PUBLISHED["snapshot"]["manifest"].encode())
BEFORE = snapshots.seed(SNAPSHOT.stream, SNAPSHOT.place)


def read_snapshot_page(body: bytes) -> tuple[list[snapshots.Line], bytes]:
    """Read the first page of the vectors' snapshot."""
    return snapshots.read_page(body, SNAPSHOT, after=snapshots.START, before=BEFORE, resolve_key=key_of)


def write_snapshot_page(made: tuple[list[snapshots.Line], bytes]) -> bytes:
    """Write the page from what its lines say."""
    lines = [(each.place, write_entry(each.entry, each.raw)) for each in made[0]]
    return snapshots.write_page(SNAPSHOT, lines, before=BEFORE, after=made[1], key=WRITER)


def read_bundle(content: bytes) -> Bundle:
    """Read a file as the one volume of a bundle: checked whole, then unlocked and unpacked part by part."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "x")
        path.write_bytes(content)
        with volumes.Shelf([path]) as shelf:
            made = read_bundle_manifest(shelf.line)
            shelf.check(made, lambda _done, _whole: None)
            box = Box.of_reader(READER, ephemeral=made.ephemeral)
            parts = [box.open(number, locked) for number, locked in enumerate(shelf.parts(made))]
    lines = [
        packing.unpack(part, limit=told.size, coding=told.coding) for told, part in zip(made.parts, parts, strict=True)
    ]
    return Bundle(made, parts, lines)


def read_bundle_manifest(line: bytes) -> Manifest:
    """Read the manifest of a bundle; its moment is kept with the stick."""
    made = read_manifest(line).check(key_of)
    datetime.fromisoformat(made.at)
    return made


def write_bundle(made: Bundle) -> bytes:
    """Write the one volume of a bundle."""
    box = Box.for_reader(READER.public_key().public_bytes_raw(), ephemeral=EPHEMERAL)
    locked = BytesIO(b"".join(box.lock(number, part) for number, part in enumerate(made.parts)))
    line = seal_manifest(made.manifest, WRITER)
    with tempfile.TemporaryDirectory() as name:
        written = volumes.write_volumes(Path(name), "x", line, volumes=made.manifest.volumes, spool=locked)
        return written[0].read_bytes()


DECODERS: dict[str, Decoder] = {
    "line": Decoder(parse, encode, (LineError,)),
    "entry": Decoder(decode_entry, lambda made: write_entry(made, b""), (LineError,)),
    "header": Decoder(decode_header, encode_header, (LineError,)),
    "checkpoint": Decoder(read_checkpoint, lambda made: seal(made, WRITER), (SealError,)),
    "receipt": Decoder(lambda raw: open_sealed(raw, Receipt, hubs_key), lambda made: seal(made, HUB), (SealError,)),
    "snapshot": Decoder(read_snapshot, lambda made: snapshots.seal(made, WRITER), (SealError, StreamError)),
    "root": Decoder(read_root, lambda made: sign_root(root_payload(made), [HUB]), (RootError,)),
    "rotation": Decoder(read_rotation, write_rotation, (RotationError,)),
    "request": Decoder(read_request, write_request, (EnrolmentError,)),
    "cursor": Decoder(
        lambda raw: decode_cursor(raw.decode("latin-1")), lambda made: encode_cursor(made).encode(), (CursorError,)
    ),
    "page": Decoder(read_page, write_lines, (StreamError, SealError)),
    "batch": Decoder(read_batch, write_lines, (StreamError, SealError, LineError)),
    "snapshotpage": Decoder(read_snapshot_page, write_snapshot_page, (StreamError, SealError)),
    "packed": Decoder(
        lambda raw: packing.unpack(raw, limit=BATCH_BYTES, coding="gzip"), packing.pack, (packing.PackingError,)
    ),
    "manifest": Decoder(read_bundle_manifest, lambda made: seal_manifest(made, WRITER), (BundleError,)),
    "bundle": Decoder(read_bundle, write_bundle, (BundleError, packing.PackingError)),
}
