"""Killed at any moment of a backup, a restore or an upgrade: nothing is lost, and the same command finishes it."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sri_admin.app import create_app, establish, prepare
from sri_admin.federation.part import FEDERATION
from sri_admin.kernel import database, installation, postgres
from sri_admin.kernel.backup import checking, making, pieces, restoring, shelf
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.members.part import PART as MEMBERS
from sri_admin.people.part import PART as PEOPLE
from sri_admin.program.part import PART as PROGRAM
from tests.conftest import settings_for
from tests.federation.pair import contents
from tests.kernel.strikes import PASSPHRASE, Forge, forge
from tests.kernel.test_backup import House, faults, house, policies
from tests.make import members

SEED = 20261128
OLDER = "0031"  # the tables as they were before translation and what came after it
KILLS = [10, pytest.param(200, marks=pytest.mark.chaos)]


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge(tmp_path_factory.mktemp("strikes") / "forge") as made:
        yield made


@pytest.fixture(scope="module")
def filled(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A hub with countries, history, streams, waiting jobs and some files."""
    made = house(cluster, "kills_hub", tmp_path_factory.mktemp("kills") / "home")
    prepare(made.app)
    made.do(lambda: [members.member(code) for code in ("QM", "QN")])
    put_files(made)
    return made


def put_files(made: House) -> None:
    for number in range(20):
        content = b"%d" % number * 40_000
        name = hashlib.sha256(content).hexdigest()
        path = made.home / "blobs" / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def told(act: str, made: House, folder: Path | None = None) -> dict[str, Any]:
    config = made.app.config
    addresses = [config["SQLALCHEMY_DATABASE_URI"], config["OWNER_URL"], config["BACKUP_URL"]]
    return {"act": act, "addresses": addresses, "home": str(made.home), "folder": str(folder)}


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_backup_leaves_the_others_whole_and_the_next_one_clears_up(
    filled: House, struck: Forge, tmp_path: Path, kills: int
) -> None:
    folder = tmp_path / "backups"
    work = told("back_up", filled, folder)
    lasts = struck.whole(work)
    for _kill in struck.strikes(lambda: work, kills, seed=SEED, lasts=lasts):
        found = filled.do(lambda: shelf.found(folder))
        assert found
        assert all(checking.check(each).rows for each in found)
    struck.whole(work)
    newest = filled.do(lambda: shelf.found(folder))
    assert [path for path in folder.iterdir() if path.name not in {".lock", "blobs", *(e.name for e in newest)}] == []
    assert {path.name for path in pieces.stored(folder / "blobs")} == checking.check(newest[-1]).blobs.keys()
    assert len(newest) == 2


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_restore_is_never_used_and_the_same_command_finishes_it(
    filled: House, struck: Forge, cluster: postgres.Cluster, tmp_path: Path, kills: int
) -> None:
    kept = filled.do(lambda: making.make(tmp_path / "backups", PASSPHRASE)).folder
    target = house(cluster, "kills_target", tmp_path / "target")
    lasts = struck.whole(told("restore", target, kept))

    def afresh() -> dict[str, Any]:
        if is_usable(target):  # it was finished before it was struck: the next one begins in an empty place
            empty(target)
        return told("restore", target, kept)

    unfinished = sum(not is_usable(target) for _kill in struck.strikes(afresh, kills, seed=SEED, lasts=lasts))
    if not is_usable(target):
        struck.whole(told("restore", target, kept))
    before, after = contents(filled.app), contents(target.app)
    assert {name for name in before if before[name] != after[name]} == {"installation"}
    assert (target.do(faults), policies(target) == policies(filled)) == ([], True)
    assert unfinished > kills // 2


def is_usable(made: House) -> bool:
    def act() -> bool:
        installation.forget_identity()
        try:
            installation.identify()
        except ConfigurationError:
            return False
        return True

    return made.do(lambda: restoring.what_would_be_lost() is not None) and made.do(act)


def empty(made: House) -> None:
    made.do(lambda: postgres.clear(restoring.jobs.conninfo(database.owner_url()), database.role_names()))
    shutil.rmtree(made.home)


@pytest.fixture(scope="module")
def older(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A hub as an older program left it: its tables, and rows written by the parts there were."""
    made = house(cluster, "kills_older", tmp_path_factory.mktemp("older") / "home")
    found = database.Addresses(*told("", made)["addresses"])
    parts = (FEDERATION, PEOPLE, PROGRAM, MEMBERS)
    then = House(create_app(settings_for("hub", made.home), found=found, parts=parts), made.home)
    then.do(lambda: database.migrate(OLDER))
    then.do(establish)
    then.do(lambda: [members.member(code) for code in ("QM", "QN")])
    postgres.copy_database(cluster, "kills_older", "kills_older_kept")
    return then


def step_back(cluster: postgres.Cluster) -> None:
    """Put the tables of the older hub back as they were."""
    postgres.drop_database(cluster, "kills_older")
    postgres.copy_database(cluster, "kills_older_kept", "kills_older")


def now(made: House) -> House:
    """Return the same installation with the program of today."""
    found = database.Addresses(*told("", made)["addresses"])
    return House(create_app(settings_for("hub", made.home), found=found), made.home)


def test_the_backup_of_an_older_program_is_restored_and_brought_up_to_date(
    older: House, filled: House, cluster: postgres.Cluster, tmp_path: Path
) -> None:
    kept = older.do(lambda: making.make(tmp_path / "backups", PASSPHRASE))
    target = house(cluster, "kills_from_older", tmp_path / "target")
    target.do(lambda: restoring.restore(kept.folder, PASSPHRASE))
    before, after = contents(older.app), contents(target.app)
    changed = {name for name in before if before[name] != after[name]}
    assert (kept.manifest.revision, changed) == (OLDER, {"installation", "alembic_version"})
    assert target.do(database.is_current)
    assert (target.do(faults), policies(target) == policies(filled)) == ([], True)


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_upgrade_keeps_every_row_and_the_next_one_goes_on(
    older: House, filled: House, struck: Forge, cluster: postgres.Cluster, kills: int
) -> None:
    before, work = contents(older.app), told("upgrade", older)
    lasts = struck.whole(work)
    step_back(cluster)
    for _kill in struck.strikes(lambda: work, kills, seed=SEED, lasts=lasts):
        after = contents(older.app)
        assert {name for name in before if after[name] != before[name]} <= {"alembic_version"}
        if older.do(database.is_current):
            step_back(cluster)
    struck.whole(work)
    assert now(older).do(faults) == []
    assert policies(older) == policies(filled)
