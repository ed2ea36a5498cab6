"""A reader that lines are no longer kept for takes a snapshot, and then goes on by pages."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import streams
from sri_admin.federation.snapshot_models import SyncSnapshot
from sri_admin.federation.snapshots import receiving
from sri_admin.federation.stream_names import HUB_MEMBER, stream_name
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation.records import Book, Shelf, Sign
from tests.federation.test_pruning import READ, faults, pass_time, prune
from tests.federation.world import Site, World
from tests.make import federation as make

REGISTRY = "hub.registry"


@pytest.fixture
def member(world: World) -> UUID:
    return world.members["QM"]


def snapshot(site: Site, stream: str) -> tuple[str, int | None] | None:
    """Return how a site's snapshot of a stream stands, and how many records it removes."""
    wanted = sa.select(SyncSnapshot).where(SyncSnapshot.stream == stream)
    found = site.read(lambda: [(each.state.value, each.removes) for each in db.session.scalars(wanted)])
    return found[0] if found else None


def prune_past_readers(world: World) -> None:
    """Let the hub prune what it wrote, after so long that nobody who was silent holds it up."""
    prune(world.hub)
    pass_time(world, READ)
    prune(world.hub)


def agree(site: Site, stream: str) -> None:
    """Let a person agree to the snapshot of a stream."""
    member_id = site.read(lambda: streams.tenant_of(stream))

    def body() -> None:
        found = db.session.scalars(sa.select(SyncSnapshot).where(SyncSnapshot.stream == stream)).one()
        receiving.agree(records.DOER, found, reason="It is as SRI says.")

    site.write(member_id, body)


def signs(world: World, count: int) -> list[UUID]:
    """Put up signs at the hub, each changed once."""
    made = [make.sign(world.hub, world.hub_id, str(number)) for number in range(count)]
    for rec in made:
        make.change(world.hub, records.SIGN, (world.hub_id, rec), text="newer")
    return made


def test_i24_a_node_silent_for_too_long_comes_back_by_snapshot_and_the_tail(world: World) -> None:
    made = signs(world, 3)
    prune_past_readers(world)
    make.change(world.hub, records.SIGN, (world.hub_id, made[0]), text="after the horizon")
    outcome = world.sync("QM")
    assert (outcome.ok, snapshot(world.nodes["QM"], REGISTRY)) == (True, ("done", 0))
    invariants.at_rest(world)
    assert make.rows(world.nodes["QM"], Sign) == make.rows(world.hub, Sign)
    assert faults(world.nodes["QM"]) == []


def test_f29_i11_what_was_deleted_while_a_node_was_away_for_too_long_stays_deleted(world: World) -> None:
    made = signs(world, 6)
    world.settle()
    make.remove(world.hub, records.SIGN, (world.hub_id, made[0]))
    prune_past_readers(world)
    assert world.sync("QM").ok
    assert made[0] not in make.rows(world.nodes["QM"], Sign)
    invariants.at_rest(world)


def test_records_that_refer_to_one_another_come_in_any_order(world: World, member: UUID) -> None:
    shelf, other = ids.new(), ids.new()
    make.shelf(world.hub, member, "a", id=shelf)
    make.shelf(world.hub, member, "b", id=other)
    world.hub.write(member, lambda: records.put(Book(member_id=member, shelf_id=shelf, title="t")))
    world.settle()
    _swap_marks(world, member, shelf, other)
    prune_past_readers(world)
    assert world.sync("QM").ok
    invariants.at_rest(world)
    assert snapshot(world.nodes["QM"], stream_name(HUB_MEMBER, member)) == ("done", 0)
    assert {row["mark"] for row in make.rows(world.nodes["QM"], Shelf).values()} == {"a", "b"}


def _swap_marks(world: World, member: UUID, one: UUID, other: UUID) -> None:
    def body() -> None:
        first, second = records.get(Shelf, member, one), records.get(Shelf, member, other)
        first.mark, second.mark = second.mark, first.mark
        records.tell(first)
        records.tell(second)

    world.hub.write(member, body)


def test_f32_a_snapshot_that_would_remove_many_records_waits_for_a_person(world: World) -> None:
    made, node = signs(world, 4), world.nodes["QM"]
    world.settle()
    for rec in made[:2]:
        make.remove(world.hub, records.SIGN, (world.hub_id, rec))
    prune_past_readers(world)
    outcome = world.sync("QM")
    assert (outcome.code, outcome.stream) == ("many_removed", REGISTRY)
    assert (snapshot(node, REGISTRY), len(make.rows(node, Sign))) == (("asking", 2), 4)
    agree(node, REGISTRY)
    assert world.sync("QM").ok
    assert (snapshot(node, REGISTRY), len(make.rows(node, Sign))) == (("done", 2), 2)
    world.sync("QN")
    agree(world.nodes["QN"], REGISTRY)
    invariants.at_rest(world)
