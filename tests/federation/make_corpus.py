"""Writes the part of the corpus that follows from the vectors; what a search found stands beside it and is kept.

Run `python -m tests.federation.make_corpus` after a deliberate change of the protocol. A file is named after its
decoder, what it holds and its outcome: a code, `sound` when it is written back byte by byte, `loose` when it is taken
but spelled otherwise than we write it.
"""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

from sri_admin.federation import packing
from sri_admin.federation.box_keys import kid
from sri_admin.federation.bundle.box import Box, locked_size
from sri_admin.federation.bundle.manifest import Manifest, Part, Volume, seal_manifest
from sri_admin.federation.chain import extend_many, line_hash
from sri_admin.federation.checkpoint import Checkpoint, from_base64url, seal, to_base64url
from sri_admin.federation.limits import BATCH_BYTES, INTEGER_MAX
from sri_admin.federation.lines import Header, encode_header, parse
from sri_admin.federation.root import sign_root
from sri_admin.kernel.signing import SigningKey
from tests.federation import make_vectors as vectors
from tests.federation.decoders import BEFORE, EPHEMERAL, HUB, PUBLISHED, READER, START, WRITER, own_request

CORPUS = Path(__file__).with_name("corpus")
DEEP = b"[" * 400
CHANGES = [each["line"].encode() for each in PUBLISHED["changes"]]
ERASED = PUBLISHED["erased"]["line"].encode()


def with_fields(raw: bytes, **changed: Any) -> bytes:
    """Return a line with other values in its fields, written as anybody may write it."""
    return json.dumps({**json.loads(raw), **changed}, ensure_ascii=True, separators=(",", ":")).encode()


def signed(domain: str, value: Any, *, k: str = "s", key: SigningKey = WRITER) -> bytes:
    """Seal anything at all, with the writer's key if no other is given."""
    payload = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    signature = key.sign(f"sri-sync/1 {domain}", payload)
    sealed = {"k": k, "kid": key.kid, "p": to_base64url(payload), "sig": to_base64url(signature)}
    return json.dumps(sealed, separators=(",", ":")).encode()


def payload(sealed: bytes) -> dict[str, Any]:
    """Return what a sealed line says."""
    return parse(from_base64url(json.loads(sealed)["p"]))


def end_of(lines: list[bytes], **changed: Any) -> bytes:
    """Return a checkpoint after lines, honest but for what is changed."""
    chain = extend_many(START.chain, [line_hash(each) for each in lines])[-1] if lines else START.chain
    said = Checkpoint(
        vectors.STREAM, 1, vectors.LOG_ID, len(lines), chain, vectors.AT, vectors.NODE, vectors.INCARNATION
    )
    return seal(said._replace(**changed), WRITER)


def page(*lines: bytes, **changed: Any) -> bytes:
    """Return a page of lines, authentic whatever they are."""
    return b"\n".join((*lines, end_of(list(lines), **changed))) + b"\n"


def batch(*lines: bytes, **changed: Any) -> bytes:
    """Return a batch of lines under a header in which something is changed."""
    header = Header(vectors.STREAM, 1, 1, max(1, len(lines)), START.chain, vectors.NODE, vectors.INCARNATION)
    return encode_header(header._replace(**changed)) + b"\n" + page(*lines)


def profile_lines() -> dict[str, bytes]:
    """Return lines for the strict profile alone."""
    refused = {f"line-{what.replace(' ', '-').replace('^', '')}.{code}": raw for what, raw, code in vectors.REFUSED}
    return refused | {
        "line-nested-eight-hundred-times.depth": b'{"a":' + DEEP * 2 + b"]" * 800 + b"}",
        "line-nested-without-end.bad_json": b'{"a":' + DEEP,
        "line-nested-and-cut.bad_json": b'{"a":' + b"[" * 40,
        "line-objects-in-objects.depth": b'{"a":' * 40 + b"1" + b"}" * 40,
        "line-five-hundred-digits.number_range": b'{"a":' + b"9" * 500 + b"}",
        "line-the-two-halves-the-wrong-way-round.surrogate": b'{"a":"\\udc00\\ud800"}',
        "line-half-a-pair-in-a-key.surrogate": b'{"\\udfff":1}',
        "line-an-overlong-slash.bad_utf8": b'{"a":"\xc0\xaf"}',
        "line-a-lonely-quote.bad_json": b'"',
        "line-only-a-mark-of-order.bad_json": b"\xef\xbb\xbf",
        "line-in-utf-16.bad_utf8": '{"a":1}'.encode("utf-16"),
        "line-a-pair-as-escapes.loose": b'{"a":"\\ud83d\\ude00"}',
        "line-space-in-front.bad_json": b" {}",
        "line-spaces.loose": b'{ "b" : [ ] , "a" : { } }',
        "line-nothing-in-it.sound": b"{}",
    }


