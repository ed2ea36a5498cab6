"""Records into tables: in any order, with whatever is wrong with one of them, the others stand."""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import limits
from sri_admin.federation.apply import Record, apply
from sri_admin.federation.kinds import all_kinds
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation.records import BOOK, SHELF, STAMP, Book, Shelf, Stamp, Visit
from tests.federation.world import Site, World
from tests.make import federation as make


def put_in(site: Site, member: UUID, *given: Record) -> list[tuple[int, str]]:
    """Apply records as a page brings them; return the faults."""

    def body() -> list[tuple[int, str]]:
        return [(each.n, each.code) for each in apply(member, given, order=all_kinds()).faults]

    return site.write(member, body)


def shelf(n: int, rec: UUID, mark: str, *, rev: int = 1) -> Record:
    return Record(n, SHELF, rec, rev, {"mark": mark, "size": 1})


def book(n: int, shelf_id: UUID) -> Record:
    return Record(n, BOOK, ids.new(), 1, {"shelf_id": str(shelf_id), "title": "t"})


def test_f39_a_child_before_its_parent_stands_on_the_same_page(world: World, member: UUID) -> None:
    parent = ids.new()
    assert put_in(world.nodes["QM"], member, book(1, parent), shelf(2, parent, "a")) == []
    assert len(make.rows(world.nodes["QM"], Book)) == 1


def test_f39_a_child_whose_parent_never_comes_is_named_and_the_others_stand(world: World, member: UUID) -> None:
    parent, node = ids.new(), world.nodes["QM"]
    given = (book(1, ids.new()), shelf(2, parent, "a"), book(3, parent))
    assert put_in(node, member, *given) == [(1, "clash")]
    assert (len(make.rows(node, Book)), len(make.rows(node, Shelf))) == (1, 1)


