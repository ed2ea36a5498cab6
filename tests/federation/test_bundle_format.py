"""The pure half of bundles: whatever bytes come, they are refused with a code or are exactly what was written."""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sri_admin.federation.bundle.box import FRAME_BYTES, TAG_BYTES, Box, BundleError, locked_size
from sri_admin.federation.bundle.manifest import (
    MOST_INFLATION,
    Manifest,
    Part,
    Volume,
    read_manifest,
    seal_manifest,
)
from sri_admin.federation.bundle.volumes import Shelf, Splitter, write_volumes
from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.lines import encode, parse
from sri_admin.kernel.signing import SigningKey

READER, EPHEMERAL = (X25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
WRITER = SigningKey.from_seed(bytes(range(32)))
ID = "018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978"
MANIFEST = Manifest(
    id=ID,
    writer=ID,
    reader=ID,
    at="2026-11-25T10:00:00Z",
    hello={"node_id": ID},
    box="0" * 16,
    ephemeral=EPHEMERAL.public_key().public_bytes_raw(),
    parts=(Part("batch", "member.x.ops", 1, 2, "", 10, locked_size(10), "a" * 64),),
    volumes=(Volume(locked_size(10), "b" * 64),),
)
LINE = seal_manifest(MANIFEST, WRITER)
TO_READER = Box.for_reader(READER.public_key().public_bytes_raw(), ephemeral=EPHEMERAL)
AT_READER = Box.of_reader(READER, ephemeral=EPHEMERAL.public_key().public_bytes_raw())
SIZES = st.sampled_from([0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES])


@settings(deadline=None)
@given(SIZES, st.integers(0, 2000))
def test_what_is_locked_opens_for_its_reader_and_is_as_long_as_told(size: int, part: int) -> None:
    content = os.urandom(size)
    locked = TO_READER.lock(part, content)
    assert len(locked) == locked_size(size)
    assert AT_READER.open(part, locked) == content


@settings(deadline=None)
@given(SIZES, st.data())
def test_a_locked_part_that_was_changed_does_not_open(size: int, data: st.DataObject) -> None:
    locked = bytearray(TO_READER.lock(7, bytes(size)))
    locked[data.draw(st.integers(0, len(locked) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BundleError, match="bad_box"):
        AT_READER.open(7, bytes(locked))


FRAME = FRAME_BYTES + TAG_BYTES


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:FRAME],
        lambda whole: whole[FRAME:],
        lambda whole: whole[FRAME : 2 * FRAME] + whole[:FRAME] + whole[2 * FRAME :],
        lambda whole: whole + whole[-FRAME:],
        lambda _whole: b"",
    ],
    ids=["cut at a frame", "beginning cut", "frames exchanged", "last one twice", "nothing"],
)
def test_frames_cannot_be_left_out_or_moved(change: Callable[[bytes], bytes]) -> None:
    locked = TO_READER.lock(1, bytes(3 * FRAME_BYTES))
    with pytest.raises(BundleError, match="bad_box"):
        AT_READER.open(1, change(locked))


def test_a_part_opens_neither_under_another_number_nor_for_another_reader() -> None:
    locked = TO_READER.lock(1, b"x")
    other = Box.of_reader(X25519PrivateKey.generate(), ephemeral=EPHEMERAL.public_key().public_bytes_raw())
    for box, part in ((AT_READER, 2), (other, 1)):
        with pytest.raises(BundleError, match="bad_box"):
            box.open(part, locked)


def test_a_key_that_agrees_on_nothing_is_refused() -> None:
    with pytest.raises(BundleError, match="bad_box"):
        Box.for_reader(bytes(32), ephemeral=EPHEMERAL)


def test_a_manifest_comes_back_as_it_was_signed() -> None:
    assert read_manifest(LINE).check(lambda _kid: WRITER.verify_key) == MANIFEST


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_code(raw: bytes) -> None:
    with pytest.raises(BundleError):
        read_manifest(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(Manifest._fields)), JSON)
