"""The hub restored to an earlier day: no country loses a change, and what the hub had written is handed back to it."""

from datetime import timedelta
from uuid import UUID

import pytest

from sri_admin.federation.recovery import deciding
from sri_admin.kernel import ids
from tests.federation import invariants, records
from tests.federation.records import Shelf, Sign
from tests.federation.test_world_restored import marks, salvaged
from tests.federation.world import World
from tests.make import federation as make


@pytest.fixture
def member(world: World) -> UUID:
    return world.members["QM"]


def shelves(world: World) -> list[list[str]]:
    """Return the marks of the shelves at the hub and at the node."""
    sites = (world.hub, world.nodes["QM"])
    return [sorted(row["mark"] for row in make.rows(site, Shelf).values()) for site in sites]


@pytest.mark.parametrize("hours", [1, 30 * 24])
def test_f23_i22_a_restored_hub_loses_no_change_of_a_country_and_is_given_back_its_own(
    world: World, member: UUID, hours: int
) -> None:
    node, rec = world.nodes["QM"], ids.new()
    make.shelf(world.hub, member, "a", id=rec)
    make.visit(node, member, "sent before")
    world.settle()
    world.hub.keep("old")
    make.change(world.hub, records.SHELF, (member, rec), mark="b")
    make.shelf(world.hub, member, "c")
    make.sign(world.hub, world.hub_id)
    make.visit(node, member, "sent after")
    world.settle()
    world.time.now += timedelta(hours=hours)
    world.hub.go_back("old")
    world.go_on()
    invariants.at_rest(world)
    assert marks(world.hub) == ["sent after", "sent before"]
    assert shelves(world) == [["a"], ["a"]]
    world.hub.write(member, lambda: deciding.take_over(records.DOER, member))
    world.hub.write(world.hub_id, lambda: deciding.take_over(records.DOER, world.hub_id))
    invariants.at_rest(world)
    assert shelves(world) == [["b", "c"], ["b", "c"]]
    assert len(make.rows(world.nodes["QN"], Sign)) == 1
    assert {state for _cause, state in salvaged(world.hub)} == {"taken"}


def test_f23_what_two_nodes_hand_back_is_kept_once(world: World) -> None:
    world.hub.keep("old")
    make.sign(world.hub, world.hub_id)
    world.settle()
    world.hub.go_back("old")
    world.go_on()
    invariants.at_rest(world)
    assert salvaged(world.hub) == [("hub_restored", "open")]


def test_f24_hub_and_node_restored_hold_together_what_either_kept(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "in both copies")
    world.settle()
    node.keep("old")
    make.visit(node, member, "at the hub alone")
    world.settle()
    world.hub.keep("old")
    make.visit(node, member, "in neither copy")
    world.settle()
    world.hub.go_back("old")
    node.restore("old")
    world.go_on()
    invariants.at_rest(world)
    assert marks(node) == marks(world.hub) == ["at the hub alone", "in both copies"]


def test_f24_a_permission_the_hub_had_lost_is_taken_back_before_it_grants_another(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    world.hub.keep("old")
    node.keep("old")
    node.restore("old")
    world.settle()
    make.visit(node, member, "in the epoch the hub has lost")
    world.settle()
    world.hub.go_back("old")
    world.go_on()
    assert world.sync("QM").code == "hub_restored"
    world.hub.write(world.hub_id, lambda: deciding.take_over(records.DOER, world.hub_id))
    invariants.at_rest(world)
    assert marks(world.hub) == ["in the epoch the hub has lost"]
