"""Up to a horizon only the newest line of each record is kept, and everything that reads lines knows it."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from sri_admin.federation import limits, soundness, streams
from sri_admin.federation.client import Answer
from sri_admin.federation.snapshots import jobs
from sri_admin.federation.snapshots.pruning import Pruned
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from tests.federation import invariants, records
from tests.federation.world import Call, Site, World, cut_before
from tests.make import federation as make

RECEIPTED = timedelta(days=limits.JOURNAL_KEPT_AFTER_RECEIPT_DAYS + 1)
READ = timedelta(days=limits.HORIZON_DAYS + 1)


@pytest.fixture
def ops(member: UUID) -> str:
    return stream_name(MEMBER_OPS, member)


def prune(site: Site) -> dict[str, Pruned]:
    """Let a site prune, and return what became of each stream."""
    return {each.stream: each for each in site.do(jobs.prune_all)}


def pass_time(world: World, time: timedelta) -> None:
    """Let the true time pass."""
    world.time.sleep(time.total_seconds())


def changed_often(site: Site, member: UUID, times: int = 3) -> UUID:
    """Make a visit and change it several times."""
    rec = make.visit(site, member, "a")
    for number in range(times):
        make.change(site, records.VISIT, (member, rec), note=str(number))
    return rec


def horizon(site: Site, stream: str) -> tuple[int, int] | None:
    """Return the horizon of a stream at a site."""
    return site.read(lambda: streams.horizon(streams.by_name(stream)))


def faults(site: Site) -> list[str]:
    """Return what the check of all chains finds."""
    return site.read(lambda: list(soundness.chains()))


def test_only_lines_that_newer_ones_took_the_place_of_go(world: World, member: UUID, ops: str) -> None:
    node = world.nodes["QM"]
    changed_often(node, member)
    gone = make.visit(node, member, "gone")
    make.remove(node, records.VISIT, (member, gone))
    world.settle()
    prune(node)
    pass_time(world, RECEIPTED)
    assert prune(node)[ops].removed == 4
    left = [json.loads(line) for line in make.lines(node, ops)]
    assert [(line["n"], line["op"]) for line in left] == [(4, "put"), (6, "del")]
    assert (horizon(node, ops), faults(node)) == ((2, 6), [])


def test_i21_nothing_goes_before_the_other_side_had_it_for_half_a_year(world: World, member: UUID, ops: str) -> None:
    node = world.nodes["QM"]
    changed_often(node, member)
    prune(node)
    pass_time(world, RECEIPTED)
    assert ops not in prune(node)
    world.settle()
    assert ops not in prune(node)
    pass_time(world, RECEIPTED - timedelta(days=2))
    assert ops not in prune(node)
    assert len(make.lines(node, ops)) == 4


def test_what_comes_after_the_horizon_travels_and_verifies_as_before(world: World, member: UUID, ops: str) -> None:
    node = world.nodes["QM"]
    rec = changed_often(node, member)
    world.settle()
    for site in (node, world.hub):
        prune(site)
    pass_time(world, RECEIPTED)
    pruned = [prune(site)[ops] for site in (node, world.hub)]
    make.change(node, records.VISIT, (member, rec), note="afterwards")
    invariants.at_rest(world)
    assert pruned[0] == pruned[1]
    assert (faults(node), faults(world.hub)) == ([], [])


def test_a_record_made_again_goes_on_above_its_tombstone(world: World, member: UUID, ops: str) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member, "a")
    make.remove(node, records.VISIT, (member, rec))
    world.settle()
    prune(node)
    pass_time(world, RECEIPTED)
    prune(node)
    make.visit(node, member, "b", id=rec)
    assert [json.loads(line)["rev"] for line in make.lines(node, ops)] == [2, 3]
    invariants.at_rest(world)


def test_a_line_that_waits_for_a_person_is_kept(world: World, member: UUID, ops: str) -> None:
    node = world.nodes["QM"]
    node.start(records.OLDER)
    rec = make.visit(node, member, "bad" * 20)
    world.settle()
    prune(world.hub)
    make.change(node, records.VISIT, (member, rec), note="still bad")
    world.settle()
    prune(world.hub)
    pass_time(world, RECEIPTED)
    assert ops not in prune(world.hub)
    assert make.asides(world.hub) == [("open", "invalid"), ("open", "invalid")]


def test_damage_before_the_horizon_is_noticed(world: World, member: UUID, ops: str) -> None:
    node = world.nodes["QM"]
    changed_often(node, member)
    world.settle()
    prune(node)
    pass_time(world, RECEIPTED)
    prune(node)
    make.damage(node, ops, 4)
    assert len(faults(node)) == 1


def test_f33_a_silent_node_holds_nothing_up_and_one_that_was_heard_of_does(world: World) -> None:
    hub, registry = world.hub, "hub.registry"
    rec = make.sign(hub, world.hub_id)
    for number in range(3):
        make.change(hub, records.SIGN, (world.hub_id, rec), text=str(number))
    world.sync("QN")
    prune(hub)
    pass_time(world, READ)
    world.sync("QN")
    assert registry in prune(hub)  # the other node was last heard of before all this


def test_f33_a_node_behind_that_was_heard_of_lately_holds_its_lines(world: World) -> None:
    hub, registry = world.hub, "hub.registry"
    rec = make.sign(hub, world.hub_id)
    make.change(hub, records.SIGN, (world.hub_id, rec), text="newer")
    prune(hub)
    pass_time(world, READ)
    world.lines["QM"].always = _only_hello
    world.sync("QM")
    assert registry not in prune(hub)


def _only_hello(call: Call) -> Answer:
    return cut_before(call) if "/changes" in call.path else call.deliver()
