"""What must hold of an exchange whatever it brings: pull and push apart (I15), bounded (I16), harmless (I25)."""

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from sri_admin.federation import exchange, keys, limits, streams
from sri_admin.federation.client import BASE, Answer, HubError
from sri_admin.federation.lines import Change, encode_change
from sri_admin.federation.merge import Position
from sri_admin.federation.outcome import Outcome
from sri_admin.federation.packing import pack
from sri_admin.kernel import ids, installation
from sri_admin.kernel.signing import SigningKey
from tests.federation import world as worlds
from tests.federation.peer import AT, Batch
from tests.federation.seen import Seen
from tests.federation.world import Call, World

# What an exchange may leave at the hub: that somebody signed in, until the token is over, and who came when.
_PASSING = frozenset({"node_token", "used_assertion", "rate_bucket"})
PULLS, PUSHES = "/changes", "/batches"


def refusing(ending: str, code: str) -> worlds.Fault:
    """Let the hub refuse every request of one sort, and answer all others."""
    refusal = worlds.answers(409, b'{"code":"%s"}' % code.encode())
    return lambda call: refusal(call) if call.path.partition("?")[0].endswith(ending) else call.deliver()


def i15_one_way_does_not_wait_for_the_other(seen: Seen, code: str, outcome: Outcome, *, refused: str) -> None:
    """I15: while pushes are refused everything is pulled all the same, and the other way about."""
    held, hub = seen.held[seen.world.nodes[code].name], seen.held[seen.world.hub.name]
    stopped = {each.stream: each.code for each in outcome.streams if each.code}
    for name, stream in held.streams.items():
        # That many records would go is for a person to agree to, whatever becomes of what is sent.
        if stream.own is (refused == PULLS) and stopped.get(name) != "many_removed":
            assert stream.position == hub.streams[name].position, (name, outcome.to_dict())


def i16_what_goes_over_is_bounded(carried: Iterable[tuple[Call, Answer]]) -> None:
    """I16: no page and no batch holds more than its limit, however much waits."""
    for call, answer in carried:
        path = call.path.partition("?")[0]
        if path.endswith(PULLS) and call.method == "GET" and answer.status == 200:
            _is_bounded(_plain(answer.body, answer.headers), signed=1)
        elif path.endswith(PUSHES) and call.method == "POST":
            _is_bounded(_plain(call.body, {key.lower(): value for key, value in call.headers.items()}), signed=2)


def _plain(body: bytes, headers: Mapping[str, str]) -> bytes:
    return gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body


def _is_bounded(body: bytes, *, signed: int) -> None:
    count = body.count(b"\n") - signed
    assert count <= limits.PAGE_CHANGES, count
    assert len(body) <= limits.BATCH_BYTES


def rows_of(site: worlds.Site) -> dict[str, int]:
    """Count the rows of every table of an installation, without those that pass by themselves."""
    with psycopg.connect(site.cluster.dsn, dbname=site.name) as connection:
        tables = "select tablename from pg_tables where schemaname = 'public'"
        names = sorted({name for (name,) in connection.execute(tables)} - _PASSING)
        count = sql.SQL("select {}, count(*) from {}")
        counts = [count.format(sql.Literal(name), sql.Identifier(name)) for name in names]
        return dict(connection.execute(sql.SQL(" union all ").join(counts)).fetchall())


def i16_the_hub_keeps_nothing_of_who_came(before: dict[str, int], after: dict[str, int]) -> None:
    """I16: an exchange that brings nothing leaves no row at the hub."""
    assert {name: count for name, count in after.items() if count > before.get(name, 0)} == {}


class Wrong:
    """A node that says what is not its to say, with its own keys and over its own line."""

    def __init__(self, world: World, code: str) -> None:
        self.world, self.code = world, code
        self.node = world.nodes[code]
        self.key: SigningKey = self.node.do(keys.own_key)
        self.identity = self.node.do(installation.identity)

    def another_stream(self) -> int | None:
        """Write into another country's stream; returns how the hub answered."""
        other = next(code for code in self.world.nodes if code != self.code)
        return self._push(f"member.{self.world.members[other]}.ops", self.key)

    def another_name(self) -> int | None:
        """Write into its own stream in another node's name."""
        other = next(site for code, site in self.world.nodes.items() if code != self.code)
        return self._push(self._own, self.key, node=str(other.do(lambda: installation.identity().id)))

    def another_key(self) -> int | None:
        """Write into its own stream with a key nobody knows."""
        return self._push(self._own, SigningKey.generate())

    def hub_stream(self) -> int | None:
        """Write into the member's file, which is the hub's."""
        return self._push(f"hub.member.{self.world.members[self.code]}", self.key)

    @property
    def _own(self) -> str:
        return f"member.{self.world.members[self.code]}.ops"

    def _push(self, stream: str, key: SigningKey, **changed: Any) -> int | None:
        at: Position = self.world.hub.read(lambda: streams.position(streams.by_name(stream)))
        batch = Batch(
            stream=stream,
            epoch=at.epoch,
            log_id=at.log_id,
            node=str(self.identity.id),
            incarnation=str(self.identity.incarnation),
            base=at.chain,
            from_n=at.n + 1,
            changes=(_visit(at.n + 1),),
            key=key,
        )
        body = replace(batch, **changed).body()
        return self.node.do(lambda: self._send(stream, body))

    def _send(self, stream: str, body: bytes) -> int | None:
        try:
            client = exchange.connected(self.world.lines[self.code], self.world.time.sleep)
            client.send_lines(f"{BASE}/streams/{stream}/batches", pack(body))
        except HubError as error:
            return error.status
        return None


WRONGS: tuple[Callable[[Wrong], int | None], ...] = (
    Wrong.another_stream,
    Wrong.another_name,
    Wrong.another_key,
    Wrong.hub_stream,
)


def _visit(n: int) -> bytes:
    payload = {"mark": f"wrong {n}", "note": "", "shelf_id": None}
    return encode_change(Change(n, "probe.visit", str(ids.new()), 1, "put", 1, n, True, AT, "acc_wrong", payload))


def i25_a_wrong_peer_changes_nothing(before: Seen, after: Seen, status: int | None) -> None:
    """I25: what a peer says wrongly is refused, and no stream and no record is other than it was."""
    assert status is not None
    assert 400 <= status < 500, status
    for name, held in before.held.items():
        now = after.held[name]
        assert now.rows == held.rows, name
        assert {key: (s.position, s.lines) for key, s in now.streams.items()} == {
            key: (s.position, s.lines) for key, s in held.streams.items()
        }
