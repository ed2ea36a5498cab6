"""What cannot stand yet keeps its place, blocks nothing, is named to both sides, and stands as soon as it can."""

from typing import Any
from uuid import UUID

import pytest

from sri_admin.federation import aside, control, keys, status, taking
from sri_admin.federation.checkpoint import Receipt, open_sealed
from sri_admin.federation.kinds import Kind
from sri_admin.federation.lines import Change, decode_entry, encode
from sri_admin.federation.merge import Action, judge_change
from sri_admin.federation.models import SyncAside, SyncStream
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.federation.streams import by_name
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation.records import SIGN, VISIT, Book, Shelf, Sign, Stamp, Visit, VisitWire
from tests.federation.seen import look
from tests.federation.world import Site, World
from tests.make import federation as make

BAD = "x" * 41


def without(*kinds: Kind) -> tuple[Kind, ...]:
    return tuple(each for each in records.KINDS if each not in kinds)


def restart(site: Site, kinds: tuple[Kind, ...]) -> int:
    """Start another version of the program, which looks again at what it kept."""
    site.stop()
    site.start(kinds)
    return site.do(control.replay_parked)


def older(world: World) -> Site:
    """Let the node be run by an older program, which writes what its reader refuses."""
    world.nodes["QM"].start(records.OLDER)
    return world.nodes["QM"]


def receipt(world: World, member: UUID) -> Receipt:
    """Return the last receipt the node was given."""

    def read() -> Receipt:
        row: SyncStream = by_name(stream_name(MEMBER_OPS, member))
        assert row.statement is not None
        return open_sealed(row.statement, Receipt, keys.receipt_key)

    return world.nodes["QM"].read(read)


def test_an_invalid_record_is_named_on_the_receipt_and_the_rest_stands(world: World, member: UUID) -> None:
    node = older(world)
    for mark in ("a", BAD, "c"):
        make.visit(node, member, mark)
    assert world.sync("QM").ok
    assert receipt(world, member).quarantined == (2,)
    assert [row["mark"] for row in make.rows(world.hub, Visit).values()] == ["a", "c"]
    assert not look(world).held[node.name].is_green


def test_a_receipt_names_a_thousand_and_counts_the_rest(world: World, member: UUID) -> None:
    stream = stream_name(MEMBER_OPS, member)
    make.visit(world.nodes["QM"], member)
    world.settle()
    world.hub.write(member, lambda: db.session.add_all(many_asides(by_name(stream), 1001)))
    make.visit(world.nodes["QM"], member, "next")
    world.settle()
    told = receipt(world, member)
    assert (told.quarantined, told.quarantined_total) == (tuple(range(3, 1003)), 1001)
    assert (told.parked, told.parked_total) == ((), None)
    counted = {each.stream: each.set_aside for each in world.nodes["QM"].read(status.streams)}
    assert counted[stream] == 1001


def many_asides(stream: SyncStream, count: int) -> list[SyncAside]:
    """Return entries for lines that are still to come."""
    return [aside.make(stream, n, kind="probe.visit", rec=None, rev=None) for n in range(3, count + 3)]


def test_a_person_at_the_hub_reads_what_is_wrong(world: World, member: UUID) -> None:
    make.visit(older(world), member, BAD)
    world.settle()
    [shown] = world.hub.read(lambda: status.set_aside(member))
    assert (shown.kind, shown.code, "mark" in shown.detail) == ("probe.visit", "invalid", True)


def test_a_corrected_record_settles_the_one_set_aside(world: World, member: UUID) -> None:
    node = older(world)
    rec = make.visit(node, member, BAD)
    world.settle()
    make.change(node, VISIT, (member, rec), mark="right")
    invariants.at_rest(world)
    assert make.asides(world.hub) == [("superseded", "invalid")]
    assert receipt(world, member).quarantined == ()
    assert look(world).held[node.name].is_green


def test_a_removed_record_settles_the_one_set_aside(world: World, member: UUID) -> None:
    node = older(world)
    rec = make.visit(node, member, BAD)
    world.settle()
    make.remove(node, VISIT, (member, rec))
    invariants.at_rest(world)
    assert make.asides(world.hub) == [("superseded", "invalid")]


def test_a_later_bad_revision_leaves_the_good_one_standing(world: World, member: UUID) -> None:
    node = older(world)
    rec = make.visit(node, member, "good")
    world.settle()
    make.change(node, VISIT, (member, rec), mark=BAD)
    invariants.at_rest(world)
    assert make.rows(world.hub, Visit)[rec]["mark"] == "good"


