"""Forgetting: what a record said leaves every copy of its lines, and every chain still verifies."""

import json
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from sri_admin.federation import streams
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import erased_form
from sri_admin.federation.models import SyncLine
from sri_admin.federation.recovery import deciding, salvage
from sri_admin.federation.salvage_models import SalvageCause, SalvageState
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation import world as worlds
from tests.federation.records import VISIT, Sign, Visit
from tests.federation.test_world_handover import reclaim
from tests.federation.test_world_restored import marks, salvaged
from tests.federation.world import Site, World
from tests.make import federation as make

SECRET = "Rosa Beispiel"


@pytest.fixture
def stream(member: UUID) -> str:
    return stream_name(MEMBER_OPS, member)


def forget(site: Site, member: UUID, rec: UUID) -> None:
    site.write(member, lambda: records.forget(records.get(Visit, member, rec)))


def says(site: Site, stream: str) -> bool:
    return any(SECRET.encode() in line for line in make.lines(site, stream))


def written_twice(site: Site, member: UUID) -> UUID:
    rec = make.visit(site, member, note=SECRET)
    make.change(site, VISIT, (member, rec), note=f"{SECRET}, corrected")
    return rec


def test_erasing_leaves_the_place_and_the_hash_of_every_earlier_line(world: World, member: UUID, stream: str) -> None:
    node = world.nodes["QM"]
    rec = written_twice(node, member)
    forget(node, member, rec)
    kept = [json.loads(line) for line in make.lines(node, stream)][-3:]
    assert [each["k"] for each in kept] == ["x", "x", "c"]
    assert (kept[2]["op"], kept[2]["rev"], kept[2]["id"]) == ("erase", 3, str(rec))


def test_i12_erasing_reaches_every_copy_and_chains_still_verify(world: World, member: UUID, stream: str) -> None:
    node = world.nodes["QM"]
    rec = written_twice(node, member)
    world.settle()
    assert says(world.hub, stream)
    forget(node, member, rec)
    world.settle()
    assert not [site.name for site in world.sites if worlds.holding(site, SECRET)]
    assert rec not in make.rows(world.hub, Visit)
    invariants.at_rest(world)


def test_f31_a_record_erased_before_it_ever_travelled_arrives_already_empty(
    world: World, member: UUID, stream: str
) -> None:
    node = world.nodes["QM"]
    rec = written_twice(node, member)
    forget(node, member, rec)
    world.settle()
    assert not says(world.hub, stream)
    assert rec not in make.rows(world.hub, Visit)
    invariants.at_rest(world)


def test_f31_a_peer_that_was_away_forgets_at_its_next_contact(world: World, member: UUID, stream: str) -> None:
    node = world.nodes["QM"]
    rec = written_twice(node, member)
    world.settle()
    forget(node, member, rec)
    make.visit(node, member, "later")
    assert says(world.hub, stream)
    world.settle()
    assert not says(world.hub, stream)


def test_an_order_to_forget_is_obeyed_for_a_kind_that_is_not_known_here(
    world: World, member: UUID, stream: str
) -> None:
    node = world.nodes["QM"]
    world.hub.start(kinds=tuple(each for each in records.KINDS if each is not VISIT))
    rec = written_twice(node, member)
    world.settle()
    assert says(world.hub, stream)
    forget(node, member, rec)
    world.settle()
    assert not says(world.hub, stream)


def test_an_erased_record_stays_erased_when_it_is_written_anew(world: World, member: UUID, stream: str) -> None:
    node = world.nodes["QM"]
    rec = written_twice(node, member)
    forget(node, member, rec)
    node.write(member, lambda: records.put(Visit(member_id=member, id=rec, mark="w", note="new", shelf_id=None)))
    world.settle()
    assert make.rows(world.hub, Visit)[rec]["note"] == "new"
    assert not says(world.hub, stream)


