"""A disk that is full under the database: an exchange stops, nothing is lost, it goes on once there is room (F17)."""

import errno
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from sri_admin.kernel import ids, postgres
from sri_admin.kernel.errors import UnavailableError
from sri_admin.kernel.postgres_cluster import SHELTER
from tests.federation import invariants, records
from tests.federation import world as worlds
from tests.federation.records import Shelf, Visit
from tests.make import federation as make

SIZE, LEFT = "600m", 3 * 1024 * 1024
FULL = "full"


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of its own, which the database's account may enter."""
    folder = SHELTER / f"disk-{ids.new()}"
    if os.geteuid() != 0:
        pytest.skip("F17 was not run: only root may mount the small disk this test fills")
    folder.mkdir(mode=0o755, parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("F17 was not run: this machine lets nobody mount the small disk this test fills")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


@pytest.fixture
def small(disk: Path, tmp_path: Path) -> Iterator[worlds.World]:
    """A world whose databases lie on the small disk."""
    options = {"fsync": "off", "min_wal_size": "32MB", "max_wal_size": "32MB"}
    cluster = postgres.Cluster(disk / "data", postgres.find_binaries(), options=options, shelter=disk / "shelter")
    try:
        cluster.ensure()
        worlds.make_template(cluster, tmp_path / "template")
        made = worlds.World(cluster, tmp_path, codes=("QM",))
        yield made
        made.close()
    finally:
        cluster.remove()


def fill(disk: Path) -> None:
    """Take all the room there is but a little."""
    with (disk / FULL).open("wb") as full, pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        full.writelines(iter(lambda: b"\0" * 1024 * 1024, b""))
    os.truncate(disk / FULL, (disk / FULL).stat().st_size - LEFT)


def went_over(world: worlds.World) -> bool:
    try:
        return world.sync("QM").ok
    except (UnavailableError, OperationalError):
        return False


def test_f17_a_full_disk_under_the_database_loses_and_doubles_nothing(small: worlds.World, disk: Path) -> None:
    member, node, choose = small.members["QM"], small.nodes["QM"], random.Random(17)
    for number in range(60):
        visit = Visit(member_id=member, mark=f"{number}", note=choose.randbytes(60_000).hex(), shelf_id=None)
        node.write(member, lambda visit=visit: records.put(visit))
    make.shelf(small.hub, member, "before")
    fill(disk)
    assert not went_over(small)
    assert not went_over(small)
    (disk / FULL).unlink()
    node.cluster.ensure()
    small.hub.stop()
    node.stop()
    invariants.at_rest(small)
    assert len(make.rows(small.hub, Visit)) == 60
    assert [row["mark"] for row in make.rows(node, Shelf).values()] == ["before"]
