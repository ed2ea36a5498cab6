"""A backup comes back whole, on another server and under another name; what is not whole is refused in plain words."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from flask import Flask

from sri_admin.app import create_app, prepare
from sri_admin.kernel import actor, database, installation, jobs, postgres, runtime, soundness, tenancy, transaction
from sri_admin.kernel.backup import checking, making, pieces, restoring, shelf
from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.backup.manifest import Manifest
from sri_admin.kernel.db import db
from sri_admin.kernel.installation import Standing
from tests.conftest import settings_for
from tests.federation.pair import contents
from tests.make import members

T = TypeVar("T")
PASSPHRASE = "correct horse battery staple"
FILE = b"%PDF-1.7 a signed agreement"
NAME = hashlib.sha256(FILE).hexdigest()


@dataclass
class House:
    """An installation on a database with roles of its own."""

    app: Flask
    home: Path

    def do(self, act: Callable[[], T]) -> T:
        """Do something there."""
        with self.app.app_context():
            try:
                return act()
            finally:
                db.session.remove()
                db.engine.dispose()


def house(cluster: postgres.Cluster, name: str, home: Path, role: str = "hub") -> House:
    """Return an installation on a database that is still empty."""
    roles = postgres.create_database(cluster, name)
    urls = (cluster.url(name, each) for each in (roles.app, roles.owner, roles.backup))
    app = create_app(settings_for(role, home), found=database.Addresses(*urls))
    return House(app, home)


@pytest.fixture(scope="module")
def filled(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A hub with a few countries, their history, streams, waiting jobs and one file."""
    made = house(cluster, "backup_hub", tmp_path_factory.mktemp("backup") / "home")
    prepare(made.app)
    made.do(lambda: [members.member(code) for code in ("QM", "QN", "QO")])
    blob = made.home / "blobs" / NAME[:2] / NAME
    blob.parent.mkdir(parents=True)
    blob.write_bytes(FILE)
    return made