def test_f40_a_clash_with_what_stands_names_the_newcomer(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    put_in(node, member, shelf(1, ids.new(), "taken"))
    assert put_in(node, member, shelf(2, ids.new(), "taken"), shelf(3, ids.new(), "free")) == [(2, "clash")]
    assert sorted(row["mark"] for row in make.rows(node, Shelf).values()) == ["free", "taken"]


def test_two_records_that_swap_a_unique_value_swap_it_on_one_page(world: World, member: UUID) -> None:
    one, two, node = ids.new(), ids.new(), world.nodes["QM"]
    put_in(node, member, shelf(1, one, "a"), shelf(2, two, "b"))
    assert put_in(node, member, shelf(3, one, "b", rev=2), shelf(4, two, "a", rev=2)) == []
    assert make.rows(node, Shelf)[one]["mark"] == "b"


@pytest.mark.parametrize("count", [10_000, pytest.param(50_000, marks=pytest.mark.chaos)])
def test_f41_one_bad_record_among_many_is_set_aside_alone(world: World, member: UUID, count: int) -> None:
    node = world.nodes["QM"]
    node.start(records.OLDER)
    marks = [str(number) for number in range(count)]
    marks[count // 2] = "x" * 41
    for piece in batched(marks, limits.TRANSACTION_CHANGES):
        node.write(member, partial(enter_visits, member, piece))
    invariants.at_rest(world)
    assert make.asides(world.hub) == [("open", "invalid")]
    assert len(make.rows(world.hub, Visit)) == count - 1


def batched(marks: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(marks), size):
        yield marks[start : start + size]


def enter_visits(member: UUID, marks: list[str]) -> None:
    for mark in marks:
        records.put(Visit(member_id=member, mark=mark, note="", shelf_id=None))


def test_f41_one_clashing_record_among_many_is_set_aside_alone(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    given = [shelf(n, ids.new(), str(n)) for n in range(1, 200)]
    assert put_in(node, member, *given, shelf(200, ids.new(), "7")) == [(200, "clash")]
    assert len(make.rows(node, Shelf)) == 199


def test_an_older_revision_never_replaces_a_newer_one(world: World, member: UUID) -> None:
    rec, node = ids.new(), world.nodes["QM"]
    put_in(node, member, shelf(1, rec, "new", rev=5))
    put_in(node, member, shelf(2, rec, "old", rev=4))
    assert make.rows(node, Shelf)[rec]["mark"] == "new"


def test_the_last_of_several_changes_on_a_page_stands(world: World, member: UUID) -> None:
    rec, node = ids.new(), world.nodes["QM"]
    put_in(node, member, shelf(1, rec, "a"), Record(2, SHELF, rec, 2, None), shelf(3, rec, "c", rev=3))
    assert make.rows(node, Shelf)[rec]["mark"] == "c"
    put_in(node, member, shelf(4, rec, "d", rev=4), Record(5, SHELF, rec, 5, None))
    assert make.rows(node, Shelf) == {}


def test_what_was_written_once_stays_as_it_came_first(world: World, member: UUID) -> None:
    rec, node = ids.new(), world.nodes["QM"]
    put_in(node, member, Record(1, STAMP, rec, 1, {"mark": "first"}))
    put_in(node, member, Record(2, STAMP, rec, 1, {"mark": "second"}))
    assert make.rows(node, Stamp) == {rec: {"mark": "first"}}


def test_a_record_of_another_tenant_is_out_of_reach(world: World, member: UUID) -> None:
    hub, rec = world.hub, ids.new()
    other = world.members["QN"]
    put_in(hub, other, shelf(1, rec, "theirs"))
    assert put_in(hub, member, Record(2, SHELF, rec, 9, None), shelf(3, ids.new(), "theirs")) == []
    query = sa.select(Shelf.mark).where(Shelf.member_id == other)
    assert hub.read(lambda: db.session.scalars(query).all()) == ["theirs"]


def test_a_field_we_do_not_know_is_left_out_of_the_table_only(world: World, member: UUID) -> None:
    rec, node = ids.new(), world.nodes["QM"]
    payload = {"mark": "m", "size": 1, "colour": "red", "member_id": str(world.members["QN"]), "version": 99}
    assert put_in(node, member, Record(1, SHELF, rec, 1, payload)) == []
    assert make.rows(node, Shelf) == {rec: {"mark": "m", "size": 1}}


def test_a_page_of_one_kind_is_one_statement(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    given = [shelf(n, ids.new(), str(n)) for n in range(1, 300)]
    with make.counting(node) as sent:
        put_in(node, member, *given)
    assert len([each for each in sent if "probe_shelf" in each]) == 1


def test_f42_a_kind_on_another_stream_than_declared_is_set_aside(world: World, member: UUID) -> None:
    visits = records.Kind(name="probe.shelf", model=Visit, schema=records.VisitWire, stream=records.MEMBER_OPS)
    node = world.nodes["QM"]
    node.start((visits, records.STAMP))
    make.visit(node, member, "moved")
    make.visit(node, member, "again")
    assert world.sync("QM").ok
    assert make.asides(world.hub) == [("open", "wrong_stream"), ("open", "wrong_stream")]
    assert make.rows(world.hub, Shelf) == {}


def test_a_value_the_database_refuses_is_set_aside_and_not_the_page(world: World, member: UUID) -> None:
    too_big = Record(1, SHELF, ids.new(), 1, {"mark": "m", "size": 2**40})
    faults = put_in(world.nodes["QM"], member, too_big, shelf(2, ids.new(), "ok"))
    assert [n for n, _code in faults] == [1]
    assert len(make.rows(world.nodes["QM"], Shelf)) == 1


def test_two_kinds_of_both_sides_may_share_an_id(world: World, member: UUID) -> None:
    node, rec = world.nodes["QM"], ids.new()
    make.shelf(world.hub, member, "before")
    invariants.at_rest(world)
    node.write(member, lambda: records.put(Stamp(member_id=member, id=rec, mark="asked")))
    invariants.at_rest(world)
    world.hub.write(member, lambda: records.put(Shelf(member_id=member, id=rec, mark="answered", size=1)))
    invariants.at_rest(world)
    make.change(world.hub, SHELF, (member, rec), mark="settled")
    invariants.at_rest(world)
    assert make.asides(node) == make.asides(world.hub) == []
    assert (make.rows(node, Shelf)[rec]["mark"], make.rows(world.hub, Stamp)[rec]["mark"]) == ("settled", "asked")