@pytest.mark.parametrize("what", ["other text", "another hash", "another place"])
def test_the_database_lets_a_line_become_nothing_but_its_erased_form(world: World, member: UUID, what: str) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, note=SECRET)

    def body() -> None:
        wanted = sa.select(SyncLine).where(SyncLine.kind == VISIT.name)
        line = db.session.scalars(wanted).one()
        erased = erased_form(line.line)
        if what == "other text":
            line.line = line.line.replace(SECRET.encode(), b"Nobody")
        elif what == "another hash":
            line.line = erased.replace(b'"h":"', b'"h":"0', 1)
        else:
            line.line, line.rev = erased, 7

    with pytest.raises(ProgrammingError, match="a line is erased or stays as it is"):
        node.write(member, body)


def test_an_order_to_forget_that_a_restored_node_gave_is_given_again(world: World, member: UUID, stream: str) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member, note=SECRET)
    world.settle()
    node.keep("old")
    node.restore("old")
    forget(node, member, rec)
    invariants.at_rest(world)
    for site in (node, world.hub):
        assert rec not in make.rows(site, Visit)
        assert worlds.holding(site, SECRET) == []


def test_an_order_to_forget_that_a_restored_hub_lost_is_given_again(world: World, member: UUID) -> None:
    rec = make.sign(world.hub, world.hub_id, SECRET)
    world.settle()
    world.hub.keep("old")
    world.hub.write(world.hub_id, lambda: records.forget(records.get(Sign, world.hub_id, rec)))
    world.settle()
    world.hub.go_back("old")
    world.go_on()
    invariants.at_rest(world)
    for site in world.sites:
        assert rec not in make.rows(site, Sign)
        assert worlds.holding(site, SECRET) == []


@pytest.mark.parametrize("is_gone", [False, True])
def test_an_order_to_forget_that_a_copy_gave_and_a_person_takes_over_stays_one(
    world: World, member: UUID, stream: str, *, is_gone: bool
) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member, note=SECRET)
    world.settle()
    node.keep("old")
    forget(node, member, rec)
    order = make.lines(node, stream)[-1]
    node.go_back("old")
    if is_gone:
        make.remove(node, VISIT, (member, rec))
    node.write(member, lambda: keep_late(stream, order))
    assert says(node, stream)
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    assert json.loads(make.lines(node, stream)[-1])["op"] == "erase"
    invariants.at_rest(world)
    assert not [site.name for site in world.sites if worlds.holding(site, SECRET)]


def keep_late(stream: str, *lines: bytes) -> None:
    """Keep lines as another copy of this node handed them back."""
    row, far = streams.by_name(stream), Place(2, 2**53 - 1)
    salvage.keep(row, far, lines, source=ids.new(), cause=SalvageCause.LATE, state=SalvageState.OPEN)


def test_what_was_never_sent_of_a_record_that_was_forgotten_meanwhile_is_not_kept(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member)
    world.settle()
    make.change(node, VISIT, (member, rec), note=SECRET)
    make.change(node, VISIT, (member, rec), note=f"{SECRET}, corrected")
    assert sorted(worlds.holding(node, SECRET)) == ["probe_visit", "sync_line"]
    reclaim(world, member)
    forget(world.hub, member, rec)
    invariants.at_rest(world)
    for site in (node, world.hub):
        assert worlds.holding(site, SECRET) == []
    assert {state for _cause, state in salvaged(world.hub)} == {"dismissed"}


def test_an_order_to_forget_from_a_node_that_was_given_up_waits_for_a_person(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member, "kept", note=SECRET)
    world.settle()
    forget(node, member, rec)
    reclaim(world, member)
    world.settle()
    assert (marks(world.hub), salvaged(world.hub)) == (["kept"], [("late", "open")])
    world.hub.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert marks(world.hub) == []
    for site in (node, world.hub):
        assert worlds.holding(site, SECRET) == []


def test_what_was_written_after_an_order_to_forget_is_kept(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member)
    forget(node, member, rec)
    node.write(member, lambda: records.put(Visit(member_id=member, id=rec, mark="w", note="new", shelf_id=None)))
    world.settle()
    make.change(node, VISIT, (member, rec), note="newer")
    reclaim(world, member)
    invariants.at_rest(world)
    assert salvaged(world.hub) == [("late", "open")]