def test_any_value_in_any_field_is_refused_with_a_code_or_read(name: str, value: object) -> None:
    with suppress(BundleError):
        assert isinstance(read_manifest(_with(**{name: value})).manifest, Manifest)


@given(st.integers(0, len(LINE) - 1), st.integers(0, 7))
def test_no_bit_of_a_manifest_can_be_changed(at: int, bit: int) -> None:
    changed = LINE[:at] + bytes([LINE[at] ^ (1 << bit)]) + LINE[at + 1 :]
    with pytest.raises(BundleError):
        read_manifest(changed).check(lambda kid: WRITER.verify_key if kid == WRITER.kid else None)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"size": (MOST_INFLATION + 1) * 26, "stored": 26, "coding": "gzip"}, "too_inflated"),
        ({"size": 11}, "too_inflated"),
        ({"size": 9 * 1024 * 1024}, "bad_manifest"),
        ({"stored": 27}, "too_inflated"),
        ({"what": "folder"}, "bad_manifest"),
        ({"stream": "../../etc"}, "bad_manifest"),
        ({"from_n": -1}, "bad_manifest"),
        ({"name": "x"}, "bad_manifest"),
    ],
)
def test_a_part_that_cannot_be_is_refused(part: dict[str, object], code: str) -> None:
    parts = [{**MANIFEST.parts[0]._asdict(), **part}]
    with pytest.raises(BundleError) as raised:
        read_manifest(_with(parts=parts))
    assert raised.value.code == code


def test_volumes_that_do_not_hold_the_parts_are_refused() -> None:
    with pytest.raises(BundleError, match="bad_manifest"):
        read_manifest(_with(volumes=[{"size": 5, "sha256": "b" * 64}]))


def test_f53_a_path_has_nowhere_to_stand() -> None:
    assert not {"path", "name", "file"} & {*Manifest._fields, *Part._fields, *Volume._fields}


def test_a_newer_format_says_so() -> None:
    with pytest.raises(BundleError, match="newer_bundle"):
        read_manifest(_with(format=2))


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4), st.integers(5, 50))
def test_volumes_hold_what_was_put_in_whatever_their_size(contents: list[bytes], size: int) -> None:
    with _folder() as folder, (folder / "spool").open("w+b") as spool:
        splitter = Splitter(spool, size)
        for each in contents:
            splitter.add(each)
        volumes = splitter.volumes()
        files = write_volumes(folder, "x", LINE, volumes=volumes, spool=spool)
        parts = tuple(Part("batch", "a.b", 1, 1, "gzip", 0, len(each), _sha256(each)) for each in contents)
        with Shelf(reversed(files)) as shelf:
            made = MANIFEST._replace(parts=parts, volumes=volumes)
            shelf.check(made, lambda *_: None)
            assert list(shelf.parts(made)) == contents
    assert all(each.size <= size for each in volumes)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda rest: b"sri-bundle 1 1\n" + rest))
def test_any_file_is_refused_with_a_code(content: bytes) -> None:
    with _folder() as folder:
        (folder / "x").write_bytes(content)
        with pytest.raises(BundleError), Shelf([folder / "x"]) as shelf:
            read_manifest(shelf.line)


def _with(**changed: object) -> bytes:
    payload = parse(from_base64url(parse(LINE)["p"]))
    return encode({**parse(LINE), "p": to_base64url(json.dumps({**payload, **changed}).encode())})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_stick_may_be_pulled_out_once_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, list[str]]] = []

    def noted(handle: int) -> None:
        seen.append((str(Path(f"/proc/self/fd/{handle}").readlink()), [each.name for each in tmp_path.iterdir()]))

    monkeypatch.setattr(os, "fsync", noted)
    write_volumes(tmp_path, "s", b"{}", volumes=[Volume(7, "0" * 64)], spool=io.BytesIO(b"content"))
    assert seen[-1] == (str(tmp_path), ["s.sribundle"])
