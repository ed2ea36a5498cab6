"""The reader's side: whatever the line does to a page or a batch, it is taken whole, once, or not at all."""

import gc
import gzip
from contextlib import suppress
from uuid import UUID

import pytest

from sri_admin.federation import exchange, export, intake, packing, streams
from sri_admin.federation.chain import extend_many, line_hash
from sri_admin.federation.client import Answer
from sri_admin.federation.cursor import Cursor
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.merge import read_page
from sri_admin.federation.stream_names import HUB_MEMBER, MEMBER_OPS, stream_name
from sri_admin.kernel import ids, installation
from tests.federation import invariants, records
from tests.federation import world as worlds
from tests.federation.records import Book, Shelf, Visit
from tests.federation.world import Call, World
from tests.make import federation as make


@pytest.fixture
def ops(member: UUID) -> str:
    return stream_name(MEMBER_OPS, member)


def write_both_ways(world: World, member: UUID, mark: str = "") -> None:
    """Have something of two transactions to pull and something to push."""
    shelf = ids.new()

    def several() -> None:
        records.put(Shelf(member_id=member, id=shelf, mark=f"{mark}first", size=1))
        for number in range(3):
            records.put(Book(member_id=member, shelf_id=shelf, title=str(number)))

    world.hub.write(member, several)
    make.shelf(world.hub, member, f"{mark}second")
    make.visit(world.nodes["QM"], member, f"{mark}one", shelf_id=shelf)
    make.visit(world.nodes["QM"], member, f"{mark}two")


def only(path: str, fault: worlds.Fault) -> worlds.Fault:
    """Let a fault befall only requests to one address."""
    return lambda call: fault(call) if path in call.path else call.deliver()


def everything(world: World) -> list[dict[str, str]]:
    """Return a digest of every table that may not change by a repeated or refused message."""
    traces = {"node_contact", "node_token", "rate_bucket", "used_assertion", "hub_contact"}
    return [
        {name: each for name, each in worlds.every_table(site).items() if name not in traces} for site in world.sites
    ]


def batch_of(world: World, stream: str, after: int = 0) -> bytes:
    found = world.nodes["QM"].read(lambda: export.batch(stream, after))
    assert found is not None
    return found.body


def last_batch(world: World) -> Call:
    return next(call for call in reversed(world.lines["QM"].heard) if call.path.endswith("/batches"))


def push(world: World, body: bytes) -> Answer:
    """Send a batch as the node would, with the token of its last exchange."""
    call = last_batch(world)
    return call.line.deliver(call, packing.pack(body))


def first_push(world: World, member: UUID) -> None:
    """Have a first batch taken, so that there is a token and a history."""
    make.visit(world.nodes["QM"], member, "zero")
    world.settle()


@pytest.mark.parametrize("way", ["/changes", "/batches"])
def test_f8_a_body_cut_at_any_byte_is_taken_whole_or_not_at_all(world: World, member: UUID, way: str) -> None:
    for offset in (0, 1, 7, 20, 60, 200, 333, 500, 700, 900, 1100):
        write_both_ways(world, member, f"cut {offset} ")
        cut = worlds.cut_answer_at(offset) if way == "/changes" else worlds.cut_request_at(offset)
        world.lines["QM"].always = only(way, cut)
        world.sync("QM")
        invariants.Watch().look(world)
    invariants.at_rest(world)
    assert len(make.rows(world.hub, Visit)) == 22


@pytest.mark.parametrize("way", ["/changes", "/batches", "/hello"])
def test_a_flipped_bit_is_never_taken(world: World, member: UUID, way: str) -> None:
    write_both_ways(world, member)
    for bit in (3, 90, 400, 1111, 3000, 6000):
        for fault in (worlds.flip_answer(bit), worlds.flip_request(bit)):
            world.lines["QM"].always = only(way, fault)
            world.sync("QM")
            invariants.Watch().look(world)
    invariants.at_rest(world)


