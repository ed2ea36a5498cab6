"""By stick as by network (I19): the same lines arrive, whatever is repeated, lost, changed or forged on the way."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import exchange, export, report
from sri_admin.federation.bundle import volumes
from sri_admin.federation.bundle.box import BundleError
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.models import NodeKey
from sri_admin.federation.stream_names import HUB_MEMBER, MEMBER_OPS, stream_name
from sri_admin.kernel.db import db
from tests.federation import invariants, records, sticks
from tests.federation.records import BOOK, SHELF, Book, Shelf, Sign, Visit
from tests.federation.world import Site, World
from tests.make import federation as make


@pytest.fixture
def ops(member: UUID) -> str:
    return stream_name(MEMBER_OPS, member)


def write_both_ways(world: World, member: UUID) -> None:
    """Have records, a change, a removal and one that waits, all with ids that are the same in every run."""
    hub, node, shelf = world.hub, world.nodes["QM"], sticks.fixed(1)
    make.shelf(hub, member, "first", id=shelf)
    make.shelf(hub, member, "second", id=sticks.fixed(2))
    hub.write(member, lambda: records.put(Book(member_id=member, id=sticks.fixed(3), shelf_id=shelf, title="t")))
    make.change(hub, SHELF, (member, sticks.fixed(2)), size=7)
    make.remove(hub, BOOK, (member, sticks.fixed(3)))
    hub.write(world.hub_id, lambda: records.put(Sign(member_id=world.hub_id, id=sticks.fixed(4), text="s")))
    make.visit(node, member, "one", id=sticks.fixed(5), shelf_id=shelf)
    make.visit(node, member, "two", id=sticks.fixed(6), shelf_id=sticks.fixed(99))


def state(world: World) -> list[Any]:
    """Return everything that travels, as the hub and the node hold it."""

    def ends(site: Site) -> Any:
        return site.read(lambda: sorted((each.stream, each.epoch, each.n, each.chain) for each in export.positions()))

    sites = (world.hub, world.nodes["QM"])
    return [
        (ends(site), [make.rows(site, model) for model in (Shelf, Book, Sign, Visit)], make.asides(site))
        for site in sites
    ]


def refused(site: Site, files: list[Path]) -> BundleError:
    """Read a stick that must be refused, and see that nothing was changed by it."""
    before = site.read(export.positions)
    with pytest.raises(BundleError) as raised:
        sticks.read(site, files)
    assert site.read(export.positions) == before
    return raised.value


def test_i19_by_stick_and_by_network_everything_ends_the_same(world: World, member: UUID, tmp_path: Path) -> None:
    write_both_ways(world, member)
    assert world.sync("QM").ok
    by_network = state(world)
    world.reset()
    write_both_ways(world, member)
    assert [each.outcome.code for each in sticks.round_trip(world, tmp_path)] == [None, None]
    assert state(world) == by_network


def test_after_both_ways_the_node_is_in_step_and_the_contact_is_by_stick(
    world: World, member: UUID, tmp_path: Path
) -> None:
    write_both_ways(world, member)
    make.shelf(world.hub, member, "awaited", id=sticks.fixed(99))
    world.time.sleep(86_400)
    sticks.round_trip(world, tmp_path)
    sticks.round_trip(world, tmp_path)
    found = world.nodes["QM"].read(report.of_hub_link)
    assert (found.is_green, found.by_stick, found.reached_at) == (True, True, world.time.now)
    assert world.hub.read(lambda: report.of_node(sticks.node_of_here(member))).by_stick


def test_what_came_by_stick_is_not_sent_again_by_network(world: World, member: UUID, tmp_path: Path) -> None:
    write_both_ways(world, member)
    sticks.round_trip(world, tmp_path)
    outcome = world.sync("QM")
    assert (outcome.ok, outcome.pulled, outcome.pushed) == (True, 0, 0)
    invariants.at_rest(world)


def test_f53_reading_again_changes_nothing(world: World, member: UUID, tmp_path: Path) -> None:
    write_both_ways(world, member)
    there, back = sticks.from_node(world, tmp_path), sticks.from_hub(world, tmp_path)
    first = sticks.read(world.hub, there.files).changes, sticks.read(world.nodes["QM"], back.files).changes
    before = state(world)
    again = sticks.read(world.hub, there.files), sticks.read(world.nodes["QM"], back.files)
    assert first == (2, 6)
    assert [(each.changes, each.outcome.code) for each in again] == [(0, None), (0, None)]
    assert state(world) == before


def test_f53_an_older_one_after_a_newer_one_changes_nothing(world: World, member: UUID, tmp_path: Path) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "a")
    make.shelf(world.hub, member, "a")
    old = sticks.from_node(world, tmp_path / "old"), sticks.from_hub(world, tmp_path / "old")
    make.visit(node, member, "b")
    make.shelf(world.hub, member, "b")
    new = sticks.from_node(world, tmp_path / "new"), sticks.from_hub(world, tmp_path / "new")
    for site, (late, early) in ((world.hub, (old[0], new[0])), (node, (old[1], new[1]))):
        assert sticks.read(site, early.files).changes == 2
        found = sticks.read(site, late.files)
        assert (found.changes, found.outcome.code) == (0, None)
    assert len(make.rows(world.hub, Visit)) == len(make.rows(node, Shelf)) == 2


def test_an_older_one_moves_no_date_back(world: World, member: UUID, tmp_path: Path) -> None:
    node = world.nodes["QM"]
    old = sticks.from_hub(world, tmp_path / "old")
    world.time.sleep(3600)
    sticks.read(node, sticks.from_hub(world, tmp_path / "new").files)
    before = node.read(report.of_hub_link).reached_at
    world.time.sleep(3600)
    sticks.read(node, old.files)
    assert node.read(report.of_hub_link).reached_at == before


def test_a_gap_is_refused_with_the_line_that_is_expected(world: World, member: UUID, ops: str, tmp_path: Path) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "a")
    world.hub.keep("before")
    world.settle()
    make.visit(node, member, "b")
    later = sticks.from_node(world, tmp_path)
    world.hub.go_back("before")
    found = sticks.read(world.hub, later.files)
    stopped = next(each for each in found.outcome.streams if each.stream == ops)
    assert (stopped.code, stopped.detail) == ("gap", "line 1 was expected")
    assert make.rows(world.hub, Visit) == {}


def test_a_gap_in_one_stream_stops_that_one_alone(world: World, member: UUID, tmp_path: Path) -> None:
    node = world.nodes["QM"]
    make.shelf(world.hub, member, "a")
    node.keep("before")
    world.settle()
    world.settle()  # at its second hello the hub learns that the node has it
    make.shelf(world.hub, member, "b")
    make.sign(world.hub, world.hub_id)
    later = sticks.from_hub(world, tmp_path)
    node.go_back("before")
    found = sticks.read(node, later.files)
    assert {each.stream: each.code for each in found.outcome.streams if each.code} == {
        stream_name(HUB_MEMBER, member): "gap"
    }
    assert len(make.rows(node, Sign)) == 1


@pytest.fixture
def split(world: World, member: UUID, tmp_path: Path) -> list[Path]:
    """A stick of several small volumes for the hub."""
    for mark in range(4):
        make.visit(world.nodes["QM"], member, str(mark), note=os.urandom(600).hex())
    found = sticks.from_node(world, tmp_path / "split", volume_bytes=1000).files
    assert len(found) > 2
    return found


def test_volumes_are_put_together_in_any_order(world: World, split: list[Path]) -> None:
    assert sticks.read(world.hub, split[::-1]).changes == 4


def test_f53_a_missing_volume_is_named(world: World, split: list[Path]) -> None:
    error = refused(world.hub, [split[0], *split[2:]])
    assert (error.code, error.facts["volumes"]) == ("missing_volume", "2")


@pytest.mark.parametrize("how", ["flipped", "cut", "longer"])
def test_f53_a_damaged_volume_is_named(world: World, split: list[Path], how: str) -> None:
    data = split[1].read_bytes()
    changes = {"flipped": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "cut": data[:-1], "longer": data + b"x"}
    split[1].write_bytes(changes[how])
    error = refused(world.hub, split)
    assert (error.code, error.facts["volumes"]) == ("damaged_volume", "2")


def test_f53_a_changed_bit_anywhere_in_front_is_refused(world: World, tmp_path: Path) -> None:
    file = sticks.from_node(world, tmp_path).files[0]
    data = file.read_bytes()
    for at in range(0, data.index(b"\n", 20), 41):
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert refused(world.hub, [file]).code in {
            "not_a_bundle", "newer_bundle", "missing_volume", "bad_manifest", "bad_signature",
            "unknown_key", "unknown_writer", "wrong_reader", "too_inflated",
        }, at  # fmt: skip


def test_what_packs_very_small_travels_all_the_same(world: World, member: UUID, tmp_path: Path) -> None:
    make.visit(world.nodes["QM"], member, "a", note="a" * 900_000)
    found = sticks.from_node(world, tmp_path)
    assert sticks.read(world.hub, found.files).changes == 1


def test_f53_an_interrupted_reading_is_finished_by_reading_again(world: World, member: UUID, tmp_path: Path) -> None:
    node = world.nodes["QM"]
    write_both_ways(world, member)
    found = sticks.from_hub(world, tmp_path)
    with make.counting(node) as sent:
        node.keep("before")
        sticks.read(node, found.files)
    whole = state(world)
    for crash_at in range(1, len(sent), max(1, len(sent) // 4)):
        node.go_back("before")
        with make.counting(node, crash_at=crash_at), pytest.raises(make.Crash):
            sticks.read(node, found.files)
        assert sticks.read(node, found.files).outcome.ok
        assert state(world) == whole


def test_f53_a_half_written_volume_never_has_its_name(world: World, tmp_path: Path, member: UUID) -> None:
    make.visit(world.nodes["QM"], member, "a")
    found = sticks.from_node(world, tmp_path).files
    (tmp_path / "other.sribundle.part").write_bytes(found[0].read_bytes()[:-5])
    assert volumes.find(tmp_path) == [found]


@pytest.mark.parametrize(
    ("state", "code"), [(NodeState.REVOKED, "writer_withdrawn"), (NodeState.FENCED, "duplicate_writer")]
)
def test_f49_a_stick_gives_nothing_the_network_would_refuse(
    world: World, member: UUID, tmp_path: Path, state: NodeState, code: str
) -> None:
    make.visit(world.nodes["QM"], member, "a")
    found = sticks.from_node(world, tmp_path)
    node_id = sticks.node_of(world, "QM").id
    world.hub.write(member, lambda: db.session.execute(sa.update(Node).where(Node.id == node_id).values(state=state)))
    with pytest.raises(ProtocolError) as raised:
        sticks.read(world.hub, found.files)
    assert raised.value.code == code
    assert make.rows(world.hub, Visit) == {}


def test_f49_a_withdrawn_key_signs_no_stick(world: World, member: UUID, tmp_path: Path) -> None:
    found = sticks.from_node(world, tmp_path)
    node_id = sticks.node_of(world, "QM").id

    def revoke() -> None:
        row = db.session.scalars(sa.select(NodeKey).where(NodeKey.node_id == node_id)).one()
        row.revoked = True
        records.tell(row)

    world.hub.write(world.hub_id, revoke)
    assert refused(world.hub, found.files).code == "writer_withdrawn"


def test_f54_both_ways_on_one_stick(world: World, member: UUID, tmp_path: Path) -> None:
    write_both_ways(world, member)
    sticks.from_node(world, tmp_path)
    sticks.from_hub(world, tmp_path)
    sticks.from_hub(world, tmp_path, "QN")
    for site, changes in ((world.hub, 2), (world.nodes["QM"], 6)):
        assert sticks.read_folder(site, tmp_path) == [changes]


def test_f55_receipts_alone_let_the_writer_send_no_more(world: World, member: UUID, ops: str, tmp_path: Path) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "a")
    assert sticks.from_node(world, tmp_path / "1").changes == 1
    assert sticks.from_node(world, tmp_path / "2").changes == 1
    sticks.read(world.hub, sticks.from_node(world, tmp_path / "3").files)
    back = sticks.from_hub(world, tmp_path / "4")
    assert back.changes == 0
    assert sticks.read(node, back.files).changes == 0
    assert sticks.from_node(world, tmp_path / "5").changes == 0


def test_nothing_readable_lies_on_a_stick(world: World, member: UUID, tmp_path: Path) -> None:
    make.visit(world.nodes["QM"], member, "CANARY-MARK", note="CANARY-NOTE")
    make.shelf(world.hub, member, "CANARY-SHELF")
    for written in (sticks.from_node(world, tmp_path), sticks.from_hub(world, tmp_path)):
        assert all(b"CANARY" not in file.read_bytes() for file in written.files)


def test_control_always_comes_first(world: World, member: UUID, tmp_path: Path) -> None:
    write_both_ways(world, member)
    named = [each.stream for each in sticks.manifest_of(sticks.from_hub(world, tmp_path).files[0]).parts]
    assert named[0] == "hub.control"
    assert named == exchange.in_order(named)
