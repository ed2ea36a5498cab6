"""Keys and roots change by stick as by network: a node that never sees a line follows its hub all the same."""

from pathlib import Path
from uuid import UUID

import pytest

from sri_admin.federation import roots, rotation
from sri_admin.federation.root import RootError, sign_root
from tests.federation import records, sticks
from tests.federation.records import Visit
from tests.federation.test_roots import OFFICERS, publish, to_officers, version_at
from tests.federation.test_rotation import in_use
from tests.federation.world import Site, World
from tests.make import federation as make


def test_f48_a_change_of_keys_goes_by_stick_and_is_confirmed_by_stick(
    world: World, member: UUID, node: Site, tmp_path: Path
) -> None:
    make.visit(node, member, "before")
    new = node.write(member, lambda: rotation.begin(records.DOER))
    there, back = sticks.round_trip(world, tmp_path)
    assert (there.outcome.ok, back.outcome.ok, in_use(node)) == (True, True, new)
    make.visit(node, member, "after")
    assert sticks.round_trip(world, tmp_path)[0].outcome.ok
    assert len(make.rows(world.hub, Visit)) == 2
    world.settle()


def test_f48_a_second_stick_before_the_answer_loses_nothing(
    world: World, member: UUID, node: Site, tmp_path: Path
) -> None:
    node.write(member, lambda: rotation.begin(records.DOER))
    sticks.read(world.hub, sticks.from_node(world, tmp_path).files)
    make.visit(node, member, "between")
    early = sticks.read(world.hub, sticks.from_node(world, tmp_path).files)
    assert early.outcome.code == "unknown_key"
    sticks.read(node, sticks.from_hub(world, tmp_path).files)
    assert sticks.round_trip(world, tmp_path)[0].outcome.ok
    assert len(make.rows(world.hub, Visit)) == 1


def test_f52_roots_and_a_new_key_of_the_hub_are_followed_by_stick(world: World, node: Site, tmp_path: Path) -> None:
    old = in_use(world.hub)
    to_officers(world)
    assert publish(world, *OFFICERS[:2], new_control_key=True, drop={old}) == 3
    assert in_use(world.hub) != old
    taken = sticks.read(node, sticks.from_hub(world, tmp_path).files)
    assert (taken.outcome.ok, version_at(node)) == (True, 3)
    assert sticks.read(node, sticks.from_hub(world, tmp_path).files).outcome.ok


def test_f52_a_root_one_of_three_has_signed_is_refused_by_stick(world: World, node: Site, tmp_path: Path) -> None:
    to_officers(world)
    (file,) = sticks.from_hub(world, tmp_path).files
    lone = world.hub.do(lambda: sign_root(roots.draft(), OFFICERS[:1]))
    sticks.forged(world.hub, file, lambda manifest: manifest._replace(roots=(*manifest.roots, lone)))
    with pytest.raises(RootError) as refused:
        sticks.read(node, [file])
    assert (refused.value.code, version_at(node)) == ("root_threshold", 2)
