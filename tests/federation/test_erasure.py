"""Forgetting: what a record said leaves every copy of its lines, and every chain still verifies."""

import json
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from sri_admin.federation.lines import erased_form
from sri_admin.federation.models import SyncLine
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation.records import VISIT, Visit
from tests.federation.world import Site, World
from tests.make import federation as make

SECRET = "Rosa Beispiel"


@pytest.fixture
def member(world: World) -> UUID:
    return world.members["QM"]


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
    assert not says(node, stream)
    assert not says(world.hub, stream)
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
