"""What stands beside a travelling record and never travels: it goes with its record, wherever that was forgotten."""

from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation.handover.models import Direction
from sri_admin.federation.recovery import deciding
from sri_admin.federation.salvage_models import SyncSalvage
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.members.models.office import OfficeHolder, OfficeHolderPrivate
from sri_admin.members.operations import offices
from sri_admin.members.rules.office import Office
from tests.federation import invariants, records
from tests.federation import world as worlds
from tests.federation.test_world_handover import begin, writers
from tests.federation.test_world_restored import salvaged
from tests.federation.world import Site, World
from tests.make import federation as make
from tests.make import members

SHOWN, SECRET = "Rosa of the board", "Rosa Beispiel"


def administrator(member: UUID) -> Actor:
    """Return somebody who enters and erases office holders, also at a place that lists no members."""
    return members.actor("member_administrator", member)


def enter(site: Site, member: UUID) -> UUID:
    """Enter an office holder with both halves."""
    values = {"office": Office.CHAIR, "display_name": SHOWN, "starts_on": date(2025, 1, 1), "full_name": SECRET}

    def body() -> UUID:
        return offices.enter_office_holder(administrator(member), members.found(member), values=values).id

    return site.write(member, body)


def erase(site: Site, member: UUID, rec: UUID) -> None:
    """Erase an office holder as an administrator does."""

    def body() -> None:
        holder = db.session.get_one(OfficeHolder, (member, rec))
        values = {"reason": "asked for it", "version": holder.version}
        offices.erase_office_holder(administrator(member), holder, values=values)

    site.write(member, body)


def private_halves(site: Site) -> list[str | None]:
    """Return the names in the private halves of a site."""
    return site.read(lambda: list(db.session.scalars(sa.select(OfficeHolderPrivate.full_name))))


def holders(site: Site) -> set[UUID]:
    """Return who stands at a site."""
    return site.read(lambda: set(db.session.scalars(sa.select(OfficeHolder.id))))


def is_nowhere(world: World) -> bool:
    """Say whether no table of anybody holds a word of either half."""
    return not any(worlds.holding(site, value) for site in world.sites for value in (SHOWN, SECRET))


def test_i12_who_was_erased_after_the_backup_does_not_come_back_with_it(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = enter(node, member)
    world.settle()
    node.keep("old")
    erase(node, member, rec)
    world.settle()
    assert is_nowhere(world)
    node.restore("old")
    assert (holders(node), private_halves(node)) == ({rec}, [SECRET])
    invariants.at_rest(world)
    assert (holders(node), private_halves(node), make.asides(node)) == (set(), [], [])
    assert is_nowhere(world)


def test_i12_a_hub_restored_from_before_an_erasure_hears_of_it_again(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = enter(node, member)
    world.settle()
    world.hub.keep("old")
    erase(node, member, rec)
    world.settle()
    world.hub.restore("old")
    assert holders(world.hub) == {rec}
    world.go_on()
    make.take_back_permissions(world.hub, world.hub_id)
    invariants.at_rest(world)
    assert is_nowhere(world)


def test_the_half_a_former_writer_kept_goes_when_the_next_one_forgets_the_record(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    begin(world, member, Direction.TO_HUB)
    world.settle()
    rec = enter(world.hub, member)
    begin(world, member, Direction.TO_NODE)
    world.settle()
    assert writers(world, member) == [False, True]
    assert (private_halves(world.hub), private_halves(node)) == ([SECRET], [])
    erase(node, member, rec)
    invariants.at_rest(world)
    assert (holders(world.hub), private_halves(world.hub), make.asides(world.hub)) == (set(), [], [])
    assert is_nowhere(world)


@pytest.fixture
def set_back(world: World, member: UUID) -> UUID:
    """Somebody who is in a backup and was never sent: after the restore they wait for a decision."""
    node = world.nodes["QM"]
    rec = enter(node, member)
    node.keep("old")
    node.restore("old")
    world.settle()
    assert (holders(node), salvaged(node)) == (set(), [("set_back", "open")])
    return rec


def test_i23_both_halves_are_there_again_when_the_record_is_taken_over(
    world: World, member: UUID, set_back: UUID
) -> None:
    node = world.nodes["QM"]
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert (holders(node), private_halves(node)) == ({set_back}, [SECRET])


def test_the_half_of_a_record_that_is_left_out_goes_too(world: World, member: UUID, set_back: UUID) -> None:
    node = world.nodes["QM"]
    waiting = node.read(lambda: list(db.session.scalars(sa.select(SyncSalvage.id))))
    node.write(member, lambda: deciding.dismiss(records.DOER, member, waiting, reason="left years ago"))
    assert (holders(node), private_halves(node)) == (set(), [])