def test_f9_a_batch_whose_answer_was_lost_is_taken_once(world: World, member: UUID, ops: str) -> None:
    write_both_ways(world, member)
    world.lines["QM"].always = only("/batches", worlds.cut_after)
    assert world.sync("QM").code == "unreachable"
    assert make.head(world.hub, ops) == 2
    invariants.at_rest(world)
    assert make.head(world.hub, ops) == 2


def test_f10_the_same_batch_twice_at_once_is_taken_once(world: World, member: UUID, ops: str) -> None:
    first_push(world, member)
    write_both_ways(world, member)
    body = batch_of(world, ops, 1)
    answers = make.at_once(*(lambda: push(world, body) for _ in range(4)))
    assert {each.status for each in answers} <= {200, 423}
    assert 200 in {each.status for each in answers}
    assert make.head(world.hub, ops) == 3
    invariants.at_rest(world)


def test_f11_batches_in_the_wrong_order_are_taken_in_the_right_one(world: World, member: UUID, ops: str) -> None:
    first_push(world, member)
    bodies = []
    for number in range(3):
        make.visit(world.nodes["QM"], member, str(number))
        bodies.append(batch_of(world, ops, number + 1))
    assert [push(world, body).status for body in reversed(bodies)] == [409, 409, 200]
    invariants.at_rest(world)
    assert make.head(world.hub, ops) == 4


def test_f12_a_gap_is_named_and_filled(world: World, member: UUID, ops: str) -> None:
    first_push(world, member)
    write_both_ways(world, member)
    answer = push(world, batch_of(world, ops, 2))
    assert (answer.status, b'"expected_n":2' in answer.body.replace(b" ", b"")) == (409, True)
    invariants.at_rest(world)


def test_f13_an_overlap_with_other_bytes_is_a_fork_and_changes_nothing(world: World, member: UUID, ops: str) -> None:
    node = world.nodes["QM"]
    first_push(world, member)
    node.keep("before")
    make.visit(node, member, "one")
    world.settle()
    node.go_back("before")
    make.visit(node, member, "other")
    batch, who = node.read(lambda: export.batch(ops, 1)), node.do(installation.identity)
    assert batch is not None
    before = everything(world)[0]
    with pytest.raises(ProtocolError, match="forked"):
        world.hub.do(lambda: intake.batch(ops, who.id, who.incarnation, batch.body))
    after = everything(world)[0]
    assert {name for name in after if after[name] != before[name]} <= {"sync_evidence", "sync_stream"}
    assert {each["mark"] for each in make.rows(world.hub, Visit).values()} == {"zero", "one"}


BROKEN = {
    "truncated gzip": lambda raw: gzip.compress(raw)[:-9],
    "garbage after gzip": lambda raw: gzip.compress(raw) + b"garbage",
    "a bomb": lambda raw: gzip.compress(raw + b"\n" * 50_000_000, 1),
    "invalid UTF-8": lambda raw: packing.pack(raw.replace(b"one", b"\xff\xfe\xfd")),
    "nothing": lambda raw: packing.pack(raw[:0]),
    "no line end": lambda raw: packing.pack(raw[:-1]),
}


@pytest.mark.parametrize("what", BROKEN)
def test_f14_a_broken_body_is_refused_and_changes_nothing(world: World, member: UUID, ops: str, what: str) -> None:
    first_push(world, member)
    make.visit(world.nodes["QM"], member, "one")
    body = BROKEN[what](batch_of(world, ops, 1))
    before = everything(world)
    call = last_batch(world)
    assert 400 <= call.line.deliver(call, body).status < 500
    assert everything(world) == before
    invariants.at_rest(world)


PROFILE = {
    "duplicate key": (b'"note":""', b'"note":"","note":""'),
    "nul": (b'"note":""', b'"note":"\\u0000"'),
    "lone surrogate": (b'"note":""', b'"note":"\\ud83d"'),
    "minus zero": (b'"note":""', b'"note":-0'),
    "1e400": (b'"note":""', b'"note":1e400'),
    "float": (b'"note":""', b'"note":1.5'),
    "too deep": (b'"note":""', b'"note":' + b"[" * 40 + b"]" * 40),
}


