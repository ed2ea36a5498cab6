"""Killed at any moment, hub or node or their database: nothing is lost, nothing doubled, both sides hold the same.

Two web processes serve the hub and two workers exchange for the node at once; in one long exchange, without the lock
that keeps real workers from doing so.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from psycopg import OperationalError, connect

from sri_admin.kernel import postgres
from tests.federation import world as worlds
from tests.federation.processes import Running, running

SEED = 20261123


@pytest.fixture(scope="module")
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    """A world on a server of its own, which keeps what it says it committed when it is killed."""
    home = tmp_path_factory.mktemp("kills")
    cluster = postgres.Cluster(home / "data", postgres.find_binaries(), options={"fsync": "off"})
    try:
        cluster.ensure()
        worlds.make_template(cluster, home / "template")
        made = worlds.World(cluster, home)
        for site in made.sites:
            site.stop()
        yield made
        made.close()
    finally:
        cluster.remove()


@pytest.fixture
def processes(own_world: worlds.World, tmp_path: Path) -> Iterator[Running]:
    """Two processes each of the hub and of one node."""
    with running(own_world, tmp_path, hubs=2, nodes=2) as made:
        yield made


@pytest.mark.parametrize("kills", [200, pytest.param(5_000, marks=pytest.mark.chaos)])
def test_kills_of_hub_or_node_lose_nothing_and_double_nothing(processes: Running, kills: int) -> None:
    choose = random.Random(SEED)
    processes.start()
    for _ in range(kills):
        time.sleep(choose.uniform(0.01, 0.25))
        struck = choose.choice(processes.all)
        struck.kill()
        struck.start()
    processes.drain()
    assert processes.compare() > kills


@pytest.mark.parametrize("kills", [20, pytest.param(500, marks=pytest.mark.chaos)])
def test_kills_of_postgresql_lose_nothing_and_double_nothing(processes: Running, kills: int) -> None:
    choose, cluster = random.Random(SEED), processes.world.hub.cluster
    processes.start()
    for number in range(kills):
        time.sleep(choose.uniform(0.1, 0.6))
        strike_server(cluster) if number % 2 else strike_session(cluster, choose)
        cluster.ensure()
    processes.drain()
    assert processes.compare() > kills


def strike_server(cluster: postgres.Cluster) -> None:
    """Kill the server's main process; its sessions end when they notice."""
    os.kill(int((cluster.folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def strike_session(cluster: postgres.Cluster, choose: random.Random) -> None:
    """Kill a session: the server throws out all the others and recovers from its log."""
    with connect(cluster.dsn, autocommit=True) as connection:
        query = "select pid from pg_stat_activity where datname like 'world%' order by backend_start"
        found = [pid for (pid,) in connection.execute(query)]
    if found:
        with suppress(ProcessLookupError):
            os.kill(choose.choice(found), signal.SIGKILL)
    with suppress(OperationalError):
        connect(cluster.dsn, connect_timeout=1).close()