def stream_lines() -> dict[str, bytes]:
    """Return changes, erased forms and headers."""
    first, header = CHANGES[0], PUBLISHED["header"].encode()
    return {
        "entry-first.sound": first,
        "entry-removal.sound": CHANGES[2],
        "entry-erased.sound": ERASED,
        "entry-other-spelling.loose": with_fields(CHANGES[1]),
        "entry-list-for-an-operation.bad_field": with_fields(first, op=["put"]),
        "entry-flag-for-a-number.bad_field": with_fields(first, n=True),
        "entry-greatest-number.sound": first.replace(b'"n":1,', b'"n":%d,' % INTEGER_MAX),
        "entry-number-too-great.number_range": first.replace(b'"n":1,', b'"n":%d,' % (INTEGER_MAX + 1)),
        "entry-erased-hash-cut.bad_field": ERASED.replace(b'"h":"', b'"h":"0'),
        "header.sound": header,
        "header-ends-before-it-begins.bad_field": with_fields(header, from_n=9),
        "header-of-everything.sound": header.replace(b'"to_n":3', b'"to_n":%d' % INTEGER_MAX),
    }


def statements() -> dict[str, bytes]:
    """Return checkpoints, receipts and manifests of snapshots."""
    checkpoint, receipt = PUBLISHED["checkpoint"].encode(), PUBLISHED["receipt"].encode()
    snapshot = PUBLISHED["snapshot"]["manifest"].encode()
    said = payload(checkpoint)
    return {
        "checkpoint.sound": checkpoint,
        "checkpoint-padded.malformed": checkpoint.replace(b'","sig"', b'=","sig"'),
        "checkpoint-on-no-day.malformed": signed("checkpoint", {**said, "at": "2026-02-30T25:61:61Z"}),
        "checkpoint-in-no-year.malformed": signed("checkpoint", {**said, "at": "0000-01-01T00:00:00Z"}),
        "checkpoint-payload-nested-without-end.malformed": signed("checkpoint", b'{"a":' + DEEP),
        "checkpoint-of-a-list.malformed": signed("checkpoint", []),
        "checkpoint-kind-is-a-list.wrong_kind": signed("checkpoint", {**said, "kind": []}),
        "checkpoint-that-is-a-receipt.wrong_kind": receipt,
        "receipt.sound": receipt,
        "receipt-numbers-go-down.malformed": signed("receipt", {**payload(receipt), "parked": [3, 2]}, key=HUB),
        "receipt-numbers-are-a-text.malformed": signed("receipt", {**payload(receipt), "parked": "23"}, key=HUB),
        "snapshot.sound": snapshot,
        "snapshot-on-no-day.bad_snapshot": signed("snapshot", {**payload(snapshot), "at": "2026-13-01T00:00:00Z"}),
    }


