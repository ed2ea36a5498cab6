"""Back after a long time: all the nodes there are at once, and one over a line of a village; in step, and how fast."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from sri_admin.federation import exchange
from sri_admin.federation.client import Answer, HttpTransport
from sri_admin.kernel import ids, postgres
from tests.federation import invariants, records
from tests.federation import world as worlds
from tests.federation.processes import Process, running
from tests.federation.records import Shelf, Visit
from tests.federation.world import Call, Site, World
from tests.make import federation as make

CODES = (*(f"Q{letter}" for letter in "MNOPQRSTUVWXYZ"), *(f"X{letter}" for letter in "ABCDEFGHI"))
QUEUED, AT_ONCE, MINUTES, GROWTH_MIB = 50_000, 500, 30, 64
BITS, LATENCY = 64_000, 0.4


@pytest.fixture
def everybody(tmp_path: Path) -> Iterator[World]:
    """A hub and 23 nodes that joined it ninety days ago, on a server of their own."""
    cluster = postgres.Cluster(tmp_path / "data", postgres.find_binaries(), options={"fsync": "off"})
    try:
        cluster.ensure()
        worlds.make_template(cluster, tmp_path / "template")
        made = World(cluster, tmp_path, codes=CODES, begins=datetime.now(UTC) - timedelta(days=90))
        yield made
        made.close()
    finally:
        cluster.remove()


def queue(site: Site, member: UUID, count: int) -> None:
    """Enter that many visits at a node, many in one transaction as an import does."""
    for begin in range(0, count, AT_ONCE):
        marks = [ids.new().hex for _ in range(min(AT_ONCE, count - begin))]
        site.write(member, partial(_put_visits, member, marks))


def _put_visits(member: UUID, marks: list[str]) -> None:
    for mark in marks:
        records.put(Visit(member_id=member, mark=mark, note="entered while the line was down", shelf_id=None))


def memory(process: Process, name: str) -> int:
    """Return what a process takes of memory, in KiB."""
    status = Path(f"/proc/{process.number}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])


def come_back(site: Site, url: str) -> None:
    """Exchange until nothing moves, as the node's worker would."""
    line = HttpTransport(url)
    with site.app.app_context():
        while not (outcome := exchange.synchronise(line)).ok or outcome.pulled + outcome.pushed:
            time.sleep(1)


@pytest.mark.chaos
def test_f59_f60_every_node_comes_back_at_once_after_ninety_days(everybody: World, tmp_path: Path) -> None:
    share = QUEUED // len(CODES) + 1
    for code, site in everybody.nodes.items():
        queue(site, everybody.members[code], share)
    everybody.time.now = datetime.now(UTC)
    everybody.hub.stop()
    with running(everybody, tmp_path, hubs=2, nodes=0) as processes:
        processes.start()
        for each in processes.hubs:
            each.stop_writing()
            each.wait_for("quiet")
        before = [memory(each, "VmRSS") for each in processes.hubs]
        began, ports = time.monotonic(), processes.line.ports
        threads = [
            threading.Thread(target=come_back, args=(site, f"http://127.0.0.1:{ports[place % len(ports)]}"))
            for place, site in enumerate(everybody.nodes.values())
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        took = time.monotonic() - began
        grown = [memory(each, "VmHWM") - rss for each, rss in zip(processes.hubs, before, strict=True)]
    said = {"nodes": len(CODES), "changes": share * len(CODES), "seconds": round(took), "grown_kib": grown}
    print(json.dumps(said))  # noqa: T201 - these figures are what it is run for
    everybody.settle()
    at_hub = make.rows(everybody.hub, Visit)
    assert len(at_hub) == share * len(CODES)
    for code, site in everybody.nodes.items():
        own, name = make.rows(site, Visit), f"member.{everybody.members[code]}.ops"
        assert len(own) == share
        assert own == {rec: at_hub[rec] for rec in own}
        assert make.head(site, name) == make.head(everybody.hub, name)
    assert took < MINUTES * 60
    assert max(grown) < GROWTH_MIB * 1024


@dataclass
class SlowLine:
    """A line on which every byte takes its time; what it carried is counted."""

    world: World
    carried: int = 0
    asked: int = field(default=0)

    def __call__(self, call: Call) -> Answer:
        """Carry a request and its answer, and let the time pass that it takes."""
        answer = call.deliver()
        size = sum(
            len(name) + len(value) + 4 for pairs in (call.headers, answer.headers) for name, value in pairs.items()
        )
        size += len(call.path) + len(call.body) + len(answer.body)
        self.carried, self.asked = self.carried + size, self.asked + 1
        self.world.time.sleep(LATENCY + size * 8 / BITS)
        return answer


def test_f60_ten_weeks_away_are_caught_up_with_over_a_slow_line_within_minutes(world: World) -> None:
    member, node = world.members["QM"], world.nodes["QM"]
    for _week in range(10):
        queue(node, member, 100)
        world.hub.write(member, lambda: _put_shelves(member, 150))
        world.time.now += timedelta(days=7)
    line, began = SlowLine(world), world.time.now
    world.lines["QM"].always = line
    assert world.sync("QM").ok
    took = (world.time.now - began).total_seconds()
    print(json.dumps({"changes": 2500, "seconds": round(took), "bytes": line.carried, "requests": line.asked}))  # noqa: T201 - the same
    assert took < 5 * 60
    invariants.at_rest(world)
    assert (len(make.rows(world.hub, Visit)), len(make.rows(node, Shelf))) == (1000, 1500)


def _put_shelves(member: UUID, count: int) -> None:
    for _number in range(count):
        records.put(Shelf(member_id=member, mark=ids.new().hex, size=1))