def test_f39_a_record_that_refers_to_another_stream_waits_for_it_and_then_stands(world: World, member: UUID) -> None:
    node, shelf = world.nodes["QM"], ids.new()
    rec = make.visit(node, member, "waits", shelf_id=shelf)
    world.settle()
    assert make.asides(world.hub) == [("waiting", "waiting_for")]
    make.shelf(world.hub, member, "late", id=shelf)
    make.visit(node, member, "next")
    invariants.at_rest(world)
    assert make.asides(world.hub) == [("resolved", "waiting_for")]
    assert make.rows(world.hub, Visit)[rec]["mark"] == "waits"


def test_f39_a_record_whose_reference_never_comes_stays_named(world: World, member: UUID) -> None:
    make.visit(world.nodes["QM"], member, "waits", shelf_id=ids.new())
    make.visit(world.nodes["QM"], member, "free")
    invariants.at_rest(world)
    assert receipt(world, member).quarantined == (1,)
    assert [row["mark"] for row in make.rows(world.hub, Visit).values()] == ["free"]


def test_f39_a_waiting_record_that_is_removed_waits_no_more(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    rec = make.visit(node, member, "waits", shelf_id=ids.new())
    make.remove(node, VISIT, (member, rec))
    invariants.at_rest(world)
    assert [state for state, _code in make.asides(world.hub)] in ([], ["superseded"])


def test_f40_two_records_that_clash_leave_the_first_standing(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    first = make.visit(node, member, "slug")
    world.settle()
    make.change(node, VISIT, (member, first), mark="other")
    world.lines["QM"].always = None
    second = make.visit(node, member, "slug")
    invariants.at_rest(world)
    assert {rec: row["mark"] for rec, row in make.rows(world.hub, Visit).items()} == {first: "other", second: "slug"}
    assert make.asides(world.hub) == []


def test_f34_an_unknown_kind_is_kept_and_stands_after_the_update(world: World) -> None:
    node = world.nodes["QN"]
    restart(node, without(SIGN))
    rec = make.sign(world.hub, world.hub_id, "one")
    make.change(world.hub, SIGN, (world.hub_id, rec), text="two")
    world.settle()
    assert make.asides(node) == [("parked", "unknown_kind")] * 2
    assert not look(world).held[node.name].is_green
    assert restart(node, records.KINDS) == 2
    invariants.at_rest(world)
    assert make.rows(node, Sign) == {rec: {"text": "two"}}
    assert look(world).held[node.name].is_green


def test_f34_a_newer_version_is_kept_and_stands_after_the_update(world: World) -> None:
    newer = Kind(name=SIGN.name, model=Sign, schema=SIGN.schema, stream=SIGN.stream, version=2, up={1: dict})
    world.hub.start((*without(SIGN), newer))
    rec = make.sign(world.hub, world.hub_id, "new")
    node = world.nodes["QN"]
    world.settle()
    assert make.asides(node) == [("parked", "newer_version")]
    assert make.rows(node, Sign) == {}
    restart(node, (*without(SIGN), newer))
    assert list(make.rows(node, Sign)) == [rec]


def test_f34_a_field_of_a_newer_writer_is_kept_in_the_line(world: World) -> None:
    wider = Kind(name=SIGN.name, model=Sign, schema=_WiderSign, stream=SIGN.stream)
    world.hub.start((*without(SIGN), wider))
    rec = make.sign(world.hub, world.hub_id, "both")
    invariants.at_rest(world)
    node = world.nodes["QN"]
    assert make.rows(node, Sign) == {rec: {"text": "both"}}
    assert b'"version":1' in make.lines(node, "hub.registry")[-1]


class _WiderSign(records.SignWire):
    """A newer program also sends the version of a sign."""

    version = records.fields.Integer(strict=True, required=True)


def test_f35_a_node_newer_than_its_hub_has_its_records_kept_there(world: World, member: UUID) -> None:
    world.hub.start(without(records.STAMP))
    rec = world.nodes["QM"].write(member, lambda: records.put(Stamp(member_id=member, mark="new")))
    make.visit(world.nodes["QM"], member, "known")
    world.settle()
    assert make.asides(world.hub) == [("parked", "unknown_kind")]
    assert receipt(world, member).parked == (1,)
    assert restart(world.hub, records.KINDS) == 1
    assert list(make.rows(world.hub, Stamp)) == [rec]
    invariants.at_rest(world)


def test_a_parked_record_that_is_invalid_after_the_update_is_told_to_a_person(world: World, member: UUID) -> None:
    world.hub.start(without(VISIT))
    make.visit(older(world), member, BAD)
    world.settle()
    assert restart(world.hub, records.KINDS) == 0
    assert make.asides(world.hub) == [("open", "invalid")]


def test_a_parked_record_that_lacks_a_reference_waits_for_it(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    world.hub.start(without(VISIT))
    make.visit(node, member, "v", shelf_id=ids.new())
    world.settle()
    assert restart(world.hub, records.KINDS) == 0
    assert make.asides(world.hub) == [("waiting", "waiting_for")]


def test_f37_an_old_payload_that_cannot_be_brought_up_is_set_aside(world: World, member: UUID) -> None:
    newer = Kind(name="probe.visit", model=Visit, schema=VisitWire, stream=MEMBER_OPS, version=2, up={1: _broken})
    world.hub.start((*without(VISIT), newer))
    make.visit(world.nodes["QM"], member, "old")
    make.shelf(world.hub, member, "s")
    world.settle()
    assert make.asides(world.hub) == [("open", "invalid")]
    assert len(make.rows(world.nodes["QM"], Shelf)) == 1


def _broken(_payload: dict[str, object]) -> dict[str, object]:
    raise KeyError("a field that is not there")


@pytest.mark.parametrize("fault", [KeyError("k"), AttributeError("a"), ZeroDivisionError("z"), IndexError("i")])
def test_f37_whatever_an_up_caster_raises_is_the_lines_own_fault(fault: Exception) -> None:
    def broken(_payload: dict[str, object]) -> dict[str, object]:
        raise fault

    kind = Kind(name="probe.visit", model=Visit, schema=VisitWire, stream=MEMBER_OPS, version=2, up={1: broken})
    made, why = taking.record_of(kind, _change(1, {}), UUID(int=1))
    assert (made, why) == (None, f"cannot be brought up from version 1: {type(fault).__name__}")


def test_f36_a_record_two_versions_old_is_lifted_through_both_and_one_older_is_set_aside() -> None:
    steps = {1: _named, 2: _with_note}
    kind = Kind(name="probe.visit", model=Visit, schema=VisitWire, stream=MEMBER_OPS, version=3, up=steps)
    found = [taking.record_of(kind, _change(v, given), UUID(int=1))[0] for v, given in ((1, {"m": "a"}), (3, _NOW))]
    assert [each and each.payload for each in found] == [{"mark": "a", "note": ""}, _NOW]
    older = Kind(name="probe.visit", model=Visit, schema=VisitWire, stream=MEMBER_OPS, version=4, up={2: dict, 3: dict})
    verdict = judge_change(_change(1, {}), b"h", versions=(older.oldest, older.version), held=None)
    assert (verdict.action, verdict.code) == (Action.QUARANTINE, "older_version")


_NOW = {"mark": "a", "note": ""}


def _named(payload: dict[str, Any]) -> dict[str, Any]:
    return {"mark": payload["m"]}


def _with_note(payload: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "note": ""}


def _change(version: int, payload: dict[str, Any]) -> Change:
    line = {"k": "c", "n": 1, "t": "probe.visit", "id": str(UUID(int=1)), "rev": 1, "op": "put", "v": version, "x": 1}
    told = {"at": "2026-11-20T10:00:00Z", "by": "test", "e": 1, "d": payload}
    entry = decode_entry(encode({**line, **told}))
    assert isinstance(entry, Change)
    return entry


def test_f36_a_hub_two_versions_ahead_takes_what_a_node_wrote_for_nine_months(world: World, member: UUID) -> None:
    newest = Kind(
        name="probe.visit", model=Visit, schema=VisitWire, stream=MEMBER_OPS, version=3, up={1: dict, 2: _shouted}
    )
    world.hub.start((*without(VISIT), newest))
    make.visit(world.nodes["QM"], member, "old")
    world.settle()
    assert [row["mark"] for row in make.rows(world.hub, Visit).values()] == ["OLD"]
    assert make.asides(world.hub) == []


def _shouted(payload: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "mark": payload["mark"].upper()}


def test_f38_a_program_set_back_keeps_the_newer_lines_and_its_own_are_still_taken(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    newer = Kind(name="probe.visit", model=Visit, schema=VisitWire, stream=MEMBER_OPS, version=2, up={1: dict})
    world.hub.start((*without(VISIT), newer))
    node.start((*without(VISIT), newer))
    rec = make.visit(node, member, "by the newer")
    world.settle()
    restart(node, records.KINDS)
    make.change(node, VISIT, (member, rec), mark="by the older")
    world.settle()
    for site in (world.hub, node):
        assert [row["mark"] for row in make.rows(site, Visit).values()] == ["by the older"]
    assert make.asides(world.hub) == []


def test_f34_what_could_not_stand_without_an_unknown_kind_stands_after_the_update(world: World, member: UUID) -> None:
    node, shelf = world.nodes["QM"], ids.new()
    restart(node, without(records.SHELF))

    def body() -> None:
        records.put(Book(member_id=member, shelf_id=shelf, title="t"))
        records.put(Shelf(member_id=member, id=shelf, mark="s", size=1))

    world.hub.write(member, body)
    world.settle()
    assert sorted(make.asides(node)) == [("open", "clash"), ("parked", "unknown_kind")]
    assert restart(node, records.KINDS) == 2
    invariants.at_rest(world)
    assert len(make.rows(node, Book)) == 1
