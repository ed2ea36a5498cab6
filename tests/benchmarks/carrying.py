"""A bundle measured whole: written and sealed at the hub, read, verified and applied at the node, without a network."""

import os
import time
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sri_admin.federation import enrolment
from sri_admin.federation.bundle import reading, writing
from sri_admin.federation.stream_names import StreamClass
from sri_admin.kernel import tenancy, transaction
from tests.benchmarks import yardsticks
from tests.benchmarks.stand import Worker, built, serving
from tests.benchmarks.sync import IncompleteError, fill, say, synchronise, where_it_ends

VOLUME_BYTES = 64 * 1024 * 1024
_WARM_UP = 200


class Step(NamedTuple):
    """One side's work: the seconds it took, and the bytes of the files."""

    seconds: float
    size: int


def measure(changes: int, *, durable: bool) -> dict[str, Any]:
    """Measure a bundle of many changes, and the yardsticks with the same rows."""
    say("building a hub and a node")
    with built(durable=durable) as made:
        stand, folder = made.carrying(StreamClass.HUB_MEMBER), made.scratch / "stick"
        with Worker(stand.hub) as hub, Worker(stand.node) as node:
            hub.do(fill, stand.member_id, _WARM_UP, 1)
            with serving(stand.hub):
                node.do(synchronise)
            say(f"writing {changes} changes")
            hub.do(fill, stand.member_id, changes, 2)
            written = hub.do(write, stand.member_id, folder)
            say(f"written in {written.seconds:.2f} s")
            read_ = node.do(read, folder)
            if hub.do(where_it_ends, stand.member_id) != node.do(where_it_ends, stand.member_id):
                raise IncompleteError("the node does not hold what the hub wrote")
            say("yardsticks")
            sticks = hub.do(yardsticks.measure, stand.member_id)
    return {
        "write_per_s": round(changes / written.seconds),
        "read_per_s": round(changes / read_.seconds),
        "copy_per_s": round(sticks.copy_per_s),
        "verified_apply_per_s": round(sticks.verified_apply_per_s),
        "read_of_verified": round(changes / read_.seconds / sticks.verified_apply_per_s, 2),
        "bytes_per_change": round(written.size / changes, 1),
        "changes": changes,
        "durable": durable,
        "load": round(os.getloadavg()[0], 1),
    }


def write(member_id: UUID, folder: Path) -> Step:
    """Write a bundle for the member's node."""
    with transaction.reading(tenancy.NOWHERE):
        node = enrolment.node_of(member_id)
        assert node is not None
        transaction.detach(node)
    begun = time.perf_counter()
    written = writing.for_node(node, folder, volume_bytes=VOLUME_BYTES, progress=_quiet)
    return Step(time.perf_counter() - begun, sum(path.stat().st_size for path in written.files))


def read(folder: Path) -> Step:
    """Read the bundle of a folder."""
    files = sorted(folder.iterdir())
    begun = time.perf_counter()
    taken = reading.read(files, progress=_quiet)
    if not taken.outcome.ok:
        raise IncompleteError(str(taken.outcome))
    return Step(time.perf_counter() - begun, sum(path.stat().st_size for path in files))


def _quiet(_done: int, _whole: int) -> None:
    """Say nothing of the progress."""
