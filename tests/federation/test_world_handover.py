"""A member's records are handed over, both ways, called off and reclaimed: never two writers, nothing lost."""

from pathlib import Path
from uuid import UUID

import pytest

from sri_admin.federation import streams
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.handover import steps
from sri_admin.federation.handover.models import Direction
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, HandingOverError
from tests.federation import invariants, records, sticks
from tests.federation import world as worlds
from tests.federation.test_revocation import withdraw
from tests.federation.test_world_restored import identity, marks, salvaged
from tests.federation.world import World
from tests.make import federation as make


def begin(world: World, member: UUID, direction: Direction) -> None:
    """Start a hand-over at the hub."""
    node_id = identity(world.nodes["QM"])

    def body() -> None:
        steps.begin(records.DOER, db.session.get_one(Node, node_id), direction, reason="as agreed")

    world.hub.write(member, body)


def reclaim(world: World, member: UUID) -> None:
    """Give the node up at the hub."""
    node_id = identity(world.nodes["QM"])
    world.approval(member, lambda: steps.reclaim(records.DOER, node_id, reason="it was stolen"))


def writers(world: World, member: UUID) -> list[bool]:
    """Return who says it writes the member's records: the hub, the node."""
    name = stream_name(MEMBER_OPS, member)
    return [site.read(lambda: streams.by_name(name).own) for site in (world.hub, world.nodes["QM"])]


def test_a_member_goes_to_the_hub_and_back_with_its_whole_history(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "at the node")
    begin(world, member, Direction.TO_HUB)
    invariants.at_rest(world)
    assert writers(world, member) == [True, False]
    make.visit(world.hub, member, "at the hub")
    with pytest.raises(ElsewhereError):
        make.visit(node, member, "too late")
    begin(world, member, Direction.TO_NODE)
    invariants.at_rest(world)
    assert writers(world, member) == [False, True]
    make.visit(node, member, "at the node again")
    invariants.at_rest(world)
    assert marks(world.hub) == marks(node) == ["at the hub", "at the node", "at the node again"]


def test_nothing_is_written_while_records_are_handed_over(world: World, member: UUID) -> None:
    begin(world, member, Direction.TO_HUB)
    world.settle()
    begin(world, member, Direction.TO_NODE)
    with pytest.raises(HandingOverError):
        make.visit(world.hub, member, "meanwhile")


def test_f28_a_hand_over_that_is_called_off_leaves_everything_as_it_was(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    begin(world, member, Direction.TO_HUB)
    world.lines["QM"].always = lambda call: (
        worlds.cut_before(call) if call.path.endswith("/handovers") else call.deliver()
    )
    make.visit(node, member, "unsent")
    world.sync("QM")
    with pytest.raises(HandingOverError):
        make.visit(node, member, "meanwhile")
    world.hub.write(member, lambda: steps.cancel(records.DOER, member, reason="not yet"))
    invariants.at_rest(world)
    make.visit(node, member, "afterwards")
    invariants.at_rest(world)
    assert marks(world.hub) == ["afterwards", "unsent"]


def test_f27_a_grant_lost_on_its_way_arrives_later(world: World, member: UUID) -> None:
    begin(world, member, Direction.TO_HUB)
    world.lines["QM"].always = lambda call: (
        worlds.cut_after(call) if call.path.endswith("/handovers") else call.deliver()
    )
    assert world.sync("QM").code == "unreachable"
    assert writers(world, member) == [True, True]
    with pytest.raises(HandingOverError):
        make.visit(world.nodes["QM"], member, "meanwhile")
    invariants.at_rest(world)
    assert writers(world, member) == [True, False]


def test_f28_a_node_given_up_that_comes_late_hands_back_what_it_had_not_sent(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "sent")
    world.settle()
    make.visit(node, member, "never sent")
    reclaim(world, member)
    make.visit(world.hub, member, "at the hub since")
    assert marks(world.hub) == ["at the hub since", "sent"]
    invariants.at_rest(world)
    assert salvaged(world.hub) == [("late", "open")]
    assert marks(node) == ["at the hub since", "sent"]


def test_f49_what_a_withdrawn_node_wrote_is_taken_over_by_the_hub_once(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "sent")
    world.settle()
    withdraw(world, member)
    reclaim(world, member)
    make.visit(world.hub, member, "at the hub since")
    assert world.sync("QM").code == "key_revoked"
    with pytest.raises(ConflictError):
        reclaim(world, member)
    assert (marks(world.hub), marks(node)) == (["at the hub since", "sent"], ["sent"])


def test_f28_a_late_batch_of_an_old_epoch_is_not_taken(world: World, member: UUID) -> None:
    make.visit(world.nodes["QM"], member, "sent twice")
    world.settle()
    late = next(call for call in world.lines["QM"].heard if call.path.endswith("/batches"))
    reclaim(world, member)
    assert late.deliver().status in {404, 409}
    assert marks(world.hub) == ["sent twice"]


def test_a_country_with_records_of_its_own_at_the_hub_gets_a_node(world: World, member: UUID) -> None:
    make.visit(world.nodes["QM"], member, "before")
    begin(world, member, Direction.TO_HUB)
    world.settle()
    make.visit(world.hub, member, "hosted")
    reclaim_by_node(world, member)
    invariants.at_rest(world)
    assert marks(world.hub) == marks(world.nodes["QM"]) == ["before", "hosted"]


def test_a_country_whose_node_was_given_up_gets_another_with_its_records(world: World, member: UUID) -> None:
    make.visit(world.nodes["QM"], member, "before")
    world.settle()
    withdraw(world, member)
    reclaim(world, member)
    make.visit(world.hub, member, "hosted")
    assert world.sync("QM").code == "key_revoked"
    world.enrol("QM")
    world.settle()
    invariants.at_rest(world)
    assert writers(world, member) == [False, True]
    assert marks(world.hub) == marks(world.nodes["QM"]) == ["before", "hosted"]


def reclaim_by_node(world: World, member: UUID) -> None:
    """Hand the records back to the node."""
    begin(world, member, Direction.TO_NODE)


@pytest.mark.parametrize("lost", [0, 2])
def test_f23_a_hub_set_back_behind_a_hand_over_hears_that_it_lost_the_permission(
    world: World, member: UUID, lost: int
) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "before the backup")
    world.settle()
    world.hub.keep("old")
    for number in range(lost):
        make.visit(node, member, f"lost by the hub {number}")
    begin(world, member, Direction.TO_HUB)
    invariants.at_rest(world)
    world.hub.go_back("old")
    world.go_on()
    codes = [world.sync("QM").code for _round in range(3)]
    assert codes[-1] == "hub_restored"
    assert writers(world, member) == [False, False]
    make.take_back_permissions(world.hub, world.hub_id)
    invariants.at_rest(world)
    assert writers(world, member) == [True, False]
    assert marks(world.hub) == sorted(["before the backup", *(f"lost by the hub {number}" for number in range(lost))])


def test_i19_what_the_hub_writes_for_a_country_reaches_its_node_by_stick(
    world: World, member: UUID, tmp_path: Path
) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "at the node")
    begin(world, member, Direction.TO_HUB)
    world.settle()
    make.visit(world.hub, member, "at the hub")
    there, back = sticks.round_trip(world, tmp_path)
    assert (there.outcome.code, back.outcome.code, back.changes) == (None, None, 1)
    assert marks(node) == ["at the hub", "at the node"]
    invariants.at_rest(world)
