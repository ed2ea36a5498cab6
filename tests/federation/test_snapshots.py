"""A reader that lines are no longer kept for takes a snapshot, and then goes on by pages."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient
from marshmallow import fields

from sri_admin.federation import contact, exchange, keys, limits, streams
from sri_admin.federation.client import Answer
from sri_admin.federation.commands import node as commands
from sri_admin.federation.key_life import Place
from sri_admin.federation.kinds import Kind
from sri_admin.federation.merge import StreamError
from sri_admin.federation.recovery import deciding
from sri_admin.federation.snapshot_models import SyncSnapshot, SyncSnapshotLine
from sri_admin.federation.snapshots import jobs, manifest, receiving
from sri_admin.federation.snapshots.manifest import Manifest
from sri_admin.federation.stream_names import HUB_MEMBER, MEMBER_OPS, stream_name
from sri_admin.kernel import clock, ids, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from tests.federation import invariants, records, sticks
from tests.federation.pair import paired
from tests.federation.records import Book, Shelf, Sign, Visit
from tests.federation.test_pruning import READ, RECEIPTED, changed_often, faults, pass_time, prune
from tests.federation.test_world_restored import salvaged
from tests.federation.world import Call, Site, World, cut_before, flip_answer
from tests.make import federation as make
from tests.make import people

REGISTRY = "hub.registry"


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
    make.agree(node)
    assert world.sync("QM").ok
    assert (snapshot(node, REGISTRY), len(make.rows(node, Sign))) == (("done", 2), 2)
    world.sync("QN")
    make.agree(world.nodes["QN"])
    invariants.at_rest(world)


def test_a_snapshot_that_is_cut_off_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    signs(world, 7)
    prune_past_readers(world)
    monkeypatch.setattr(limits, "PAGE_CHANGES", 2)
    line, node = world.lines["QM"], world.nodes["QM"]
    line.always = lambda call: cut_before(call) if is_page(call) and held(node) == 4 else call.deliver()
    assert not world.sync("QM").ok
    assert snapshot(node, REGISTRY) == ("coming", None)
    line.always = None
    assert world.sync("QM").ok
    asked = [call.path for call in line.heard if is_page(call)]
    assert len(asked) - len(set(asked)) == 1  # the one that was cut
    monkeypatch.undo()
    invariants.at_rest(world)


def is_page(call: Call) -> bool:
    """Say whether a request is about a page of a snapshot."""
    return "/snapshot/lines" in call.path


@pytest.mark.parametrize("bit", [9, 3000])
def test_a_damaged_page_is_refused_and_nothing_of_it_kept(world: World, bit: int) -> None:
    signs(world, 3)
    prune_past_readers(world)
    line, flip = world.lines["QM"], flip_answer(bit)
    line.always = lambda call: flip(call) if is_page(call) else call.deliver()
    assert not world.sync("QM").ok
    assert held(world.nodes["QM"]) == 0
    invariants.at_rest(world)


def held(site: Site) -> int:
    """Count the lines of snapshots a site holds that do not stand yet."""
    return site.read(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(SyncSnapshotLine)) or 0)


def test_a_snapshot_that_is_replaced_while_it_comes_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = signs(world, 5)
    prune_past_readers(world)
    make.change(world.hub, records.SIGN, (world.hub_id, made[0]), text="newest")
    monkeypatch.setattr(limits, "PAGE_CHANGES", 2)
    line, turned = world.lines["QM"], [False]

    def prune_after_the_first_page(call: Call) -> Answer:
        if is_page(call) and held(world.nodes["QM"]) == 2 and not turned[0]:
            turned[0] = True
            prune_past_readers(world)
        return call.deliver()

    line.always = prune_after_the_first_page
    world.sync("QM")
    monkeypatch.undo()
    invariants.at_rest(world)
    assert (turned, snapshot(world.nodes["QM"], REGISTRY)) == ([True], ("done", 0))


def test_a_record_that_cannot_stand_is_set_aside_and_holds_nothing_up(world: World, member: UUID) -> None:
    node, hub = world.nodes["QM"], world.hub
    hub.start(tuple(LOOSE_SHELF if kind is records.SHELF else kind for kind in records.KINDS))
    make.shelf(hub, member, "bad" * 20)
    make.shelf(hub, member, "good")
    prune_past_readers(world)
    assert world.sync("QM").ok
    assert [row["mark"] for row in make.rows(node, Shelf).values()] == ["good"]
    assert make.asides(node) == [("open", "invalid")]


class _LooseShelfWire(records.ShelfWire):
    """probe.shelf/1 as a program takes it that does not yet know how long a mark may be."""

    mark = fields.String(required=True)


LOOSE_SHELF = Kind(name=records.SHELF.name, model=Shelf, schema=_LooseShelfWire, stream=HUB_MEMBER)


def test_i12_what_was_forgotten_after_the_horizon_is_not_in_the_snapshot(world: World) -> None:
    made, node = signs(world, 6), world.nodes["QM"]
    world.settle()
    make.change(world.hub, records.SIGN, (world.hub_id, made[1]), text="news for the node")
    prune_past_readers(world)
    world.hub.write(world.hub_id, lambda: records.forget(records.get(Sign, world.hub_id, made[0])))
    assert world.sync("QM").ok
    assert (snapshot(node, REGISTRY), made[0] in make.rows(node, Sign)) == (("done", 1), False)
    lines = [json.loads(line) for line in make.lines(node, REGISTRY)]
    assert [line["d"] for line in lines if line.get("id") == str(made[0])] == [{}]
    invariants.at_rest(world)


@pytest.mark.parametrize("written", [0, 12])
def test_f19_i23_a_node_restored_from_before_the_hubs_horizon_takes_its_own_stream_back_by_snapshot(
    world: World, member: UUID, written: int
) -> None:
    node, ops = world.nodes["QM"], stream_name(MEMBER_OPS, member)
    rec = make.visit(node, member, "a")
    world.settle()
    make.visit(node, member, "in the backup, never sent")
    node.keep("old")
    node.go_back("old")
    _live_on_for_long(world, member, rec)
    node.restore("old")
    for number in range(written):
        make.visit(node, member, f"written before anybody was heard {number}")
    assert world.sync("QM").ok
    world.settle()
    assert (snapshot(node, ops), salvaged(node)) == (("done", 0), [("set_back", "open")] * (1 + written))
    assert sorted(row["mark"] for row in make.rows(node, Visit).values()) == ["a", "b", "in the backup, never sent"]
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert len(make.rows(world.hub, Visit)) == 3 + written


def _live_on_for_long(world: World, member: UUID, rec: UUID) -> None:
    node = world.nodes["QM"]
    for number in range(3):
        make.change(node, records.VISIT, (member, rec), note=str(number))
    make.visit(node, member, "b")
    world.settle()
    prune(world.hub)
    pass_time(world, RECEIPTED)
    prune(world.hub)


def test_i22_a_hub_restored_from_before_a_nodes_horizon_takes_the_nodes_stream_by_snapshot(
    world: World, member: UUID
) -> None:
    node, hub, ops = world.nodes["QM"], world.hub, stream_name(MEMBER_OPS, member)
    rec = make.visit(node, member, "a")
    world.settle()
    hub.keep("old")
    for number in range(3):
        make.change(node, records.VISIT, (member, rec), note=str(number))
    world.settle()
    prune(node)
    pass_time(world, RECEIPTED)
    prune(node)
    make.visit(node, member, "after the horizon")
    hub.restore("old")
    world.go_on()
    world.settle()
    assert snapshot(hub, ops) == ("done", 0)
    assert make.rows(hub, Visit) == make.rows(node, Visit)
    invariants.at_rest(world)
    assert faults(hub) == []


def test_a_person_agrees_on_a_page_and_both_sides_see_that_one_is_asked(world: World) -> None:
    made, node = signs(world, 2), world.nodes["QM"]
    world.settle()
    make.remove(world.hub, records.SIGN, (world.hub_id, made[0]))
    prune_past_readers(world)
    for _again in range(2):
        assert world.sync("QM").code == "many_removed"
    chair = node.do(lambda: people.browser(node.app, people.person("chair", world.members["QM"])))
    said = node.do(lambda: chair.get("/connection").get_data(as_text=True))
    assert "would remove 1 of \u20682\u2069 records" in said
    assert world.hub.read(lambda: {each.trouble for each in contact.of_nodes().values()}) == {"many_removed", None}
    node.do(lambda: _agree_on_the_page(chair))
    assert world.sync("QM").ok
    assert (snapshot(node, REGISTRY), list(make.rows(node, Sign))) == (("done", 1), made[1:])


def _agree_on_the_page(chair: FlaskClient) -> None:
    with transaction.reading(records.reach(UUID(int=0))):
        row = db.session.scalars(sa.select(SyncSnapshot)).one()
        named = {"member_id": str(row.member_id), "snapshot": str(row.id)}
    form = {**named, "csrf_token": people.token_of(chair, "/fresh-copies")}
    assert "Your reason" in chair.post("/fresh-copies/agree", data=form).get_data(as_text=True)
    answer = chair.post("/fresh-copies/agree", data={**form, "reason": "SRI says so."}, follow_redirects=True)
    assert "stands after the next exchange" in answer.get_data(as_text=True)


def test_what_would_go_is_said_by_command_before_it_goes(world: World, member: UUID) -> None:
    node, ops = world.nodes["QM"], stream_name(MEMBER_OPS, member)
    changed_often(node, member)
    world.settle()
    prune(node)
    pass_time(world, RECEIPTED)
    said = [node.do(lambda words=words: CliRunner().invoke(commands, words)) for words in _COMMANDS]
    assert [each.exit_code for each in said] == [0, 0, 0, 0]
    assert json.loads(said[0].stdout)["streams"][-1] == {"stream": ops, "horizon": [2, 4], "removed": 3, "kept": 1}
    assert "3 old lines would go" in said[1].output
    assert "3 old lines went" in said[2].output
    assert said[3].output == "Nothing is old enough.\n"


_COMMANDS = (["prune", "--dry-run", "--json"], ["prune", "--dry-run"], ["prune"], ["prune"])


def test_a_stick_brings_a_snapshot_to_a_node_that_was_away_for_too_long(world: World, tmp_path: Path) -> None:
    made, node = signs(world, 3), world.nodes["QM"]
    old = sticks.from_hub(world, tmp_path / "old").files
    prune_past_readers(world)
    make.change(world.hub, records.SIGN, (world.hub_id, made[0]), text="after the horizon")
    files = sticks.from_hub(world, tmp_path).files
    assert [sticks.read(node, each).outcome.code for each in (files, files, old)] == [None, None, None]
    assert snapshot(node, REGISTRY) == ("done", 0)
    assert make.rows(node, Sign) == make.rows(world.hub, Sign)
    invariants.at_rest(world)


def test_f32_a_snapshot_by_stick_that_would_remove_many_asks_a_person_too(world: World, tmp_path: Path) -> None:
    made, node = signs(world, 2), world.nodes["QM"]
    world.settle()
    make.remove(world.hub, records.SIGN, (world.hub_id, made[0]))
    prune_past_readers(world)
    files = sticks.from_hub(world, tmp_path).files
    assert sticks.read(node, files).outcome.code == "many_removed"
    make.agree(node)
    assert sticks.read(node, files).outcome.code is None
    assert list(make.rows(node, Sign)) == made[1:]


def test_f32_a_snapshot_of_no_lines_waits_for_a_person(world: World) -> None:
    made, node = signs(world, 1), world.nodes["QM"]
    world.settle()
    here = world.hub.read(lambda: streams.position(streams.by_name(REGISTRY)))
    place = Place(here.epoch, here.n + 1)
    empty = Manifest(*here[:4], bytes(32), 0, manifest.seed(REGISTRY, place), "2026-11-20T10:00:00Z", str(ids.new()))
    sealed = world.hub.do(lambda: manifest.seal(empty._replace(n=place.n), keys.own_key()))
    node.do(lambda: receiving.begin(REGISTRY, sealed, keys.receipt_key))
    with pytest.raises(StreamError, match="many_removed"):
        node.do(lambda: receiving.finish(REGISTRY))
    assert list(make.rows(node, Sign)) == made
    assert snapshot(node, REGISTRY) == ("asking", 1)


def test_a_node_that_missed_the_end_of_an_epoch_comes_to_the_next_by_snapshot(world: World) -> None:
    made = signs(world, 3)
    world.hub.keep("old")
    world.hub.restore("old")
    world.go_on()
    for rec in made:
        make.change(world.hub, records.SIGN, (world.hub_id, rec), text="of the new epoch")
    prune_past_readers(world)
    make.change(world.hub, records.SIGN, (world.hub_id, made[0]), text="after the horizon")
    assert world.sync("QM").ok
    assert snapshot(world.nodes["QM"], REGISTRY) == ("done", 0)
    seen = invariants.at_rest(world)
    assert seen.held[world.nodes["QM"].name].streams[REGISTRY].position.epoch == 2


def test_a_new_node_joins_where_old_lines_are_no_longer_kept(
    cluster: postgres.Cluster, template: str, tmp_path: Path
) -> None:
    with paired(cluster, template, tmp_path) as pair:
        pair.at_hub(lambda: transaction.write(tenancy.only(pair.member_id), lambda: _move(pair.member_id)))
        with clock.running(lambda: datetime.now(UTC) - READ):
            pair.at_hub(jobs.prune_all)
        assert {each.stream for each in pair.at_hub(jobs.prune_all)} == {stream_name(HUB_MEMBER, pair.member_id)}
        pair.enrol()
        outcome = pair.at_node(lambda: exchange.synchronise(pair.line))
        assert (outcome.ok, pair.at_node(lambda: _region(pair.member_id))) == (True, "west")


def _move(member_id: UUID) -> None:
    row = records.get(Member, member_id, member_id)
    row.region = "west"
    records.tell(row)


def _region(member_id: UUID) -> str:
    with transaction.reading(tenancy.only(member_id)):
        return records.get(Member, member_id, member_id).region


def test_f18_a_node_killed_at_any_statement_of_taking_a_snapshot_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs(world, 6)
    prune_past_readers(world)
    monkeypatch.setattr(limits, "PAGE_CHANGES", 2)
    node, at, is_through = world.nodes["QM"], 20, False
    while not is_through:
        with make.counting(node, crash_at=at), suppress(make.Crash):
            is_through = world.sync("QM").ok
        at += 13
    monkeypatch.undo()
    assert at > 100
    assert (snapshot(node, REGISTRY), held(node), faults(node)) == (("done", 0), 0, [])
    invariants.at_rest(world)


def test_f32_a_snapshot_given_to_the_hub_that_would_remove_many_waits_there(world: World, member: UUID) -> None:
    node, hub = world.nodes["QM"], world.hub
    made = [make.visit(node, member, str(number)) for number in range(3)]
    world.settle()
    hub.keep("old")
    for rec in made[:2]:
        make.remove(node, records.VISIT, (member, rec))
    world.settle()
    prune(node)
    pass_time(world, RECEIPTED)
    prune(node)
    hub.restore("old")
    world.go_on()
    assert world.sync("QM").code == "many_removed"
    assert len(make.rows(hub, Visit)) == 3
    make.agree(hub)
    assert world.sync("QM").ok
    assert make.rows(hub, Visit) == make.rows(node, Visit)
