"""The published test vectors are what the program does, and what the document shows."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from sri_admin.federation.chain import extend, genesis, line_hash
from sri_admin.federation.checkpoint import Checkpoint, Receipt, from_base64url, open_sealed
from sri_admin.federation.cursor import decode_cursor
from sri_admin.federation.lines import LineError, decode_change, decode_entry, decode_header, entry_hash, parse
from sri_admin.federation.root import verify_root
from sri_admin.federation.snapshots import manifest
from sri_admin.kernel.signing import SigningKey, VerifyKey, fingerprint

MAKER = runpy.run_path(str(Path(__file__).with_name("make_vectors.py")))
VECTORS: dict[str, Any] = json.loads(MAKER["VECTORS"].read_text(encoding="utf-8"))


def resolve(kid: str, stream: str, epoch: int, n: int) -> VerifyKey | None:
    """Know the keys of the vectors by the bytes published there."""
    keys = [VerifyKey(from_base64url(each["public"])) for each in VECTORS["keys"]]
    return next((key for key in keys if key.kid == kid), None)


def test_the_published_vectors_are_the_ones_made_today() -> None:
    assert MAKER["build"]() == VECTORS


def test_the_document_shows_the_same_vectors() -> None:
    assert MAKER["chapter"](VECTORS) in MAKER["DOCUMENT"].read_text(encoding="utf-8")


@pytest.mark.parametrize("key", VECTORS["keys"], ids=lambda key: key["name"])
def test_keys_kids_and_fingerprints_follow_from_the_seeds(key: dict[str, str]) -> None:
    public = SigningKey.from_seed(bytes.fromhex(key["seed"])).verify_key
    assert public == VerifyKey(from_base64url(key["public"]))
    assert (public.kid, fingerprint(public)) == (key["kid"], key["fingerprint"])


def test_the_lines_give_the_published_hashes_and_chain() -> None:
    origin = VECTORS["genesis"][0]
    chain = genesis(origin["stream"], origin["epoch"], log_id=origin["log_id"], base=None)
    assert chain.hex() == origin["chain_0"]
    for n, each in enumerate(VECTORS["changes"], 1):
        raw = each["line"].encode()
        chain = extend(chain, line_hash(raw))
        assert (decode_change(raw).n, line_hash(raw).hex(), chain.hex()) == (n, each["h"], each["chain"])


def test_the_erased_form_stands_for_the_first_line() -> None:
    raw = VECTORS["erased"]["line"].encode()
    assert entry_hash(raw, decode_entry(raw)).hex() == VECTORS["changes"][0]["h"]


def test_the_sealed_statements_open_and_agree_with_the_header() -> None:
    checkpoint = open_sealed(VECTORS["checkpoint"].encode(), Checkpoint, resolve)
    receipt = open_sealed(VECTORS["receipt"].encode(), Receipt, resolve)
    header = decode_header(VECTORS["header"].encode())
    assert (checkpoint.n, checkpoint.chain) == (receipt.n, receipt.chain)
    assert (header.to_n, header.base_chain.hex()) == (checkpoint.n, VECTORS["genesis"][0]["chain_0"])
    assert decode_cursor(VECTORS["cursor"]).prefix == checkpoint.chain[:8]


def test_the_snapshot_opens_and_its_page_gives_the_digest() -> None:
    told = VECTORS["snapshot"]
    made = manifest.open_manifest(told["manifest"].encode(), VECTORS["genesis"][0]["stream"], resolve)
    before = manifest.seed(made.stream, made.place)
    lines, total = manifest.read_page(
        told["page"].encode(), made, after=manifest.START, before=before, resolve_key=resolve
    )
    assert (before.hex(), total, total.hex()) == (told["before"], made.digest, told["digest"])
    assert [each.raw.decode() for each in lines] == [VECTORS["changes"][-1]["line"]]


def test_the_root_file_is_the_one_the_fingerprint_names() -> None:
    assert verify_root(VECTORS["root"]["file"].encode(), VECTORS["root"]["fingerprint"]).version == 1


@pytest.mark.parametrize("each", VECTORS["refused"], ids=lambda each: each["what"])
def test_the_profile_refuses_with_the_published_code(each: dict[str, str]) -> None:
    with pytest.raises(LineError) as refused:
        parse(bytes.fromhex(each["hex"]))
    assert refused.value.code == each["code"]
