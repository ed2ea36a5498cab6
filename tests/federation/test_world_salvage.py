"""What was written before a log went on without it: however much it is, and to whom it comes back."""

from uuid import UUID

import pytest

from sri_admin.federation.lines import Erased, ProtocolError, decode_entry
from sri_admin.federation.recovery.stepping import parted
from sri_admin.federation.salvage_models import SalvageState, SyncSalvage
from sri_admin.kernel.db import db
from tests.federation import invariants
from tests.federation.test_world_handover import reclaim
from tests.federation.test_world_restored import identity, salvaged
from tests.federation.world import Line, World
from tests.make import federation as make

LINE = (
    b'{"at":"2026-11-20T10:00:00Z","by":"a","d":{"m":"%b"},"e":1,"id":"018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978",'
    b'"k":"c","n":%d,"op":"put","rev":1,"t":"a.b","v":1,"x":%d}'
)


def lines(count: int, size: int) -> list[bytes]:
    return [LINE % (b"x" * size, n, n) for n in range(1, count + 1)]


def test_a_long_history_is_parted_so_that_each_line_goes_once_and_every_place_each_time() -> None:
    given = lines(10, 1000)
    parts = list(parted(given, 5000))
    assert len(parts) > 2
    assert all(len(part) == 10 and sum(len(each) + 1 for each in part) <= 5000 for part in parts)
    whole = [each for part in parts for each in part if not isinstance(decode_entry(each), Erased)]
    assert whole == given
    assert list(parted(given, 100_000)) == [given]


def test_places_that_do_not_fit_are_refused_instead_of_left_out() -> None:
    with pytest.raises(ProtocolError):
        list(parted(lines(10, 1000), 1500))


def test_more_than_a_body_holds_is_handed_back_whole(world: World, member: UUID) -> None:
    for number in range(10):
        make.visit(world.nodes["QM"], member, f"unsent {number}", note="x" * 900_000)
    reclaim(world, member)
    invariants.at_rest(world)
    bodies = [call for call in world.lines["QM"].heard if call.path.endswith("/salvage")]
    assert (len(bodies), salvaged(world.hub)) == (2, [("late", "open")] * 10)


def test_another_node_learns_nothing_of_what_waits_for_a_writer(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    name = f"member.{member}.ops"
    make.visit(node, member, "sent")
    world.settle()
    line: Line = world.lines["QN"]
    world.sync("QN")
    mine = next(call for call in reversed(line.heard) if "Authorization" in call.headers)
    for method, path in (("GET", "salvage"), ("POST", "salvage/taken")):
        mine.method, mine.path, mine.body = method, f"/api/sync/v1/streams/{name}/{path}", b'{"h":[]}'
        assert mine.deliver().status == 404
    assert identity(node)
    assert world.hub.read(lambda: db.session.query(SyncSalvage).filter_by(state=SalvageState.OPEN).count()) == 0