@pytest.mark.parametrize("what", PROFILE)
def test_f14_an_authentic_line_that_breaks_the_profile_is_set_aside(
    world: World, member: UUID, ops: str, what: str
) -> None:
    first_push(world, member)
    make.visit(world.nodes["QM"], member, "one")
    make.visit(world.nodes["QM"], member, "two")
    tamper(world, ops, *PROFILE[what])
    assert world.sync("QM").ok
    assert [state for state, _code in make.asides(world.hub)] == ["open"]
    assert {each["mark"] for each in make.rows(world.hub, Visit).values()} == {"zero", "two"}
    assert make.head(world.hub, ops) == make.head(world.nodes["QM"], ops) == 3


def tamper(world: World, stream: str, old: bytes, new: bytes) -> None:
    """Let a misbehaving node write other bytes into its journal, honestly chained: the line for `one`."""
    node = world.nodes["QM"]

    def body() -> None:
        row = streams.by_name(stream, lock=True)
        found = make.lines_of(row)
        changed = [raw.replace(old, new) if b'"one"' in raw else raw for raw in found]
        start = streams.chain_at(row, 0)
        assert start is not None
        chains = extend_many(start, [line_hash(each) for each in changed])
        make.rewrite(node, row, list(zip(changed, chains, strict=True)))
        row.chain = chains[-1]

    node.write(world.members["QM"], body)


# A program that ends there closes nothing, not even the cursor it was reading lines with.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*ServerCursor:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("hub", [True, False], ids=["hub", "node"])
def test_f18_a_crash_before_any_statement_loses_and_doubles_nothing(world: World, member: UUID, *, hub: bool) -> None:
    site, watch = world.hub if hub else world.nodes["QM"], invariants.Watch()
    write_both_ways(world, member)
    with make.counting(site) as sent:
        assert world.sync("QM").ok
    for crash_at in range(len(sent) // 5, len(sent), 1 + len(sent) // 14):
        write_both_ways(world, member, f"{crash_at} ")
        with make.counting(site, crash_at=crash_at):
            crash(world)
        watch.look(world)
    gc.collect()  # here, where it may warn
    invariants.at_rest(world)


def crash(world: World) -> None:
    with suppress(make.Crash):
        world.sync("QM")


def test_i4_pages_that_come_again_change_nothing(world: World, member: UUID) -> None:
    name = stream_name(HUB_MEMBER, member)
    write_both_ways(world, member)
    world.settle()
    before = everything(world)
    for start in (0, 1, 2):
        body = page_after(world, name, start)
        with pytest.raises(exchange.ProtocolError):
            world.nodes["QM"].do(lambda body=body: exchange.intake.page(name, read_page(body)))
    assert everything(world) == before


def page_after(world: World, name: str, start: int) -> bytes:
    def read() -> bytes:
        chain = streams.chain_at(streams.by_name(name), start)
        assert chain is not None
        made = export.page(name, Cursor(name, 1, start, chain), max_changes=100, max_bytes=10**6)
        assert made is not None
        return made.body

    return world.hub.read(read)


def test_i15_pull_goes_on_when_push_is_refused(world: World, member: UUID) -> None:
    write_both_ways(world, member)
    world.lines["QM"].always = only("/batches", worlds.answers(422, b'{"code":"bad_chain"}'))
    outcome = world.sync("QM")
    assert (outcome.code, outcome.pulled) == ("bad_chain", 5)
    invariants.at_rest(world)


def test_i15_push_goes_on_when_pull_is_refused(world: World, member: UUID) -> None:
    write_both_ways(world, member)
    world.lines["QM"].always = only("/changes", worlds.answers(422, b'{"code":"bad_cursor"}'))
    outcome = world.sync("QM")
    assert (outcome.code, outcome.pushed) == ("bad_cursor", 2)
    invariants.at_rest(world)
