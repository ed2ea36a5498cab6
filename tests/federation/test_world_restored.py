"""A node that was restored or set back refills from the hub and goes on in a new epoch; what it wrote is offered."""

from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import streams
from sri_admin.federation.recovery import deciding
from sri_admin.federation.recovery.models import NodeIncarnation
from sri_admin.federation.salvage_models import SyncSalvage
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import ids, installation
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation.records import Visit
from tests.federation.world import Site, World
from tests.make import federation as make


def marks(site: Site) -> list[str]:
    """Return the marks of the visits that stand at a site."""
    return sorted(row["mark"] for row in make.rows(site, Visit).values())


def epoch(site: Site, name: str) -> int:
    """Return the epoch of a stream at a site."""
    return site.read(lambda: streams.by_name(name).epoch)


def salvaged(site: Site) -> list[tuple[str, str]]:
    """Return cause and state of every line that was kept aside."""
    wanted = sa.select(SyncSalvage.cause, SyncSalvage.state).order_by(SyncSalvage.n)
    return site.read(lambda: [(cause.value, state.value) for cause, state in db.session.execute(wanted)])


def test_f19_a_restored_node_refills_from_the_hub_and_goes_on_in_a_new_epoch(world: World, member: UUID) -> None:
    node, ops = world.nodes["QM"], stream_name(MEMBER_OPS, member)
    node.keep("old")
    make.visit(node, member, "after the backup")
    world.settle()
    node.restore("old")
    assert marks(node) == []
    assert world.sync("QM").ok
    assert marks(node) == ["after the backup"]
    make.visit(node, member, "afterwards")
    invariants.at_rest(world)
    assert (epoch(node, ops), epoch(world.hub, ops), marks(world.hub)) == (3, 3, ["after the backup", "afterwards"])
    assert salvaged(node) == []


def test_f19_i23_a_restored_node_brings_back_what_the_hub_never_had_of_its_backup(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "in the backup, never sent")
    node.keep("old")
    node.restore("old")
    world.settle()
    assert salvaged(node) == [("set_back", "open")]
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert marks(world.hub) == marks(node) == ["in the backup, never sent"]


def test_f20_what_a_node_set_back_wrote_again_is_offered_and_can_be_taken_over(world: World, member: UUID) -> None:
    node, rec = world.nodes["QM"], ids.new()
    make.visit(node, member, "a", id=rec)
    world.settle()
    node.keep("old")
    make.change(node, records.VISIT, (member, rec), mark="as the hub has it")
    world.settle()
    node.restore("old")
    make.change(node, records.VISIT, (member, rec), mark="as written again")
    make.visit(node, member, "new")
    world.settle()
    assert marks(node) == marks(world.hub) == ["as the hub has it"]
    changes = node.read(lambda: [each.changes for each in deciding.offered()])
    assert changes[0] == [("mark", "as the hub has it", "as written again")]
    assert node.write(member, lambda: deciding.take_over(records.DOER, member)) == 2
    invariants.at_rest(world)
    assert marks(world.hub) == ["as written again", "new"]


def test_f20_what_is_left_out_keeps_its_reason(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    node.keep("old")
    make.visit(node, member, "first")
    world.settle()
    node.restore("old")
    make.visit(node, member, "second")
    world.settle()
    chosen = node.read(lambda: [each.newest.id for each in deciding.offered()])
    node.write(member, lambda: deciding.dismiss(records.DOER, member, chosen, reason="entered twice"))
    invariants.at_rest(world)
    assert salvaged(node) == [("set_back", "dismissed")]
    assert node.read(lambda: [each.reason for each in deciding.history()]) == ["entered twice"]


def test_f21_a_snapshot_of_the_machine_is_noticed_and_goes_on_as_another_incarnation(
    world: World, member: UUID
) -> None:
    node = world.nodes["QM"]
    node.keep("snapshot")
    make.visit(node, member, "after the snapshot")
    world.settle()
    node.go_back("snapshot")
    make.visit(node, member, "written without knowing")
    assert world.sync("QM").ok
    invariants.at_rest(world)
    assert marks(node) == ["after the snapshot"]
    assert salvaged(node) == [("set_back", "open")]
    states = sa.select(NodeIncarnation.state).where(NodeIncarnation.node_id == identity(node))
    found = world.hub.read(lambda: sorted(each.value for each in db.session.scalars(states)))
    assert found == ["current", "earlier"]


def identity(site: Site) -> UUID:
    """Return the id of an installation."""
    return site.do(lambda: installation.identity().id)