@pytest.fixture(scope="module")
def kept(filled: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it; tests that damage it take a copy."""
    return filled.do(lambda: making.make(tmp_path_factory.mktemp("backups"), PASSPHRASE)).folder


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    """A copy of the backup that may be damaged."""
    shutil.copytree(kept.parent, tmp_path / "copy")
    return tmp_path / "copy" / kept.name


def standing() -> Standing:
    with transaction.reading(tenancy.NOWHERE):
        return installation.standing()


def faults() -> list[str]:
    return [fault for each in soundness.look() for fault in each.faults]


def policies(made: House) -> Any:
    def act() -> Any:
        with db.engine.connect() as connection:
            found = connection.exec_driver_sql(
                "select tablename, policyname, cmd, qual, with_check from pg_policies order by 1, 2"
            )
            forced = connection.exec_driver_sql(
                "select relname, relrowsecurity, relforcerowsecurity, relacl::text is null from pg_class"
                " where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1"
            )
            triggers = connection.exec_driver_sql("select tgname, tgenabled from pg_trigger where not tgisinternal")
            return found.fetchall(), forced.fetchall(), sorted(map(tuple, triggers))

    return made.do(act)


def test_f7_a_hub_comes_back_whole_on_another_server_under_another_name(
    filled: House, kept: Path, tmp_path: Path
) -> None:
    with postgres.temporary_cluster() as elsewhere:
        back = house(elsewhere, "another_name", tmp_path / "home")
        done = back.do(lambda: restoring.restore(kept, PASSPHRASE))
        before, after = contents(filled.app), contents(back.app)
        assert {name for name in before if before[name] != after[name]} == {"installation"}
        assert policies(back) == policies(filled)
        assert back.do(faults) == []
        assert (done.manifest.rows > 20, back.do(standing)) == (True, Standing.RESTORED)
        assert (back.home / "blobs" / NAME[:2] / NAME).read_bytes() == FILE


@pytest.fixture
def empty(cluster: postgres.Cluster, tmp_path: Path) -> Iterator[House]:
    """A database nobody has used."""
    made = house(cluster, "backup_target", tmp_path / "target")
    yield made
    postgres.drop_database(cluster, "backup_target")


def test_what_is_restored_is_the_same_installation_in_a_new_incarnation(
    filled: House, kept: Path, empty: House
) -> None:
    empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    before, after = filled.do(installation.identify), empty.do(installation.identify)
    assert (before.id, before.tenant_id) == (after.id, after.tenant_id)
    assert before.incarnation != after.incarnation
    for name in ("sign_key.pem", "root.json"):
        assert (empty.home / "instance" / name).read_bytes() == (filled.home / "instance" / name).read_bytes()


def test_a_restored_installation_goes_on_counting_where_it_was(kept: Path, empty: House) -> None:
    empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    own = empty.do(installation.identity).tenant_id
    assert own is not None
    doer = actor.system("test")
    empty.do(
        lambda: transaction.write(tenancy.only(own), lambda: installation.go_on_alone(doer, reason="Nobody is there."))
    )
    empty.do(lambda: members.member("QP"))
    assert empty.do(faults) == []


def test_a_restore_stopped_twice_is_still_finished_by_the_same_command(
    filled: House, kept: Path, empty: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    (empty.home / "instance").rename(empty.home / "instance.restored")  # rows are in, the keys have no name yet
    with monkeypatch.context() as stopped:
        stopped.setattr(postgres, "clear", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    assert empty.do(faults) == []


def test_letters_that_waited_are_called_off_and_listed(
    filled: House, empty: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = filled.do(lambda: runtime.current().tasks["members.refresh_card"])
    waiting = filled.do(jobs.unfinished)
    backup = filled.do(lambda: making.make(tmp_path / "backups", PASSPHRASE))
    tasks: Any = jobs.runtime_of(empty.app).tasks
    monkeypatch.setitem(tasks, task.name, type(task)(**{**vars(task), "outward": True}))
    done = empty.do(lambda: restoring.restore(backup.folder, PASSPHRASE))
    assert waiting > 0
    assert len(done.cancelled) == waiting
    assert empty.do(jobs.unfinished) == 0


def refused(act: Callable[[], Any]) -> BackupError:
    with pytest.raises(BackupError) as caught:
        act()
    return caught.value


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def lose(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("piece", "harm"),
    [
        ("manifest.json", flip),
        ("manifest.json", cut),
        ("tables/audit_entry.gz", flip),
        ("tables/tenant.gz", cut),
        ("tables/tenant.gz", lose),
        ("keys.sealed", flip),
        (f"../blobs/{NAME[:2]}/{NAME}", flip),
        (f"../blobs/{NAME[:2]}/{NAME}", lose),
    ],
)
def test_a_damaged_piece_is_named_before_anything_is_touched(
    copy: Path, empty: House, piece: str, harm: Callable[[Path], Any]
) -> None:
    harm(copy / piece)
    error = refused(lambda: empty.do(lambda: restoring.restore(copy, PASSPHRASE)))
    assert str(error).startswith(("The file ", "The list of contents", "There is no backup"))
    assert empty.do(restoring.what_would_be_lost) is None
    assert not (empty.home / "instance").exists()


def test_a_wrong_passphrase_opens_nothing_and_touches_nothing(kept: Path, empty: House) -> None:
    error = refused(lambda: empty.do(lambda: restoring.restore(kept, "a wrong passphrase")))
    assert error.stable_code == "backup_passphrase"
    assert not empty.home.exists() or list(empty.home.iterdir()) == []


def test_a_short_passphrase_protects_nothing_and_is_refused(filled: House, tmp_path: Path) -> None:
    refused(lambda: filled.do(lambda: making.make(tmp_path, "short")))
    assert list(tmp_path.glob("*/")) == []


def test_the_backup_of_a_hub_does_not_become_a_node(cluster: postgres.Cluster, kept: Path, tmp_path: Path) -> None:
    node = house(cluster, "backup_node", tmp_path / "node", role="node")
    error = refused(lambda: node.do(lambda: restoring.restore(kept, PASSPHRASE)))
    assert error.stable_code == "backup_role_differs"


def test_the_backup_of_a_newer_program_says_which_side_is_old(copy: Path, empty: House) -> None:
    made = Manifest.read(copy)
    newer = type(made)(**{**vars(made), "revision": "9999"})
    (copy / "manifest.json").write_bytes(newer.to_bytes())
    error = refused(lambda: empty.do(lambda: restoring.restore(copy, PASSPHRASE)))
    assert (error.stable_code, "newer program" in str(error)) == ("backup_newer", True)


def test_a_database_in_use_is_replaced_only_when_that_is_asked_for(kept: Path, empty: House) -> None:
    prepare(empty.app)
    empty.do(lambda: members.member("QZ"))
    error = refused(lambda: empty.do(lambda: restoring.restore(kept, PASSPHRASE)))
    lost = empty.do(restoring.what_would_be_lost)
    assert (error.stable_code, lost is not None and lost.rows["tenant"]) == ("backup_used_database", 2)
    empty.do(lambda: restoring.restore(kept, PASSPHRASE, replace=True))
    assert empty.do(faults) == []
    assert len(list(empty.home.glob("instance.before-*"))) == 1


def test_a_role_that_sees_only_a_part_makes_no_backup(filled: House, tmp_path: Path) -> None:
    as_app = filled.app.config["SQLALCHEMY_DATABASE_URI"]
    found = database.Addresses(as_app, as_app, as_app)
    blind = create_app(settings_for("hub", filled.home), found=found)
    error = refused(lambda: House(blind, filled.home).do(lambda: making.make(tmp_path, PASSPHRASE)))
    assert error.stable_code == "backup_role"
    assert list(tmp_path.glob("*/")) == []


def test_the_second_backup_copies_only_new_files_and_the_oldest_go(filled: House, tmp_path: Path) -> None:
    first, second, third = (filled.do(lambda: making.make(tmp_path, PASSPHRASE, keep=2)).folder for _ in range(3))
    assert not first.exists()
    assert filled.do(lambda: shelf.found(tmp_path)) == [second, third]
    assert len(list(pieces.stored(tmp_path / "blobs"))) == 1
    assert checking.check(second).rows == checking.check(third).rows


def test_nothing_secret_lies_open_in_a_backup(filled: House, kept: Path) -> None:
    secret = (filled.home / "instance" / "sign_key.pem").read_bytes()
    assert all(secret not in path.read_bytes() for path in kept.rglob("*") if path.is_file())
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.rglob("*"))
    assert "pem" not in json.dumps(vars(Manifest.read(kept)), default=str)


def test_a_changed_line_is_found_by_looking_at_the_installation(kept: Path, empty: House) -> None:
    empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    engine = sa.create_engine(empty.app.config["OWNER_URL"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("alter table sync_line disable trigger sync_line_erase")
        connection.exec_driver_sql("update sync_line set line = line || 'x' where n = 1")
        connection.exec_driver_sql("alter table sync_line enable trigger sync_line_erase")
    (empty.home / "blobs" / NAME[:2] / NAME).write_bytes(b"other")
    found = {each.check.name for each in empty.do(lambda: list(soundness.look())) if each.faults}
    assert found == {"chains", "files"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update member set region = 'elsewhere' where code = 'QN'", "is not what its line says: region."),
        ("update member set version = version + 1 where code = 'QN'", "is not what its line says: version."),
        ("delete from sync_box_key", "is missing in its table."),
    ],
)
def test_a_row_changed_behind_the_back_of_the_program_is_named(
    filled: House, kept: Path, empty: House, change: str, said: str
) -> None:
    empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    assert empty.do(faults) == []
    engine = sa.create_engine(empty.app.config["OWNER_URL"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        changed = connection.exec_driver_sql(change).rowcount
    found = {each.check.name: each.faults for each in empty.do(lambda: list(soundness.look())) if each.faults}
    assert (set(found), len(found["tables"])) == ({"tables"}, changed)
    plain = [re.sub("[\u2068\u2069]", "", each) for each in found["tables"]]
    assert all(each.endswith(said) for each in plain), plain


def test_a_changed_entry_of_the_history_is_found_by_looking_at_the_installation(kept: Path, empty: House) -> None:
    empty.do(lambda: restoring.restore(kept, PASSPHRASE))
    engine = sa.create_engine(empty.app.config["OWNER_URL"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        changed = "update audit_entry set line = overlay(line placing 'X'::bytea from 12) where n = 1"
        assert connection.exec_driver_sql(changed).rowcount == 1
    found = {each.check.name for each in empty.do(lambda: list(soundness.look())) if each.faults}
    assert found == {"history"}
