"""A backup of an installation whose files lie in an S3 store: it names them, and what the store lost is named."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from sri_admin.app import create_app, prepare
from sri_admin.kernel import blobs, database, postgres, soundness
from sri_admin.kernel.backup import checking, making, restoring
from sri_admin.kernel.backup.manifest import Manifest
from sri_admin.kernel.blob_store import StoreUnreachableError
from sri_admin.members.rules.member import MemberState
from tests.conftest import settings_for
from tests.kernel.test_backup import PASSPHRASE, House
from tests.make import files, members, s3


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, Any]]:
    """The settings of a store."""
    with s3.server() as url:
        yield {name: value for name, value in asdict(s3.settings(url)).items() if name in _ASKED}


_ASKED = ("store", "s3_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key")


def house(cluster: postgres.Cluster, name: str, home: Path, store: dict[str, Any]) -> House:
    """Return an installation on an empty database, with its files in the store."""
    roles = postgres.create_database(cluster, name)
    urls = (cluster.url(name, each) for each in (roles.app, roles.owner, roles.backup))
    settings = settings_for("hub", home, blobs=store)
    return House(create_app(settings, found=database.Addresses(*urls)), home)


@pytest.fixture(scope="module")
def filled(cluster: postgres.Cluster, store: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> House:
    """A hub with two signed copies, and one file nothing refers to."""
    made = house(cluster, "store_hub", tmp_path_factory.mktemp("store") / "home", store)
    prepare(made.app)

    def fill() -> None:
        for code in ("QM", "QN"):
            member = members.member(code, MemberState.IN_FORMATION)
            files.signed_copy(member, members.signed(member, territories=[code]))
        blobs.put([b"nothing refers to it"], limit=99)

    made.do(fill)
    return made


@pytest.fixture(scope="module")
def kept(filled: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    return filled.do(lambda: making.make(tmp_path_factory.mktemp("backups"), PASSPHRASE)).folder


@pytest.fixture
def empty(cluster: postgres.Cluster, store: dict[str, Any], tmp_path: Path) -> Iterator[House]:
    """A database nobody has used, beside the same store."""
    made = house(cluster, "store_target", tmp_path / "target", store)
    yield made
    postgres.drop_database(cluster, "store_target")


def test_the_list_names_what_rows_refer_to_with_digest_and_size(filled: House, kept: Path) -> None:
    made = Manifest.read(kept)
    there = {each.sha256: each.size for each in filled.do(lambda: list(blobs.manifest()))}
    assert (len(made.in_store), len(there), made.blobs) == (2, 3, {})
    assert made.in_store.items() < there.items()
    assert filled.do(lambda: checking.lacking(made)) == []


def test_a_restore_finds_every_file_again_in_the_store(kept: Path, empty: House) -> None:
    done = empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    assert done.lacking == []
    assert all(empty.do(lambda name=name: blobs.is_sound(name)) for name in done.manifest.in_store)


def test_what_the_store_lost_is_named_and_everything_else_comes_back(filled: House, kept: Path, empty: House) -> None:
    name = min(Manifest.read(kept).in_store)
    content = filled.do(lambda: b"".join(blobs.read(name)))
    filled.do(lambda: blobs.remove(name))
    try:
        assert filled.do(lambda: checking.lacking(Manifest.read(kept))) == [name]
        done = empty.do(lambda: restoring.restore(kept, PASSPHRASE))
        assert (done.lacking, done.manifest.rows > 20) == ([name], True)
    finally:
        filled.do(lambda: blobs.put([content], limit=len(content)))


def test_without_the_store_nothing_is_touched(
    cluster: postgres.Cluster, store: dict[str, Any], kept: Path, tmp_path: Path
) -> None:
    away = house(cluster, "store_away", tmp_path / "away", {**store, "s3_endpoint": "http://127.0.0.1:9"})
    with pytest.raises(StoreUnreachableError):
        away.do(lambda: restoring.restore(kept, PASSPHRASE))
    assert away.do(restoring.what_would_be_lost) is None
    assert not (away.home / "instance").exists()
    postgres.drop_database(cluster, "store_away")


def test_looking_at_the_installation_reads_the_files_of_the_store(
    filled: House, store: dict[str, Any], kept: Path
) -> None:
    name = min(Manifest.read(kept).in_store)
    content = filled.do(lambda: b"".join(blobs.read(name)))
    s3.spoil(store["s3_endpoint"], f"{name[:2]}/{name}", content[::-1])
    try:
        found = filled.do(lambda: [fault for each in soundness.look() for fault in each.faults])
        assert any(name in each for each in found)
    finally:
        filled.do(lambda: blobs.put([content], limit=len(content)))


def test_files_of_a_folder_go_into_the_store_where_there_is_one(
    cluster: postgres.Cluster, store: dict[str, Any], tmp_path: Path
) -> None:
    before = house(cluster, "store_folder", tmp_path / "folder", {"store": "folder"})
    prepare(before.app)
    name = before.do(lambda: blobs.put([b"kept in a folder"], limit=99)).sha256
    backup = before.do(lambda: making.make(tmp_path / "backups", PASSPHRASE)).folder
    after = house(cluster, "store_moved", tmp_path / "moved", {**store, "s3_prefix": "moved/"})
    after.do(lambda: restoring.restore(backup, PASSPHRASE))
    assert after.do(lambda: b"".join(blobs.read(name))) == b"kept in a folder"
    for each in ("store_folder", "store_moved"):
        postgres.drop_database(cluster, each)
