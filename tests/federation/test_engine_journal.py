"""The writer's side: every change becomes exactly one line, in the order of commits, however many write at once."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import export, limits, streams
from sri_admin.federation.stream_names import HUB_MEMBER, MEMBER_OPS, stream_name
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, ElsewhereError, InvalidError, StaleError, TooLargeError, UnavailableError
from tests.federation import invariants, records
from tests.federation.records import VISIT, Book, Shelf, Stamp, Visit
from tests.federation.world import Site, World
from tests.make import federation as make


@pytest.fixture
def stream(member: UUID) -> str:
    return stream_name(HUB_MEMBER, member)


def changes(site: Site, stream: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in make.lines(site, stream) if b'"t":"probe.' in line]


@contextmanager
def open_writer(hub: Site, member: UUID, *, lock: str = "") -> Iterator[None]:
    """Hold a write transaction open in another thread while the block runs, perhaps with a stream's head locked."""
    begun, finish = threading.Event(), threading.Event()

    def body() -> None:
        records.put(Shelf(member_id=member, mark="slow", size=1))
        db.session.flush()
        if lock:
            streams.by_name(lock, lock=True)
        begun.set()
        finish.wait(10)

    thread = threading.Thread(target=lambda: hub.write(member, body))
    thread.start()
    begun.wait(10)
    try:
        yield
    finally:
        finish.set()
        thread.join()


def test_f1_who_commits_later_gets_the_later_number(world: World, member: UUID, stream: str) -> None:
    second = threading.Thread(target=lambda: make.shelf(world.hub, member, "quick"))
    with open_writer(world.hub, member, lock=stream):
        second.start()
        second.join(0.3)
        assert second.is_alive()
        assert changes(world.hub, stream) == []
    second.join()
    assert [each["d"]["mark"] for each in changes(world.hub, stream)] == ["slow", "quick"]
    invariants.at_rest(world)


def test_f2_an_idle_writer_stands_in_nobodys_way(world: World, member: UUID, stream: str) -> None:
    with open_writer(world.hub, member):
        make.shelf(world.hub, member, "quick")
        assert world.sync("QM").pulled == 1
        assert [each["d"]["mark"] for each in changes(world.nodes["QM"], stream)] == ["quick"]
    invariants.at_rest(world)
    assert [each["d"]["mark"] for each in changes(world.nodes["QM"], stream)] == ["quick", "slow"]


def test_f3_what_is_rolled_back_leaves_no_gap(world: World, member: UUID, stream: str) -> None:
    before = make.head(world.hub, stream)

    def fail() -> None:
        records.put(Shelf(member_id=member, mark="never", size=1))
        streams.by_name(stream, lock=True)
        raise InvalidError("no")

    with pytest.raises(InvalidError):
        world.hub.write(member, fail)
    make.shelf(world.hub, member, "then")
    assert make.head(world.hub, stream) == before + 1
    invariants.at_rest(world)


def test_f4_eight_writers_of_forty_hot_records_lose_and_double_nothing(world: World, member: UUID, stream: str) -> None:
    hot = [make.shelf(world.hub, member, f"hot{number}") for number in range(40)]

    def writer(start: int) -> int:
        done = 0
        for turn in range(6):
            key = (member, hot[(start + turn * 7) % len(hot)])
            try:
                make.change(world.hub, records.SHELF, key, size=100 * (start + 1) + turn)
                done += 1
            except (StaleError, UnavailableError):
                continue
        return done

    before = make.head(world.hub, stream)
    counts = make.at_once(*(lambda start=start: writer(start) for start in range(8)))
    assert make.head(world.hub, stream) - before == sum(counts)
    invariants.at_rest(world)


def test_f5_a_page_smaller_than_a_transaction_carries_it_whole(world: World, member: UUID, stream: str) -> None:
    shelf = ids.new()

    def many() -> None:
        records.put(Shelf(member_id=member, id=shelf, mark="m", size=1))
        for number in range(4):
            records.put(Book(member_id=member, shelf_id=shelf, title=str(number)))

    world.hub.write(member, many)
    start = make.head(world.hub, stream) - 5

    def page() -> int:
        row = streams.by_name(stream)
        prefix = streams.chain_at(row, start)
        assert prefix is not None
        made = export.page(stream, export.Cursor(stream, 1, start, prefix), max_changes=1, max_bytes=1024)
        assert made is not None
        return len(made.body.splitlines()) - 1

    assert world.hub.read(page) == 5


def test_f6_a_lost_race_is_run_once_more_and_told_once(world: World, member: UUID, stream: str) -> None:
    tries: list[int] = []

    def body() -> None:
        records.put(Shelf(member_id=member, mark="race", size=1))
        db.session.flush()
        tries.append(1)
        if len(tries) == 1:
            db.session.execute(sa.text("do $$ begin raise exception 'race' using errcode = '40001'; end $$"))

    world.hub.write(member, body)
    assert (len(tries), len(changes(world.hub, stream))) == (2, 1)


