"""Two copies of one node: both are stopped until an administrator keeps one; what the other wrote is not lost."""

from uuid import UUID

from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.recovery import deciding, incarnations
from sri_admin.kernel import installation
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation.test_world_restored import identity, marks, salvaged
from tests.federation.world import World
from tests.make import federation as make


def test_f22_an_incarnation_that_comes_back_stops_both_until_one_is_kept(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    node.keep("original")
    node.restore("original")
    world.settle()
    make.visit(node, member, "written in the copy")
    node.keep("copy")
    node.go_back("original")
    make.visit(node, member, "written in the original")
    assert world.sync("QM").code == "duplicate_writer"
    node.keep("original")
    node.go_back("copy")
    assert world.sync("QM").code == "duplicate_writer"
    assert marks(world.hub) == []
    kept, node_id = node.do(lambda: installation.identity().incarnation), identity(node)
    world.approval(member, lambda: incarnations.keep(records.DOER, node_id, kept, reason="the newer machine"))
    assert world.sync("QM").ok
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert marks(world.hub) == ["written in the copy"]
    node.keep("copy")
    node.go_back("original")
    assert world.sync("QM").code == "given_up"
    assert salvaged(world.hub) == [("late", "open")]
    node.go_back("copy")
    invariants.at_rest(world)
    assert salvaged(world.hub) == [("late", "handed_back")]
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert marks(world.hub) == ["written in the copy", "written in the original"]
    state = world.hub.read(lambda: db.session.get_one(Node, node_id).state)
    assert state is NodeState.ACTIVE


def test_an_announcement_that_comes_twice_changes_nothing(world: World) -> None:
    world.nodes["QM"].keep("old")
    world.nodes["QM"].restore("old")
    world.settle()
    old = [call for call in world.lines["QM"].heard if call.path.endswith("/incarnations")]
    assert old[0].deliver().status == 200
    invariants.at_rest(world)


def test_an_announcement_signed_by_another_node_is_refused(world: World) -> None:
    world.nodes["QN"].keep("old")
    world.nodes["QN"].restore("old")
    world.settle()
    world.sync("QM")
    foreign = next(call for call in world.lines["QN"].heard if call.path.endswith("/incarnations"))
    mine = next(call for call in reversed(world.lines["QM"].heard) if "Authorization" in call.headers)
    foreign.headers = {**mine.headers, "Content-Type": "application/json"}
    assert foreign.deliver().status == 422
    invariants.at_rest(world)
