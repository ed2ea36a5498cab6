"""Writes the protocol's test vectors into vectors.json and into the last section of docs/federation.md.

Run `python tests/federation/make_vectors.py` after a deliberate change of the protocol; the tests compare both files.
"""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from sri_admin.federation.chain import extend, genesis, line_hash
from sri_admin.federation.checkpoint import Checkpoint, Receipt, seal, to_base64url
from sri_admin.federation.cursor import Cursor, encode_cursor
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import Change, Header, encode_change, encode_header, erased_form
from sri_admin.federation.root import Root, root_fingerprint, root_payload, sign_root
from sri_admin.federation.rotation_papers import sign_rotation
from sri_admin.federation.snapshots import manifest
from sri_admin.federation.snapshots.manifest import Manifest
from sri_admin.kernel.signing import SigningKey, fingerprint

HERE = Path(__file__).parent
VECTORS = HERE / "vectors.json"
DOCUMENT = HERE.parents[1] / "docs" / "federation.md"
HEADING = "## 18. Test vectors\n"

STREAM = "member.6f1c2b9e-3c52-4d4f-9d0a-0f6a5b1f2e01.ops"
LOG_ID = "0b8f6f2e-58b1-4c8a-9a53-6b1f0f5d7c11"
NODE = "3f0f8a52-7f2d-4a2b-8e64-94d8b6a5c201"
HUB = "a4c3e1d0-9b7f-4e58-8d21-5c6b7a8f9e02"
INCARNATION = "5e2d7c1b-0a9f-4b3e-9c8d-7f6e5d4c3b03"
AT = "2026-11-20T10:00:00Z"
MEETING = "018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978"

# The example key of RFC 7517, appendix A.1.
AUTH_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}

REFUSED: list[tuple[str, bytes, str]] = [
    ("a byte that is not UTF-8", b'{"a":"\xff"}', "bad_utf8"),
    ("a surrogate written as UTF-8", b'{"a":"\xed\xa0\x80"}', "bad_utf8"),
    ("half of a surrogate pair as an escape", b'{"a":"\\ud800"}', "surrogate"),
    ("U+0000 as an escape", b'{"a":"\\u0000"}', "nul"),
    ("U+0000 as a byte", b'{"a":"\x00"}', "bad_json"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "bad_json"),
    ("the same key twice", b'{"a":1,"a":1}', "duplicate_key"),
    ("the same key twice, once escaped", b'{"a":1,"\\u0061":2}', "duplicate_key"),
    ("a fraction", b'{"a":1.0}', "float"),
    ("an exponent", b'{"a":1e400}', "float"),
    ("NaN", b'{"a":NaN}', "number_range"),
    ("Infinity", b'{"a":-Infinity}', "number_range"),
    ("an integer of 2^53", b'{"a":9007199254740992}', "number_range"),
    ("minus zero", b'{"a":-0}', "number_range"),
    ("a leading zero", b'{"a":01}', "bad_json"),
    ("an array at the top", b"[]", "not_object"),
    ("text after the object", b"{} {}", "trailing"),
    ("a space after the object", b"{} ", "trailing"),
    ("a line break inside", b'{"a":\n1}', "line_break"),
    ("33 levels", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "depth"),
    ("nothing", b"", "bad_json"),
]


def build() -> dict[str, Any]:
    """Return all vectors; everything in them follows from the seeds and texts of this file."""
    writer, hub = SigningKey.from_seed(bytes(range(32))), SigningKey.from_seed(bytes(range(32, 64)))
    chain_0 = genesis(STREAM, 1, log_id=LOG_ID, base=None)
    changes, chain = _lines(chain_0)
    checkpoint = Checkpoint(STREAM, 1, LOG_ID, len(changes), chain, AT, NODE, INCARNATION)
    receipt = Receipt(STREAM, 1, LOG_ID, len(changes), chain, AT, HUB, INCARNATION, peer=NODE, quarantined=(2,))
    header = Header(STREAM, 1, 1, len(changes), chain_0, NODE, INCARNATION)
    first = changes[0]["line"].encode()
    return {
        "keys": [_key("writer", bytes(range(32))), _key("hub", bytes(range(32, 64)))],
        "genesis": [
            {"stream": STREAM, "epoch": 1, "log_id": LOG_ID, "base": "", "chain_0": chain_0.hex()},
            {
                "stream": STREAM,
                "epoch": 2,
                "log_id": LOG_ID,
                "base": chain.hex(),
                "chain_0": genesis(STREAM, 2, log_id=LOG_ID, base=chain).hex(),
            },
        ],
        "changes": changes,
        "erased": {"n": 1, "line": erased_form(first).decode(), "h": line_hash(first).hex()},
        "header": encode_header(header).decode(),
        "checkpoint": seal(checkpoint, writer).decode(),
        "receipt": seal(receipt, hub).decode(),
        "snapshot": _snapshot(changes, chain, writer),
        "cursor": encode_cursor(Cursor(STREAM, 1, len(changes), chain)),
        "rotation": _rotation(writer),
        "root": _root(hub, writer),
        "refused": [{"what": what, "hex": raw.hex(), "code": code} for what, raw, code in REFUSED],
    }


