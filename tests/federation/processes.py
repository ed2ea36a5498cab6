"""Installations of a world as processes of their own: started warm, killed at any moment, drained, compared.

Nodes reach the hub's web processes through a proxy, which may spoil the line or only choose who answers.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sri_admin.kernel import postgres
from tests.federation import invariants, proxy
from tests.federation.proxy import Proxy
from tests.federation.records import Shelf, Visit
from tests.federation.world import TEMPLATE, Site, World
from tests.make import federation as make

ROOT = Path(__file__).parents[2]
_PATIENCE = 60
_SIGNS = ("ready", "stop", "quiet", "done")


@dataclass
class Process:
    """One process of an installation."""

    site: Site
    folder: Path
    told: dict[str, object]
    forks: subprocess.Popen[str]
    number: int = 0

    def start(self) -> None:
        """Start it and wait until it works."""
        path = self.folder / "addresses.json"
        path.write_text(json.dumps(self.told))
        for sign in _SIGNS:
            (self.folder / sign).unlink(missing_ok=True)
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        self.forks.stdin.write(f"{path}\n")
        self.forks.stdin.flush()
        self.number = int(self.forks.stdout.readline())
        self.wait_for("ready")

    def wait_for(self, sign: str) -> None:
        """Wait until it gives a sign."""
        until = time.monotonic() + _PATIENCE
        while not (self.folder / sign).exists():
            assert self.is_running or (self.folder / sign).exists(), self.log
            assert time.monotonic() < until, self.log
            time.sleep(0.01)

    def stop_writing(self) -> None:
        """Let it write no more."""
        (self.folder / "stop").touch()

    @property
    def log(self) -> str:
        """The end of what it said."""
        return (self.folder / "log").read_text()[-3000:]

    @property
    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self.number > 0 and Path(f"/proc/{self.number}").exists()

    @property
    def written(self) -> set[UUID]:
        """The records it knows to be committed."""
        path = self.folder / "written"
        return {UUID(each) for each in path.read_text().split() if len(each) == 36} if path.exists() else set()

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self.is_running, self.log
        os.kill(self.number, signal.SIGKILL)
        while self.is_running:
            time.sleep(0.002)
        self.number = 0


@dataclass
class Running:
    """The hub and node QM of a world as processes, and the line between them."""

    world: World
    hubs: list[Process]
    nodes: list[Process]
    line: Proxy

    @property
    def all(self) -> list[Process]:
        """Every process."""
        return [*self.hubs, *self.nodes]

    def start(self) -> None:
        """Start every process that does not run."""
        for each in self.all:
            if not each.is_running:
                each.start()

    def drain(self) -> None:
        """Mend the line, let nobody write, and the nodes exchange until nothing moves."""
        self.line.turn(None)
        for each in self.hubs:
            each.stop_writing()
        for each in self.hubs:
            each.wait_for("quiet")
        for each in self.nodes:
            each.stop_writing()
        for each in self.nodes:
            each.wait_for("done")
        for each in self.hubs:
            each.kill()

    def compare(self) -> int:
        """Check that nothing is lost, doubled or different, and count what was written."""
        seen = invariants.at_rest(self.world)
        assert all(not stream.asides for _held, stream in seen.all_streams())
        written = set[UUID]().union(*(each.written for each in self.all))
        node, stand = self.world.nodes["QM"], set[UUID]()
        for model in (Shelf, Visit):
            at_hub, at_node = make.rows(self.world.hub, model), make.rows(node, model)
            assert at_hub == at_node
            stand |= at_hub.keys()
        assert written <= stand
        return len(stand)


@contextmanager
def running(world: World, folder: Path, *, hubs: int = 1, nodes: int = 1) -> Iterator[Running]:
    """Prepare processes of the world's hub and node; they are killed at the end."""
    line = Proxy([free_port() for _ in range(hubs)])
    command = [sys.executable, "-m", "tests.federation.runner"]
    with (
        proxy.listening(line),
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forks,
    ):
        made = Running(world, [], [], line)
        for number, port in enumerate(line.ports):
            made.hubs.append(_process(world, "hub", folder / f"hub-{number}", forks, ports=(port, line.port)))
        for number in range(nodes):
            made.nodes.append(_process(world, "node", folder / f"node-{number}", forks, ports=(0, line.port)))
        try:
            yield made
        finally:
            for each in made.all:
                if each.is_running:
                    each.kill()
            forks.kill()


def _process(world: World, role: str, folder: Path, forks: subprocess.Popen[str], *, ports: tuple[int, int]) -> Process:
    site = world.hub if role == "hub" else world.nodes["QM"]
    site.uses += 1
    folder.mkdir()
    roles, url = postgres.roles_of(TEMPLATE), f"http://127.0.0.1:{ports[1]}"
    told = {
        "settings": {
            "installation": {"role": role, "home": str(site.settings.installation.home)},
            "development": True,
            "web": {"public_url": url},
        },
        "addresses": [site.cluster.url(site.name, each) for each in (roles.app, roles.owner, roles.backup)],
        "member": str(world.members["QM"]),
        "port": ports[0],
        "url": url,
    }
    return Process(site, folder, told, forks)


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
