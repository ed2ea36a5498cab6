"""Synchronisation measured whole: two processes, HTTP, tokens, real keys, every check switched on."""

import os
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import exchange, export
from sri_admin.federation.client import Answer, HttpTransport
from sri_admin.federation.stream_names import StreamClass, stream_name
from sri_admin.kernel import runtime, tenancy, transaction
from sri_admin.kernel.db import db
from tests.benchmarks import memory, reports, yardsticks
from tests.benchmarks.stand import Stand, Worker, built, serving

DELTA = 100
_WARM_UP, _REPEATS = 200, 7


class IncompleteError(Exception):
    """A synchronisation did not bring everything over, so its time means nothing."""


class Counting(HttpTransport):
    """The real line, with requests and the bytes of their bodies counted."""

    requests, sent, received = 0, 0, 0

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Pass a request on."""
        answer = super().request(method, path, headers=headers, body=body)
        self.requests += 1
        self.sent += len(body)
        self.received += len(answer.body)
        return answer


class Sync(NamedTuple):
    """One synchronisation: how long it took, what went over, and what it cost."""

    seconds: float
    changes: int
    requests: int
    transferred: int
    growth: float | None


@dataclass
class Way:
    """Everything measured about one direction."""

    whole: Sync
    deltas: list[Sync] = field(default_factory=list)
    idle: list[Sync] = field(default_factory=list)
    growth: list[float] = field(default_factory=list)


def measure(changes: int, *, durable: bool) -> dict[str, Any]:
    """Measure both directions and the yardsticks on one stand."""
    say("building a hub and a node")
    with built(durable=durable) as stand:
        pull = _measure_way(stand.carrying(StreamClass.HUB_MEMBER), changes)
        say("yardsticks")
        with Worker(stand.carrying(StreamClass.HUB_MEMBER).hub) as hub:
            sticks = hub.do(yardsticks.measure, stand.member_id)
        push = _measure_way(stand.carrying(StreamClass.MEMBER_OPS), changes)
    load = round(os.getloadavg()[0], 1)
    return _told(push, pull, sticks) | {"changes": changes, "durable": durable, "load": load}


def _measure_way(stand: Stand, changes: int) -> Way:
    stream = stand.hub.stream
    writer = stand.node if stream.by_member else stand.hub
    with serving(stand.hub) as hub_pid, Worker(writer) as hand, Worker(stand.node) as node:
        hand.do(fill, stand.member_id, _WARM_UP, 1)
        node.do(synchronise)
        say(f"writing {changes} changes into {stream}")
        hand.do(fill, stand.member_id, changes, 2)
        before = memory.resident(hub_pid)
        memory.forget_peak(hub_pid)
        way = Way(node.do(synchronise))
        after = memory.peak(hub_pid)
        way.growth = [way.whole.growth or 0.0] + ([after - before] if after and before else [])
        say(f"{way.whole.changes} changes in {way.whole.seconds:.2f} s")
        for seed in range(_REPEATS):
            way.idle.append(node.do(synchronise))
            hand.do(fill, stand.member_id, DELTA, 3 + seed)
            way.deltas.append(node.do(synchronise))
        _check(way, changes)
        ends = [each.do(where_it_ends, stand.member_id) for each in (node,)]
    with Worker(stand.hub) as hub:
        ends.append(hub.do(where_it_ends, stand.member_id))
    if ends[0] != ends[1]:
        raise IncompleteError(f"{stream} ends at {ends[0]} here and {ends[1]} there")
    return way


def _check(way: Way, changes: int) -> None:
    if way.whole.changes != changes or any(each.changes != DELTA for each in way.deltas):
        raise IncompleteError(f"not everything came over: {way}")


def fill(member_id: UUID, number: int, seed: int) -> None:
    """Write reports here."""
    reports.fill(member_id, number, seed=seed)


def synchronise() -> Sync:
    """Exchange everything with the hub, as the node whose code is running."""
    counting = Counting(runtime.current().settings.hub.url)
    own = os.getpid()
    before = memory.resident(own)
    memory.forget_peak(own)
    begun = time.perf_counter()
    outcome = exchange.synchronise(counting)
    seconds = time.perf_counter() - begun
    counting.session.close()
    if not outcome.ok:
        raise IncompleteError(f"{outcome.code}: {outcome.detail}")
    after = memory.peak(own)
    growth = after - before if after and before else None
    transferred = counting.sent + counting.received
    return Sync(seconds, outcome.pulled + outcome.pushed, counting.requests, transferred, growth)


def where_it_ends(member_id: UUID) -> tuple[Any, ...]:
    """Return, for comparison, the end of the member's streams and a digest of the reports."""
    line = sa.literal_column("bench_report::text")
    # A sum of hashes needs no order and no memory.
    digest = sa.select(sa.func.count(), sa.func.sum(sa.func.hashtextextended(line, 0))).select_from(reports.table())
    with transaction.reading(tenancy.only(member_id)):
        names = {stream_name(cls, member_id) for cls in (StreamClass.HUB_MEMBER, StreamClass.MEMBER_OPS)}
        ends = sorted((each.stream, each.n, each.chain.hex()) for each in export.positions() if each.stream in names)
        return (*ends, tuple(map(str, db.session.execute(digest).one())))


def _told(push: Way, pull: Way, sticks: yardsticks.Yardsticks) -> dict[str, Any]:
    ways = (push, pull)
    push_rate, pull_rate = (each.whole.changes / each.whole.seconds for each in ways)
    deltas, idle = [_middle(each.deltas) for each in ways], [one for each in ways for one in each.idle]
    return {
        "push_per_s": round(push_rate),
        "pull_per_s": round(pull_rate),
        "copy_per_s": round(sticks.copy_per_s),
        "verified_apply_per_s": round(sticks.verified_apply_per_s),
        "push_of_verified": round(push_rate / sticks.verified_apply_per_s, 2),
        "pull_of_verified": round(pull_rate / sticks.verified_apply_per_s, 2),
        "payload_bytes": reports.PAYLOAD_BYTES,
        "gzip_bytes_per_change": round(max(each.whole.transferred / each.whole.changes for each in ways), 1),
        "noop_ms": round(statistics.median(each.seconds for each in idle) * 1000, 1),
        "noop_requests": max(each.requests for each in idle),
        "delta100_ms": round(max(each.seconds for each in deltas) * 1000, 1),
        "delta100_bytes": max(each.transferred for each in deltas),
        "rss_growth_mb": round(max(one for each in ways for one in each.growth), 1),
    }


def _middle(several: list[Sync]) -> Sync:
    return sorted(several)[len(several) // 2]


def say(what: str) -> None:
    """Tell on standard error how far the measurement has come."""
    print(f"bench: {what}", file=sys.stderr, flush=True)  # noqa: T201 - progress for people