def _lines(chain: bytes) -> tuple[list[dict[str, Any]], bytes]:
    place = {"kind": "meetings.meeting", "id": MEETING, "v": 1, "x": 1, "at": AT, "by": "acc_7m2k9x4p1q"}
    changes = [
        Change(n=1, rev=1, op="put", e=False, d={"name": "Café “Zürich”", "seats": 12, "open": True}, **place),
        Change(n=2, rev=2, op="put", e=True, d={"name": "会议 😀 / tab\t", "seats": None, "open": False}, **place),
        Change(n=3, rev=3, op="del", e=True, d={"reason": "closed"}, **{**place, "x": 3}),
    ]
    vectors: list[dict[str, Any]] = []
    for change in changes:
        raw = encode_change(change)
        chain = extend(chain, line_hash(raw))
        vectors.append({"line": raw.decode(), "h": line_hash(raw).hex(), "chain": chain.hex()})
    return vectors, chain


def _snapshot(changes: list[dict[str, Any]], chain: bytes, key: SigningKey) -> dict[str, str]:
    # The last change took the place of the two before it.
    place, raw = Place(1, len(changes)), changes[-1]["line"].encode()
    before = manifest.seed(STREAM, place)
    digest = manifest.add(before, [(place, line_hash(raw))])
    made = Manifest(STREAM, 1, LOG_ID, place.n, chain, 1, digest, AT, NODE)
    page = manifest.write_page(made, [(place, raw)], before=before, after=digest, key=key)
    return {
        "before": before.hex(),
        "digest": digest.hex(),
        "manifest": manifest.seal(made, key).decode(),
        "page": page.decode(),
    }


def _key(name: str, seed: bytes) -> dict[str, str]:
    key = SigningKey.from_seed(seed).verify_key
    return {
        "name": name,
        "seed": seed.hex(),
        "public": to_base64url(key.raw),
        "kid": key.kid,
        "fingerprint": fingerprint(key),
    }


def _rotation(old: SigningKey) -> dict[str, str]:
    new = SigningKey.from_seed(bytes(range(64, 96)))
    document = sign_rotation(UUID(NODE), old=old, new=new, auth_key=AUTH_KEY)
    return {"old_kid": old.kid, "new_kid": new.kid, "document": document.decode()}


def _root(root_key: SigningKey, control_key: SigningKey) -> dict[str, str]:
    root = Root(1, 1, (root_key.verify_key,), (control_key.verify_key,), AT)
    payload = root_payload(root)
    return {"file": sign_root(payload, [root_key]).decode(), "fingerprint": root_fingerprint(payload)}


def chapter(vectors: dict[str, Any]) -> str:
    """Return the text of the document's section of vectors."""
    parts = [HEADING, "The same values stand in `tests/federation/vectors.json`, for programs to read."]
    for title, key in TITLES:
        parts.append(f"### {title}\n\n```json\n{json.dumps(vectors[key], ensure_ascii=False, indent=1)}\n```")
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


TITLES = [
    ("Keys (§5.1)", "keys"),
    ("chain_0 (§4.2)", "genesis"),
    ("Changes, their hashes and chain values, from the first chain_0 (§3.1, §4)", "changes"),
    ("The erased form of the first change (§3.3)", "erased"),
    ("The header of a batch of these changes (§3.4)", "header"),
    ("The writer's checkpoint (§5.2)", "checkpoint"),
    ("The hub's receipt (§5.4)", "receipt"),
    ("A snapshot of these changes, with its one page (§15.2, §15.3)", "snapshot"),
    ("The cursor after the third change (§6)", "cursor"),
    ("The writer's change of keys (§5.6)", "rotation"),
    ("A root file and the fingerprint that pins it (§8)", "root"),
    ("Lines the strict profile refuses, in hex (§2.2)", "refused"),
]


def main() -> None:
    """Write both files."""
    vectors = build()
    VECTORS.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(HEADING)
    _, following, after = rest.partition("\n## ")
    DOCUMENT.write_text(before + chapter(vectors) + following + after, encoding="utf-8")


if __name__ == "__main__":
    main()
