"""A node set back, with its folder, to before its change of keys: it gets in by those that wait, or by new ones."""

import shutil
from pathlib import Path
from uuid import UUID

import pytest

from sri_admin.federation import enrolment, joining, keyring, keys
from sri_admin.federation.enrolment import HasNodeError
from sri_admin.federation.enrolment_papers import EnrolmentError
from sri_admin.federation.recovery import deciding
from sri_admin.kernel import installation, tenancy
from sri_admin.kernel.db import db
from sri_admin.kernel.installation import Standing
from sri_admin.kernel.signing import fingerprint
from tests.federation import invariants, records
from tests.federation.test_revocation import withdraw
from tests.federation.test_rotation import in_use, rotate
from tests.federation.test_world_recovery_pages import set_back, standing
from tests.federation.test_world_restored import marks
from tests.federation.world import Site, World
from tests.make import federation as make


def folder(node: Site) -> Path:
    """Return the folder of identity and keys."""
    return installation.instance_folder(node.settings)


def restore(node: Site, kept: Path) -> None:
    """Restore the database and the folder of one backup."""
    for file in folder(node).iterdir():
        if not file.name.startswith("incarnation."):  # what the world itself keeps lies there as well
            file.unlink()
    shutil.copytree(kept, folder(node), dirs_exist_ok=True)
    set_back(node, "old")


def keep(node: Site, kept: Path) -> None:
    """Back the database up together with the folder."""
    node.keep("old")
    shutil.copytree(folder(node), kept)


def issue(world: World, member: UUID) -> str:
    """Make a code for the member's node."""
    return world.hub.write(
        member, lambda: enrolment.issue_code(records.DOER, db.session.get_one(tenancy.Tenant, member))
    )


def test_a_backup_of_the_days_of_the_change_gets_in_by_the_keys_that_wait(
    world: World, member: UUID, node: Site, tmp_path: Path
) -> None:
    new = rotate(world)
    make.visit(node, member, "before the backup")
    keep(node, tmp_path / "kept")
    world.settle()
    make.visit(node, member, "after the backup")
    world.settle()
    restore(node, tmp_path / "kept")
    world.settle()
    assert (in_use(node), node.do(keyring.waiting), standing(node)) == (new, None, Standing.IN_USE)
    make.visit(node, member, "afterwards")
    world.settle()
    assert marks(world.hub) == marks(node) == ["after the backup", "afterwards", "before the backup"]
    invariants.at_rest(world)


def test_a_backup_older_than_the_change_comes_back_with_new_keys_and_loses_nothing(
    world: World, member: UUID, node: Site, tmp_path: Path
) -> None:
    make.visit(node, member, "sent")
    world.settle()
    make.visit(node, member, "in the backup, not sent yet")
    keep(node, tmp_path / "kept")
    rotate(world)
    make.visit(node, member, "after the backup")
    world.settle()
    world.settle()
    restore(node, tmp_path / "kept")
    assert world.sync("QM").code == "invalid_client"
    with pytest.raises(HasNodeError):
        issue(world, member)
    withdraw(world, member)
    assert world.sync("QM").code == "invalid_client"
    old = in_use(node)
    world.enrol("QM")
    assert in_use(node) != old
    world.settle()
    world.settle()
    if waiting := node.read(lambda: list(deciding.offered(member))):
        assert node.write(member, lambda: deciding.take_over(records.DOER, member)) == len(waiting)
        world.settle()
    make.visit(node, member, "afterwards")
    world.settle()
    assert (marks(world.hub), standing(node)) == (
        ["after the backup", "afterwards", "in the backup, not sent yet", "sent"],
        Standing.IN_USE,
    )
    invariants.at_rest(world)


def test_keys_that_are_over_neither_spend_a_code_nor_break_anything(
    world: World, member: UUID, node: Site, tmp_path: Path
) -> None:
    keep(node, tmp_path / "kept")
    rotate(world)
    world.settle()
    withdraw(world, member)
    restore(node, tmp_path / "kept")
    code = issue(world, member)
    for keeps in (True, False):
        document = node.do(lambda keeps=keeps: joining.request(code, keeps=keeps))
        with pytest.raises(EnrolmentError) as refused:
            world.hub.do(lambda document=document: enrolment.receive(document))
        assert refused.value.code == "key_taken"
    node.do(keyring.renew)
    document = node.do(lambda: joining.request(code))
    known = world.hub.do(lambda: enrolment.receive(document))
    assert known.fingerprint == node.do(lambda: fingerprint(keys.own_key().verify_key))