def test_a_record_told_of_twice_in_one_transaction_has_one_line_with_its_final_values(
    world: World, member: UUID, stream: str
) -> None:
    def body() -> None:
        row = Shelf(member_id=member, id=ids.new(), mark="first", size=1)
        records.put(row)
        row.mark = "last"
        records.tell(row)

    world.hub.write(member, body)
    [only] = changes(world.hub, stream)
    assert (only["d"], only["op"], only["by"]) == ({"mark": "last", "size": 1}, "put", records.DOER.label)


def test_a_record_told_of_without_a_change_has_no_new_line(world: World, member: UUID, stream: str) -> None:
    rec = make.shelf(world.hub, member, "a")
    before = make.head(world.hub, stream)
    make.change(world.hub, records.SHELF, (member, rec), mark="a")
    assert make.head(world.hub, stream) == before


def test_what_was_made_and_removed_in_one_transaction_leaves_no_line(world: World, member: UUID, stream: str) -> None:
    def body() -> None:
        row = Shelf(member_id=member, id=ids.new(), mark="brief", size=1)
        records.put(row)
        db.session.flush()
        records.remove(row)

    before = make.head(world.hub, stream)
    world.hub.write(member, body)
    assert make.head(world.hub, stream) == before
    invariants.at_rest(world)


def test_f30_a_record_made_anew_goes_on_above_its_last_revision(world: World, member: UUID, stream: str) -> None:
    rec = make.shelf(world.hub, member, "a")
    world.settle()
    make.change(world.hub, records.SHELF, (member, rec), mark="b")
    make.remove(world.hub, records.SHELF, (member, rec))
    world.settle()
    assert make.rows(world.nodes["QM"], Shelf) == {}
    make.shelf(world.hub, member, "c", id=rec)
    invariants.at_rest(world)
    assert [(each["op"], each["rev"]) for each in changes(world.hub, stream)] == [
        ("put", 1),
        ("put", 2),
        ("del", 3),
        ("put", 4),
    ]
    assert make.rows(world.nodes["QM"], Shelf)[rec]["mark"] == "c"


def test_i11_a_deleted_record_stays_deleted(world: World, member: UUID) -> None:
    rec = make.shelf(world.hub, member, "a")
    make.remove(world.hub, records.SHELF, (member, rec))
    invariants.at_rest(world)
    assert make.rows(world.nodes["QM"], Shelf) == {}


def test_what_another_installation_writes_is_refused_and_leaves_nothing(world: World, member: UUID) -> None:
    with pytest.raises(ElsewhereError):
        make.visit(world.hub, member)
    with pytest.raises(ElsewhereError):
        make.shelf(world.nodes["QM"], member)
    assert make.rows(world.hub, Visit) == {}
    assert make.rows(world.nodes["QM"], Shelf) == {}


def test_an_entry_made_once_travels_as_an_addition(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = node.write(member, lambda: records.put(Stamp(member_id=member, mark="s")))
    invariants.at_rest(world)
    assert make.rows(world.hub, Stamp) == {rec: {"mark": "s"}}


def test_half_a_pair_of_surrogates_is_refused_where_it_is_written(world: World, member: UUID) -> None:
    with pytest.raises((AppError, UnicodeEncodeError)):
        make.visit(world.nodes["QM"], member, note="half \ud83d of a pair")
    assert make.rows(world.nodes["QM"], Visit) == {}


def test_f43_a_note_too_large_for_a_line_is_refused_where_it_is_written(world: World, member: UUID) -> None:
    with pytest.raises(InvalidError):
        make.visit(world.nodes["QM"], member, note="x" * limits.LINE_BYTES)
    assert make.rows(world.nodes["QM"], Visit) == {}


def test_what_a_reader_would_set_aside_is_refused_where_it_is_written(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member, "right")
    for act in (lambda: make.visit(node, member, "x" * 41), lambda: make.change(node, VISIT, (member, rec), mark="")):
        with pytest.raises(InvalidError) as refused:
            act()
        assert refused.value.stable_code == "cannot_travel"
    assert [row["mark"] for row in make.rows(node, Visit).values()] == ["right"]
    assert len(make.lines(node, stream_name(MEMBER_OPS, member))) == 1


def test_a_transaction_larger_than_a_page_is_refused_where_it_is_written(world: World, member: UUID) -> None:
    def body() -> None:
        for number in range(limits.TRANSACTION_CHANGES + 1):
            records.put(Shelf(member_id=member, mark=str(number), size=1))

    with pytest.raises(TooLargeError):
        world.hub.write(member, body)
    assert make.rows(world.hub, Shelf) == {}
