"""A file is kept whole, under its content, privately; the same rules hold in a folder and in an S3 store."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sri_admin.kernel import blobs, clock, runtime, spool
from sri_admin.kernel.blob_folder import FolderStore
from sri_admin.kernel.blob_s3 import S3Store
from sri_admin.kernel.blob_store import Blob, BlobMissingError, NoRoomError, Store, StoreUnreachableError
from sri_admin.kernel.errors import ConfigurationError, TooLargeError
from sri_admin.kernel.runtime import Runtime
from sri_admin.kernel.settings import BlobSettings, from_values
from tests.make import room, s3

CONTENT = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    with s3.server() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "blobs")
    prefix = f"{tmp_path.name}/"
    return S3Store(s3.settings(request.getfixturevalue("s3_url"), prefix=prefix))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of files alone."""
    wiring = Runtime(settings=from_values({"installation": {"home": str(tmp_path)}}, base=tmp_path), parts=())
    monkeypatch.setattr(runtime, "current", lambda: wiring)
    return tmp_path


def pieces(content: bytes = CONTENT, size: int = 60_000) -> Iterator[bytes]:
    yield from (content[at : at + size] for at in range(0, len(content), size))


def taken(store: Store, folder: Path, content: bytes = CONTENT) -> Blob:
    path = folder / "whole"
    path.write_bytes(content)
    blob = Blob(hashlib.sha256(content).hexdigest(), len(content))
    store.take(path, blob)
    assert not path.exists()
    return blob


def test_what_was_taken_is_read_back_whole_or_by_any_range(store: Store, tmp_path: Path):
    blob = taken(store, tmp_path)
    assert (blob.sha256, store.size(DIGEST)) == (DIGEST, len(CONTENT))
    assert b"".join(store.read(DIGEST)) == CONTENT
    assert b"".join(store.read(DIGEST, 1000, 500_001)) == CONTENT[1000:500_001]
    assert b"".join(store.read(DIGEST, len(CONTENT) - 1)) == CONTENT[-1:]


def test_what_is_not_there_is_missing_and_removing_it_is_no_error(store: Store):
    assert store.size(DIGEST) is None
    with pytest.raises(BlobMissingError):
        next(store.read(DIGEST))
    store.remove(DIGEST)


def test_the_manifest_names_everything_in_order_with_size_and_age(store: Store, tmp_path: Path):
    kept = sorted(taken(store, tmp_path, content)[:2] for content in (b"one", b"two and", b"three and three"))
    found = list(store.manifest())
    assert [each[:2] for each in found] == kept
    assert all(each.stored_at and abs((clock.now() - each.stored_at).total_seconds()) < 60 for each in found)
    store.remove(kept[0][0])
    assert [each.sha256 for each in store.manifest()] == [sha256 for sha256, _size in kept[1:]]


def test_an_s3_store_that_is_gone_says_so_and_the_file_stays_in_the_spool(tmp_path: Path):
    gone = BlobSettings(
        store="s3", s3_endpoint="http://127.0.0.1:9", s3_bucket="sri", s3_access_key="a", s3_secret_key="b"
    )
    path = tmp_path / "whole"
    path.write_bytes(CONTENT)
    with pytest.raises(StoreUnreachableError):
        S3Store(gone).take(path, Blob(DIGEST, len(CONTENT)))
    assert path.read_bytes() == CONTENT


def test_a_put_file_is_private_named_by_its_content_and_leaves_no_trace_in_the_spool(home: Path):
    assert blobs.put(pieces(), limit=len(CONTENT))[:2] == (DIGEST, len(CONTENT))
    path = home / "blobs" / DIGEST[:2] / DIGEST
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(each.stat().st_mode) for each in (path.parent, home / "spool")} == {0o700}
    assert list((home / "spool").iterdir()) == []


def test_a_file_beyond_its_limit_is_refused_while_it_comes_in(home: Path):
    taken_from = pieces()
    with pytest.raises(TooLargeError):
        blobs.put(taken_from, limit=100_000)
    assert next(taken_from)  # the rest was never asked for
    assert (list(blobs.manifest()), list(spool.folder().iterdir())) == ([], [])


def test_a_full_disk_is_a_clear_error_and_nothing_is_left_or_lost(home: Path):
    kept = blobs.put([b"was here before"], limit=100)
    with room.no_file_beyond(300_000), pytest.raises(NoRoomError):
        blobs.put(pieces(), limit=len(CONTENT))
    assert [each.sha256 for each in blobs.manifest()] == [kept.sha256]
    assert list(spool.folder().iterdir()) == []
    assert blobs.is_sound(kept.sha256)


def test_a_damaged_file_is_noticed_and_storing_it_again_heals_it(home: Path):
    blobs.put(pieces(), limit=len(CONTENT))
    path = home / "blobs" / DIGEST[:2] / DIGEST
    path.write_bytes(CONTENT[:-1] + b"!")
    assert not blobs.is_sound(DIGEST)
    blobs.put(pieces(), limit=len(CONTENT))
    assert blobs.is_sound(DIGEST)


_PUT_SLOWLY = """
import sys
from pathlib import Path
from sri_admin.kernel import blobs, runtime
from sri_admin.kernel.settings import from_values
home = Path(sys.argv[1])
wiring = runtime.Runtime(settings=from_values({"installation": {"home": str(home)}}, base=home), parts=())
runtime.current = lambda: wiring
def pieces():
    for _ in range(4):
        yield b"x" * 100_000
        print("piece", flush=True)
    sys.stdin.readline()
blobs.put(pieces(), limit=10_000_000)
"""


def test_a_put_killed_in_the_middle_shows_nothing_and_what_it_left_is_swept(home: Path):
    with subprocess.Popen(
        [sys.executable, "-c", _PUT_SLOWLY, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as putting:
        assert putting.stdout is not None
        assert [putting.stdout.readline() for _ in range(4)] == [b"piece\n"] * 4
        putting.send_signal(signal.SIGKILL)
    assert list(blobs.manifest()) == []
    (left,) = spool.folder().iterdir()
    assert spool.sweep() == 0
    os.utime(left, (0, 0))
    assert (spool.sweep(), list(spool.folder().iterdir())) == (1, [])


def test_an_s3_store_without_its_keys_is_no_configuration(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"blobs\.s3_access_key"):
        from_values({"blobs": {"store": "s3", "s3_bucket": "sri-files"}}, base=tmp_path)


def test_the_keys_of_an_s3_store_come_from_a_file_or_the_environment_and_are_not_shown(tmp_path: Path):
    (tmp_path / "secret").write_text("from-file\n")
    asked = {"store": "s3", "s3_bucket": "sri-files", "s3_secret_key_file": "secret"}
    settings = from_values({"blobs": asked}, base=tmp_path, environment={"SRI_BLOBS_S3_ACCESS_KEY": "from-environment"})
    assert (settings.blobs.s3_access_key, settings.blobs.s3_secret_key) == ("from-environment", "from-file")
    assert "from-file" not in repr(settings)