def papers() -> dict[str, bytes]:
    """Return roots, changes of keys, requests to join and cursors."""
    root, rotation = PUBLISHED["root"]["file"].encode(), PUBLISHED["rotation"]["document"].encode()
    names = json.loads(root)["signatures"]
    on_no_day = json.dumps({**payload(root), "at": "2026-11-31T00:00:00Z"}).encode()
    return {
        "root.sound": root,
        "root-signed-twice-by-one.bad_root": with_fields(root, signatures=names * 2),
        "root-signatures-are-no-list.bad_root": with_fields(root, signatures=names[0]),
        "root-on-no-day.bad_root": sign_root(on_no_day, [HUB]),
        "rotation.sound": rotation,
        "rotation-by-one-key-twice.bad_signature": with_fields(rotation, by_new=json.loads(rotation)["by_old"]),
        "rotation-of-a-list.malformed": with_fields(rotation, p=to_base64url(b"[]")),
        "request.sound": own_request(),
        "request-with-another-proof.bad_code": with_fields(own_request(), proof="AAAA"),
        "request-of-nothing.malformed": b'{"p":"","proof":"","sig":""}',
        "cursor.sound": PUBLISHED["cursor"].encode(),
        "cursor-of-nothing.bad_cursor": b"",
        "cursor-not-ascii.bad_cursor": b"\xff\xfe",
        "cursor-nested.bad_cursor": to_base64url(DEEP[:300]).encode(),
    }


def pages() -> dict[str, bytes]:
    """Return pages and batches."""
    whole, hostile = page(*CHANGES), b'{"k":"c","n":2,"d":' + DEEP + b"}"
    return {
        "page.sound": whole,
        "page-erased.sound": page(ERASED, *CHANGES[1:], chain=end_chain()),
        "page-empty.sound": page(),
        "page-of-nothing.truncated": b"",
        "page-of-line-ends.malformed": b"\n\n\n\n",
        "page-cut-inside-a-line.truncated": whole[:100],
        "page-cut-after-a-line.malformed": CHANGES[0] + b"\n",
        "page-with-carriage-returns.bad_chain": whole.replace(b"\n", b"\r\n", 1),
        "page-with-a-mark-of-order.bad_chain": b"\xef\xbb\xbf" + whole,
        "page-that-promises-everything.truncated": page(*CHANGES, n=INTEGER_MAX),
        "page-with-a-hostile-line-set-aside.sound": page(CHANGES[0], hostile, CHANGES[2]),
        "page-of-hostile-lines-alone.sound": page(DEEP, b"\xff", b"", b"{}"),
        "page-line-twice.gap": page(CHANGES[0], CHANGES[0]),
        "page-inside-a-transaction.not_transaction_end": page(CHANGES[0]),
        "page-of-two-checkpoints.bad_chain": whole[:-1] + b"\n" + end_of(CHANGES) + b"\n",
        "batch.sound": batch(*CHANGES),
        "batch-without-header.bad_field": whole,
        "batch-of-nothing.truncated": b"",
        "batch-of-its-end-alone.bad_json": page(),
        "batch-from-far-away.rewound": batch(*CHANGES, from_n=INTEGER_MAX - 1, to_n=INTEGER_MAX),
        "batch-of-another-epoch.stale_epoch": batch(*CHANGES, epoch=INTEGER_MAX),
    }


def snapshot_pages() -> dict[str, bytes]:
    """Return pages of snapshots."""
    group = b'{"epoch":1,"k":"g","n":[3]}'
    said = payload(PUBLISHED["snapshot"]["page"].encode().splitlines()[-1])
    return {
        "snapshotpage.sound": PUBLISHED["snapshot"]["page"].encode(),
        "snapshotpage-names-lines-it-lacks.bad_snapshot": _snapshot(group[:-2] + b",4,5]}", CHANGES[2], said=said),
        "snapshotpage-groups-of-nothing.bad_snapshot": _snapshot(group.replace(b"3", b""), said=said),
        "snapshotpage-group-is-a-line.bad_snapshot": _snapshot(CHANGES[2], CHANGES[2], said=said),
        "snapshotpage-without-lines.no_progress": _snapshot(said=said),
        "snapshotpage-nested-without-end.bad_snapshot": _snapshot(b'{"k":"g","n":' + DEEP, said=said),
    }


def packed_bodies() -> dict[str, bytes]:
    """Return bodies as they come packed over the line."""
    whole = page(*CHANGES)
    return {
        "packed.loose": gzip.compress(whole, 1, mtime=1),
        "packed-cut.bad_gzip": packing.pack(whole)[:-9],
        "packed-twice.bad_gzip": packing.pack(b"{}\n") * 2,
        "packed-nothing.bad_gzip": b"",
        "packed-head-alone.bad_gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        "packed-with-a-name-without-end.bad_gzip": b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03" + b"a" * 300,
        "packed-wrong-sum.bad_gzip": packing.pack(b"{}\n")[:-8] + bytes(8),
        "packed-a-mebibyte-in-a-kibibyte.loose": gzip.compress(bytes(1_000_000), mtime=0),
        "packed-bomb.too_large": gzip.compress(bytes(BATCH_BYTES + 1), mtime=0),
    }


