"""A restored node of a country without a line gets going by two sticks: one there, one back (§13.4, §16.2)."""

from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation.bundle import told, writing
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.recovery import deciding, hub, incarnations
from sri_admin.federation.snapshots import jobs
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import ids, installation, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.installation import Standing
from tests.federation import invariants, records, sticks
from tests.federation.test_pruning import RECEIPTED
from tests.federation.test_world_handover import reclaim
from tests.federation.test_world_recovery_pages import browser, set_back, standing, text
from tests.federation.test_world_restored import epoch, identity, marks, salvaged
from tests.federation.world import Site, World
from tests.make import federation as make


def go_on_alone(node: Site, member: UUID) -> None:
    node.write(member, lambda: installation.go_on_alone(records.DOER, reason="no line for weeks"))


def refused(site: Site, files: list[Path]) -> str:
    """Return the code a stick is refused with; nothing that stands is changed by it."""
    before = marks(site)
    with pytest.raises(ProtocolError) as raised:
        sticks.read(site, files)
    assert marks(site) == before
    return raised.value.code


def test_two_sticks_refill_a_restored_node_and_it_is_in_use_again(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    ops = stream_name(MEMBER_OPS, member)
    make.visit(node, member, "before the backup")
    sticks.round_trip(world, tmp_path / "0")
    node.keep("old")
    make.visit(node, member, "after the backup")
    make.shelf(world.hub, member, "of the hub")
    sticks.round_trip(world, tmp_path / "1")
    set_back(node, "old")
    there, back = sticks.round_trip(world, tmp_path / "2")
    assert (there.outcome.code, back.outcome.code) == (None, None)
    assert marks(node) == ["after the backup", "before the backup"]
    assert (standing(node), salvaged(node)) == (Standing.IN_USE, [])
    make.visit(node, member, "afterwards")
    assert sticks.round_trip(world, tmp_path / "3")[0].changes == 1
    assert (epoch(node, ops), epoch(world.hub, ops)) == (3, 3)
    invariants.at_rest(world)


def test_what_the_hub_never_had_of_the_backup_waits_for_a_person(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    make.visit(node, member, "sent")
    sticks.round_trip(world, tmp_path / "0")
    make.visit(node, member, "in the backup, never sent")
    node.keep("old")
    set_back(node, "old")
    sticks.round_trip(world, tmp_path / "1")
    assert (marks(node), salvaged(node)) == (["sent"], [("set_back", "open")])
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    sticks.round_trip(world, tmp_path / "2")
    assert marks(world.hub) == marks(node) == ["in the backup, never sent", "sent"]
    invariants.at_rest(world)


def test_who_went_on_alone_finds_the_last_shared_line_and_loses_nothing(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    rec = ids.new()
    for number in range(5):
        make.visit(node, member, f"common {number}", **({"id": rec} if not number else {}))
    sticks.round_trip(world, tmp_path / "0")
    node.keep("old")
    make.change(node, records.VISIT, (member, rec), mark="as the hub has it")
    make.visit(node, member, "lost with the machine")
    sticks.round_trip(world, tmp_path / "1")
    set_back(node, "old")
    go_on_alone(node, member)
    make.change(node, records.VISIT, (member, rec), mark="as written alone")
    for number in range(3):
        make.visit(node, member, f"alone {number}")
    sticks.round_trip(world, tmp_path / "2")
    common = [f"common {number}" for number in range(1, 5)]
    assert marks(node) == sorted([*common, "as the hub has it", "lost with the machine"])
    assert standing(node) is Standing.IN_USE
    assert node.write(member, lambda: deciding.take_over(records.DOER, member)) == 4
    sticks.round_trip(world, tmp_path / "3")
    assert marks(world.hub) == sorted(
        [*common, "as written alone", "lost with the machine", "alone 0", "alone 1", "alone 2"]
    )
    invariants.at_rest(world)


def test_a_stick_that_was_on_its_way_is_refused_and_stops_nobody(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node.keep("old")
    make.visit(node, member, "on its way")
    late = sticks.from_node(world, tmp_path / "late").files
    world.time.sleep(3600)
    set_back(node, "old")
    sticks.round_trip(world, tmp_path / "1")
    assert refused(world.hub, late) == "older_copy"
    assert sticks.node_of(world, "QM").state is NodeState.ACTIVE
    assert sticks.round_trip(world, tmp_path / "2")[1].outcome.ok


def test_two_copies_that_both_write_sticks_are_stopped_until_one_is_kept(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node.keep("one")
    node.restore("one")
    node.keep("other")
    node.go_back("one")
    make.visit(node, member, "of the one")
    sticks.read(world.hub, sticks.from_node(world, tmp_path / "1").files)
    node.keep("one")
    node.go_back("other")
    other = node.do(lambda: installation.identity().incarnation)
    sticks.read(world.hub, sticks.from_node(world, tmp_path / "2").files)
    world.time.sleep(3600)
    node.go_back("one")
    make.visit(node, member, "of the one again")
    assert refused(world.hub, sticks.from_node(world, tmp_path / "3").files) == "duplicate_writer"
    assert sticks.node_of(world, "QM").state is NodeState.FENCED
    node_id = identity(node)
    world.approval(member, lambda: incarnations.keep(records.DOER, node_id, other, reason="the newer machine"))
    assert refused(world.hub, sticks.from_node(world, tmp_path / "4").files) == "given_up"
    node.go_back("other")
    assert sticks.round_trip(world, tmp_path / "5")[1].outcome.ok
    assert marks(world.hub) == ["of the one"]
    invariants.at_rest(world)


def test_a_node_whose_records_the_hub_took_back_is_told_that_and_not_of_copies(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    make.visit(node, member, "not sent yet")
    reclaim(world, member)
    assert refused(world.hub, sticks.from_node(world, tmp_path / "1").files) == "reclaimed"
    node.do(installation.renew)
    assert refused(world.hub, sticks.from_node(world, tmp_path / "2").files) == "reclaimed"


def test_a_copy_that_comes_while_its_node_is_stopped_is_known_to_who_decides(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node_id = identity(node)
    fenced = sa.update(Node).where(Node.id == node_id).values(state=NodeState.FENCED)
    world.hub.write(member, lambda: db.session.execute(fenced))
    node.keep("old")
    node.restore("old")
    assert refused(world.hub, sticks.from_node(world, tmp_path / "1").files) == "duplicate_writer"
    known = world.hub.read(lambda: [each.state.value for each in incarnations.of_node(node_id)])
    assert known == ["waiting", "current"]


def test_what_the_hub_wrote_for_another_incarnation_is_refused(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node.keep("old")
    make.shelf(world.hub, member, "of the hub")
    before = sticks.from_hub(world, tmp_path / "before").files
    set_back(node, "old")
    assert refused(node, before) == "other_copy"
    assert standing(node) is Standing.RESTORED


def test_reading_again_and_older_after_newer_change_nothing(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node.keep("old")
    make.visit(node, member, "after the backup")
    sticks.round_trip(world, tmp_path / "1")
    set_back(node, "old")
    there = sticks.from_node(world, tmp_path / "2").files
    sticks.read(world.hub, there)
    back = sticks.from_hub(world, tmp_path / "2").files
    sticks.read(node, back)
    make.visit(node, member, "afterwards")
    sticks.round_trip(world, tmp_path / "3")
    for site, files in ((world.hub, there), (node, back)):
        again = sticks.read(site, files)
        assert (again.changes, again.outcome.code) == (0, None)
    assert marks(world.hub) == marks(node) == ["after the backup", "afterwards"]
    invariants.at_rest(world)


def test_half_the_answer_leaves_the_node_waiting_and_the_next_one_ends_it(
    world: World, node: Site, member: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.keep("old")
    for number in range(4):
        make.visit(node, member, str(number))
    sticks.round_trip(world, tmp_path / "1")
    set_back(node, "old")
    with monkeypatch.context() as small:
        small.setattr(writing, "Draft", partial(writing.Draft, room=2))
        _there, back = sticks.round_trip(world, tmp_path / "2")
    assert (back.more, standing(node)) == (True, Standing.RESTORED)
    sticks.round_trip(world, tmp_path / "3")
    assert (standing(node), marks(node)) == (Standing.IN_USE, ["0", "1", "2", "3"])
    invariants.at_rest(world)


def test_a_restored_hub_that_waits_announces_nobody(world: World, node: Site, tmp_path: Path) -> None:
    node.keep("old")
    world.hub.keep("old")
    set_back(node, "old")
    there = sticks.from_node(world, tmp_path).files
    set_back(world.hub, "old")
    assert refused(world.hub, there) == "hub_restored"
    again = partial(hub.go_on_again, records.DOER, reason="the backup of Monday")
    world.hub.do(lambda: transaction.write(hub.everyone(), again))
    assert sticks.read(world.hub, there).outcome.ok


def test_a_machine_that_was_set_back_learns_it_from_the_receipt_and_announces_itself(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node.keep("snapshot")
    make.visit(node, member, "after the snapshot")
    sticks.round_trip(world, tmp_path / "1")
    node.go_back("snapshot")
    make.visit(node, member, "written without knowing")
    _there, back = sticks.round_trip(world, tmp_path / "2")
    assert (back.outcome.code, standing(node)) == ("ahead", Standing.ALONE)
    sticks.round_trip(world, tmp_path / "3")
    assert (standing(node), marks(node), salvaged(node)) == (
        Standing.IN_USE,
        ["after the snapshot"],
        [("set_back", "open")],
    )
    invariants.at_rest(world)


def test_a_machine_that_was_set_back_learns_it_though_another_part_stops_before(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node.keep("snapshot")
    make.visit(node, member, "after the snapshot")
    make.sign(world.hub, world.hub_id, "one")
    sticks.round_trip(world, tmp_path / "1")
    make.sign(world.hub, world.hub_id, "two")
    sticks.read(world.hub, sticks.from_node(world, tmp_path / "2").files)
    node.go_back("snapshot")
    make.visit(node, member, "written without knowing")
    back = sticks.read(node, sticks.from_hub(world, tmp_path / "2").files)
    assert (back.outcome.code, standing(node)) == ("gap", Standing.ALONE)
    sticks.round_trip(world, tmp_path / "3")
    sticks.round_trip(world, tmp_path / "4")
    assert (standing(node), marks(node)) == (Standing.IN_USE, ["after the snapshot"])
    invariants.at_rest(world)


def test_the_receipt_on_a_stick_of_before_the_horizon_proves_nothing(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    rec = make.visit(node, member, "a")
    for number in range(2):
        make.change(node, records.VISIT, (member, rec), note=str(number))
    sticks.read(world.hub, sticks.from_node(world, tmp_path / "1").files)
    late = sticks.from_hub(world, tmp_path / "1").files
    for number in range(2):
        make.change(node, records.VISIT, (member, rec), note=f"again {number}")
    sticks.round_trip(world, tmp_path / "2")
    node.do(jobs.prune_all)
    world.time.sleep(RECEIPTED.total_seconds())
    assert sum(each.removed for each in node.do(jobs.prune_all)) > 0
    before = identity_of(node)
    sticks.read(node, late)
    assert (identity_of(node), standing(node)) == (before, Standing.IN_USE)


def identity_of(node: Site) -> UUID:
    """Return which incarnation a node is."""
    return node.do(lambda: installation.identity().incarnation)


def test_who_writes_is_said_first_and_once(world: World, node: Site, member: UUID, tmp_path: Path) -> None:
    make.visit(node, member, "a")
    files = sticks.from_node(world, tmp_path).files
    forged = sticks.forged(node, files[0], lambda found: found._replace(parts=found.parts[::-1]))
    assert refused(world.hub, [forged]) == "denied"


def test_a_copy_the_hub_has_not_met_must_announce_itself(world: World, node: Site, tmp_path: Path) -> None:
    node.keep("old")
    set_back(node, "old")
    files = sticks.from_node(world, tmp_path).files
    first = sticks.manifest_of(files[0]).parts[0]
    bare = sticks.forged(node, files[0], lambda found: found._replace(parts=(first._replace(what="rotation"),)))
    assert refused(world.hub, [bare]) == "unknown_incarnation"


def test_page_and_sentence_say_which_two_sticks_and_when_it_is_over(
    world: World, node: Site, member: UUID, tmp_path: Path
) -> None:
    node.keep("old")
    set_back(node, "old")
    chair = browser(node, "chair", member)
    assert "write one here and have SRI read it, then read the answer they write" in text(node, chair, "/restored")
    _there, back = sticks.round_trip(world, tmp_path)
    said = node.do(lambda: told.taken(back.to_dict(), back.at))
    assert said.endswith("Both sides agree again; everybody can write.")
    assert "is in use" in text(node, chair, "/restored")
