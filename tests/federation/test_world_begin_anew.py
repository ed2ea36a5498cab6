"""A replica whose lines are pruned beyond the day a hub was restored to begins anew, once a person agrees (§15.4)."""

from datetime import timedelta
from uuid import UUID

from sri_admin.federation import limits
from sri_admin.federation.recovery import deciding
from sri_admin.federation.snapshots import jobs as pruning
from sri_admin.federation.stream_names import HUB_MEMBER, stream_name
from sri_admin.kernel import ids
from tests.federation import invariants, records
from tests.federation.test_world_hub_restored import shelves
from tests.federation.test_world_recovery_pages import REASON, browser, send, text
from tests.federation.test_world_restored import marks, salvaged
from tests.federation.world import Site, World
from tests.make import federation as make


def set_back_behind_the_horizon(world: World, member: UUID) -> UUID:
    """Let the hub lose lines of which its node keeps only the newest of each record; return the record they share."""
    node, rec = world.nodes["QM"], ids.new()
    make.shelf(world.hub, member, "as the backup has it", id=rec)
    make.visit(node, member, "of the country")
    world.settle()
    world.hub.keep("old")
    for number in range(3):
        make.change(world.hub, records.SHELF, (member, rec), mark=f"change {number}")
    make.shelf(world.hub, member, "lost by the hub")
    world.settle()
    node.do(pruning.prune_all)
    world.time.sleep(timedelta(days=limits.HORIZON_DAYS + 1).total_seconds())
    node.do(pruning.prune_all)
    world.hub.go_back("old")
    world.go_on()
    return rec


def test_nothing_changes_before_a_person_agrees_and_what_the_replica_alone_knew_is_kept(
    world: World, node: Site, member: UUID
) -> None:
    set_back_behind_the_horizon(world, member)
    for _again in range(2):
        outcome = world.sync("QM")
        assert (outcome.code, outcome.stream) == ("nothing_shared", stream_name(HUB_MEMBER, member))
        assert shelves(world)[1] == ["change 2", "lost by the hub"]
    make.agree(node)
    invariants.at_rest(world)
    assert shelves(world) == [["as the backup has it"]] * 2
    assert salvaged(node) == [("hub_restored", "open"), ("hub_restored", "open")]
    found = node.read(lambda: {tuple(each.changes) for each in deciding.offered()})
    assert (("mark", "as the backup has it", "change 2"),) in found
    assert marks(world.hub) == marks(node) == ["of the country"]


def test_the_exchange_goes_on_after_it_as_ever(world: World, node: Site, member: UUID) -> None:
    rec = set_back_behind_the_horizon(world, member)
    world.sync("QM")
    make.agree(node)
    world.settle()
    make.change(world.hub, records.SHELF, (member, rec), mark="written again")
    make.shelf(world.hub, member, "new")
    make.visit(node, member, "new")
    invariants.at_rest(world)
    assert shelves(world) == [["new", "written again"]] * 2
    assert marks(world.hub) == ["new", "of the country"]


def test_a_person_finds_the_way_from_the_page_that_explains_the_stop(world: World, node: Site, member: UUID) -> None:
    set_back_behind_the_horizon(world, member)
    assert world.sync("QM").code == "nothing_shared"
    chair = browser(node, "chair", member)
    shown = text(node, chair, "/connection")
    assert "a day before everything that is kept here" in shown
    assert "Ask SRI, then agree to the fresh copy" in shown
    assert "It waits for you" in text(node, chair, "/fresh-copies")
    owner, snapshot = waiting(node)
    answered = send(node, chair, "/fresh-copies/agree", member_id=owner, snapshot=snapshot, reason=REASON)
    assert answered == 303
    invariants.at_rest(world)
    kept = text(node, chair, "/salvage")
    assert "the hub does not hold it any more" in kept
    assert "lost by the hub" in kept


def waiting(node: Site) -> tuple[str, str]:
    """Return whose snapshot waits for a person, and its id."""
    found = node.read(lambda: [(str(row.member_id), str(row.id)) for row in make.asking()])
    return found[0]