def end_chain() -> bytes:
    """Return the chain value after the vectors' changes."""
    return bytes.fromhex(PUBLISHED["changes"][-1]["chain"])


def _snapshot(*content: bytes, said: dict[str, Any]) -> bytes:
    return b"\n".join((*content, signed("snapshot-page", {**said, "before": BEFORE.hex()}))) + b"\n"


def bundle_manifest(**changed: Any) -> Manifest:
    """Return the manifest of a bundle with a batch, a page and a packed page, but for what is changed."""
    made = Manifest(
        id=vectors.MEETING,
        writer=vectors.NODE,
        reader=vectors.HUB,
        at=vectors.AT,
        hello={"node_id": vectors.NODE},
        box=kid(READER.public_key().public_bytes_raw()),
        ephemeral=EPHEMERAL.public_key().public_bytes_raw(),
        parts=(),
        volumes=(),
    )
    return made._replace(**changed)


def bundle(*contents: bytes, packed: bool = False, part: dict[str, Any] | None = None, **changed: Any) -> bytes:
    """Return a volume that holds contents as pages; something about its last part or its manifest may be changed."""
    box = Box.for_reader(READER.public_key().public_bytes_raw(), ephemeral=EPHEMERAL)
    inner = [packing.pack(each) if packed else each for each in contents]
    locked = [box.lock(number, each) for number, each in enumerate(inner)]
    coding = "gzip" if packed else ""
    parts = [
        Part("page", vectors.STREAM, 1, 3, coding, len(each), len(lock), hashlib.sha256(lock).hexdigest())
        for each, lock in zip(contents, locked, strict=True)
    ]
    if part:
        parts[-1] = parts[-1]._replace(**part)
    body = b"".join(locked)
    made = bundle_manifest(parts=tuple(parts), volumes=(Volume(len(body), hashlib.sha256(body).hexdigest()),))
    return b"sri-bundle 1 1\n" + seal_manifest(made._replace(**changed), WRITER) + b"\n" + body


def manifest_with(**changed: Any) -> bytes:
    """Return the signed manifest of a bundle with anything at all in a field."""
    value = payload(bundle(page(*CHANGES)).split(b"\n", 2)[1])
    return signed("bundle", {**value, **changed}, k="b")


def part_with(**changed: Any) -> bytes:
    """Return the signed manifest of a bundle with anything at all in its one part."""
    value = payload(bundle(page(*CHANGES)).split(b"\n", 2)[1])
    return manifest_with(parts=[{**value["parts"][0], **changed}])


def manifests() -> dict[str, bytes]:
    """Return manifests of bundles."""
    line = bundle(page(*CHANGES), batch(*CHANGES)).split(b"\n", 2)[1]
    return {
        "manifest.sound": line,
        "manifest-of-a-later-format.newer_bundle": manifest_with(format=2),
        "manifest-format-is-a-flag.bad_manifest": manifest_with(format=True),
        "manifest-kind-is-a-list.bad_manifest": part_with(what=[]),
        "manifest-coding-is-an-object.bad_manifest": part_with(coding={}),
        "manifest-on-no-day.bad_manifest": manifest_with(at="2026-02-30T10:00:00Z"),
        "manifest-stream-is-a-path.bad_manifest": part_with(stream="../../etc"),
        "manifest-of-everything.bad_manifest": part_with(size=INTEGER_MAX),
        "manifest-stored-is-everything.bad_manifest": part_with(stored=INTEGER_MAX),
        "manifest-volumes-of-everything.bad_manifest": manifest_with(
            volumes=[{"size": INTEGER_MAX, "sha256": "0" * 64}] * 2
        ),
        "manifest-without-volumes.bad_manifest": manifest_with(volumes=[], parts=[]),
        "manifest-roots-are-numbers.bad_manifest": manifest_with(roots=[1]),
        "manifest-key-too-short.bad_manifest": manifest_with(ephemeral="AAAA"),
        "manifest-65-fold.too_inflated": part_with(coding="gzip", size=65 * 26, stored=26),
        "manifest-nested-without-end.bad_manifest": signed("bundle", b'{"format":1,"hello":' + DEEP, k="b"),
        "manifest-of-a-stranger.unknown_key": line.replace(WRITER.kid.encode(), b"0" * 16),
    }


