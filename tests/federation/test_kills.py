"""Killed at any moment, hub or node, twenty times: nothing is lost and nothing doubled."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sri_admin.kernel import postgres
from tests.federation import invariants
from tests.federation.records import Shelf, Visit
from tests.federation.world import TEMPLATE, Site, World
from tests.make import federation as make

KILLS, SEED = 20, 20261123
ROOT = Path(__file__).parents[2]


@dataclass
class Process:
    """An installation of the world as a process of its own."""

    site: Site
    folder: Path
    told: dict[str, object]
    forks: subprocess.Popen[str]
    number: int = 0

    def start(self) -> None:
        """Start it and wait until it works."""
        path, ready = self.folder / "addresses.json", self.folder / "ready"
        path.write_text(json.dumps(self.told))
        ready.unlink(missing_ok=True)
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        self.forks.stdin.write(f"{path}\n")
        self.forks.stdin.flush()
        self.number = int(self.forks.stdout.readline())
        self.wait_for(ready)

    def wait_for(self, sign: Path) -> None:
        """Wait until a file appears."""
        until = time.monotonic() + 60
        while not sign.exists():
            assert self.is_running, (self.folder / "log").read_text()[-3000:]
            assert time.monotonic() < until, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.01)

    @property
    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self.number > 0 and Path(f"/proc/{self.number}").exists()

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self.is_running, (self.folder / "log").read_text()[-3000:]
        os.kill(self.number, signal.SIGKILL)
        while self.is_running:
            time.sleep(0.005)
        self.number = 0


@pytest.fixture
def forks() -> Iterator[subprocess.Popen[str]]:
    """A process that has imported everything and forks installations."""
    command = [sys.executable, "-m", "tests.federation.runner"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


@pytest.fixture
def processes(world: World, tmp_path: Path, forks: subprocess.Popen[str]) -> Iterator[list[Process]]:
    """The hub and one node of the world, each a process that works and exchanges."""
    port = free_port()
    roles = postgres.roles_of(TEMPLATE)
    made = []
    for site, name in ((world.hub, "hub"), (world.nodes["QM"], "node")):
        site.stop()
        folder = tmp_path / name
        folder.mkdir()
        url = f"http://127.0.0.1:{port}"
        settings = {
            "installation": {"role": name, "home": str(site.settings.installation.home)},
            "development": True,
            "web": {"public_url": url},
        }
        told = {
            "settings": settings,
            "addresses": [site.cluster.url(site.name, role) for role in (roles.app, roles.owner, roles.backup)],
            "member": str(world.members["QM"]),
            "port": port,
            "url": url,
        }
        made.append(Process(site, folder, told, forks))
    yield made
    for each in made:
        if each.is_running:
            each.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_twenty_kills_of_hub_or_node_lose_nothing_and_double_nothing(world: World, processes: list[Process]) -> None:
    choose = random.Random(SEED)
    for each in processes:
        each.start()
    for _ in range(KILLS):
        time.sleep(choose.uniform(0.1, 0.5))
        struck = choose.choice(processes)
        struck.kill()
        struck.start()
    drain(processes)
    seen = invariants.at_rest(world)
    assert all(not stream.asides for _held, stream in seen.all_streams())
    for model in (Shelf, Visit):
        at_hub, at_node = make.rows(world.hub, model), make.rows(world.nodes["QM"], model)
        assert at_hub == at_node
        assert len(at_hub) > KILLS


def drain(processes: list[Process]) -> None:
    """Let both write no more, and the node exchange until nothing moves."""
    hub, node = processes
    for each in processes:
        (each.folder / "stop").touch()
    node.wait_for(node.folder / "done")
    hub.kill()