def volumes() -> dict[str, bytes]:
    """Return volumes of bundles that are wrong in front, or cut."""
    whole = bundle(page(*CHANGES), batch(*CHANGES))
    _first, line, body = whole.split(b"\n", 2)
    return {
        "bundle.sound": whole,
        "bundle-packed.sound": bundle(page(*CHANGES), packed=True),
        "bundle-empty-part.sound": bundle(b""),
        "bundle-of-nothing.not_a_bundle": b"",
        "bundle-first-line-alone.bad_manifest": b"sri-bundle 1 1\n",
        "bundle-volume-zero.not_a_bundle": b"sri-bundle 1 0\n" + line + b"\n" + body,
        "bundle-volume-without-end.not_a_bundle": b"sri-bundle 1 " + b"9" * 200 + b"\n",
        "bundle-volume-nobody-named.missing_volume": b"sri-bundle 1 2\n" + line + b"\n" + body,
        "bundle-of-a-later-format.newer_bundle": b"sri-bundle 999999 1\n" + line + b"\n" + body,
        "bundle-with-carriage-returns.not_a_bundle": whole.replace(b"\n", b"\r\n", 1),
        "bundle-with-a-mark-of-order.not_a_bundle": b"\xef\xbb\xbf" + whole,
        "bundle-cut.damaged_volume": whole[:-1],
        "bundle-cut-in-front.bad_manifest": whole[:200],
    }


def locked_parts() -> dict[str, bytes]:
    """Return volumes whose parts are not what their manifest says, by who signed it."""
    return {
        "bundle-frame-cut.bad_box": bundle_of_frames(lambda locked: locked[:20]),
        "bundle-frame-too-short-for-its-tag.bad_box": bundle_of_frames(lambda locked: locked[:5]),
        "bundle-frame-left-out.bad_box": bundle_of_frames(lambda _locked: b""),
        "bundle-frames-twice.bad_box": bundle_of_frames(lambda locked: locked * 2),
        "bundle-key-that-agrees-on-nothing.bad_box": bundle(b"x", ephemeral=bytes(32)),
        "bundle-part-grows.too_large": bundle(page(*CHANGES), packed=True, part={"size": 1}),
        "bundle-bomb.too_large": bundle(bytes(900_000), packed=True, part={"size": 50_000}),
        "bundle-part-of-another-digest.damaged_volume": bundle(page(*CHANGES), part={"sha256": "0" * 64}),
        "bundle-no-gzip-in-it.bad_gzip": bundle(
            b"plain text", part={"coding": "gzip", "stored": locked_size(10), "size": 10}
        ),
    }


def bundle_of_frames(change: Any) -> bytes:
    """Return a volume whose one locked part was changed before it was signed."""
    locked = change(Box.for_reader(READER.public_key().public_bytes_raw(), ephemeral=EPHEMERAL).lock(0, b"x" * 100))
    digest = hashlib.sha256(locked).hexdigest()
    part = Part("page", vectors.STREAM, 1, 3, "gzip", 0, len(locked), digest)
    made = bundle_manifest(parts=(part,), volumes=(Volume(len(locked), digest),))
    return b"sri-bundle 1 1\n" + seal_manifest(made, WRITER) + b"\n" + locked


MADE = {
    "lines": (profile_lines, stream_lines, statements, papers),
    "pages": (pages, snapshot_pages, packed_bodies),
    "bundles": (manifests, volumes, locked_parts),
}


def main() -> None:
    """Write all of it."""
    for folder, tables in MADE.items():
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for name, content in (each for table in tables for each in table().items()):
            (CORPUS / folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
