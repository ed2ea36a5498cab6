"""Backups on schedule and on demand: the old ones go only after a newer one was read back, and a page tells it all."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.keeping import jobs as keeping
from sri_admin.keeping.models import BackupRun
from sri_admin.keeping.operations import backups
from sri_admin.keeping.queries.backups import newest_runs
from sri_admin.keeping.rules.backups import RunState
from sri_admin.kernel import actor, blobs, clock, installation, jobs, runtime, tenancy, transaction
from sri_admin.kernel.backup import checking, making, pieces, shelf
from sri_admin.kernel.backup.errors import BackupError, DamagedError
from sri_admin.kernel.backup.progress import Progress, Step
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.people.rules import Role
from tests.keeping.conftest import PASSPHRASE, House
from tests.make import members as make
from tests.make import people, room

DOER = actor.system("test")


def last_run() -> BackupRun:
    """Return the newest run, as a plain value."""
    with transaction.reading(tenancy.NOWHERE):
        run = newest_runs()[0]
        transaction.detach(run)
        return run


def waiting() -> list[dict[str, str]]:
    """Return what the backups that wait in the queue are told, and take them out of it."""
    query = sa.text("delete from procrastinate_jobs where task_name = :name and status = 'todo' returning args")
    with transaction.apart() as session:
        return list(session.scalars(query, {"name": backups.MAKE}))


def work() -> int:
    """Let the schedule look and the worker do what it put into the queue; return how many backups that were."""
    keeping.back_up_if_due(DOER)
    found = waiting()
    for payload in found:
        jobs.perform(runtime.current().tasks[backups.MAKE], payload)
    return len(found)


def ask() -> UUID:
    """Ask for a backup at once."""
    own = installation.own_tenant()
    return transaction.write(tenancy.only(own), lambda: backups.ask_for_backup(DOER, own).id)


def test_the_schedule_makes_one_a_day_and_keeps_the_last_two(house: House) -> None:
    made = []
    for day in range(3):
        with clock.running(clock.skewed(timedelta(days=day, minutes=day))):
            made.append((work(), work()))
    assert made == [(1, 0)] * 3
    kept = shelf.found(house.folder)
    assert (len(kept), [checking.check(each).rows > 0 for each in kept]) == (2, [True, True])
    run = last_run()
    assert (run.state, run.percent, run.folder) == (RunState.WHOLE, 100, str(kept[-1]))


def test_on_a_full_disk_the_old_ones_stay_and_nothing_looks_like_a_backup(house: House) -> None:
    work()
    before = shelf.found(house.folder)
    blobs.put([b"x" * 300_000], limit=300_000)
    ask()
    with room.no_file_beyond(100_000):
        work()
    run = last_run()
    assert (run.state, run.problem) == (RunState.FAILED, "backup_no_room")
    assert shelf.found(house.folder) == before
    assert checking.check(before[0]).rows > 0
    left = {path.name for path in house.folder.iterdir()} - {before[0].name, ".lock", "blobs"}
    assert (left, list(pieces.stored(house.folder / "blobs"))) == (set(), [])


def test_a_backup_that_cannot_be_read_back_gets_no_name_and_no_older_one_goes(house: House) -> None:
    work()
    work_before = shelf.found(house.folder)

    def spoil(progress: Progress) -> None:
        if progress.step is Step.READING:
            (path,) = house.folder.glob(".*.partial/keys.sealed")
            path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(DamagedError):
        making.make(house.folder, PASSPHRASE, keep=1, tell=spoil)
    assert shelf.found(house.folder) == work_before


def test_a_file_that_went_bad_beside_the_backups_is_put_right_by_the_next(house: House) -> None:
    kept = blobs.put([b"a signed agreement"], limit=100)
    work()
    path = house.folder / "blobs" / kept.sha256[:2] / kept.sha256
    path.write_bytes(b"a signed agreemenX")
    made = making.make(house.folder, PASSPHRASE)
    assert path.read_bytes() == b"a signed agreement"
    assert checking.check(made.folder).blobs == {kept.sha256: 18}


def test_a_damaged_list_of_contents_lets_no_file_go(house: House) -> None:
    kept = blobs.put([b"a signed agreement"], limit=100)
    first = making.make(house.folder, PASSPHRASE).folder
    (first / "manifest.json").write_bytes(b"{}")
    making.make(house.folder, PASSPHRASE, keep=2)
    assert [path.name for path in pieces.stored(house.folder / "blobs")] == [kept.sha256]


def test_asked_twice_there_is_one_run_and_a_killed_one_begins_anew(house: House) -> None:
    first = ask()
    assert ask() == first
    backups._change(first, state=RunState.WRITING, percent=40)  # killed here; the worker takes the job up again
    (payload,) = waiting()
    jobs.perform(runtime.current().tasks[backups.MAKE], payload)
    jobs.perform(runtime.current().tasks[backups.MAKE], payload)
    assert (last_run().id, last_run().state, len(shelf.found(house.folder))) == (first, RunState.WHOLE, 1)


def test_a_passphrase_that_is_gone_is_told(house: House) -> None:
    (house.home / "passphrase").unlink()
    ask()
    work()
    assert last_run().problem == "backup_passphrase_file"


def test_a_run_that_fails_at_the_command_line_is_noted_too(house: House) -> None:
    run_id = backups.begin_run(actor.system("cli"))
    with pytest.raises(BackupError):
        backups.carry_out(run_id, house.folder, "short", keep=None)
    assert (last_run().id, last_run().state) == (run_id, RunState.FAILED)


def page(house: House, who: people.Person, address: str = "/backups", status: int = 200) -> str:
    answer = people.browser(house.app, who).get(address)
    assert answer.status_code == status
    return re.sub("[\u2068\u2069]", "", unescape(answer.get_data(as_text=True)))


def test_the_page_says_how_old_how_large_and_where_and_makes_one_now(house: House) -> None:
    director = people.person(Role.SRI_DIRECTOR)
    assert "No backup of this installation was read back yet." in page(house, director)
    client = people.browser(house.app, director)
    sent = client.post("/backups", data={"csrf_token": people.token_of(client, "/backups")})
    assert (sent.status_code, "Waiting to begin" in page(house, director)) == (303, True)
    work()
    shown = page(house, director)
    (kept,) = shelf.found(house.folder)
    assert all(words in shown for words in ("Whole, read back", "is 0 hours old", str(kept), f"restore {kept}"))


@pytest.mark.parametrize("role", [Role.COUNTRY_LIAISON, Role.AUDITOR])
def test_backups_are_for_those_who_look_after_the_installation(house: House, role: Role) -> None:
    page(house, people.person(role), status=403)


def test_an_administrator_of_a_hosted_country_does_not_see_the_backups_of_the_hub(house: House) -> None:
    page(house, people.person(Role.MEMBER_ADMINISTRATOR, people.country()), status=403)


def test_the_first_page_says_so_when_the_last_whole_one_is_too_old(house: House) -> None:
    director, liaison = people.person(Role.SRI_DIRECTOR), people.person(Role.COUNTRY_LIAISON)
    make.member("QM")
    work()
    words = "The last backup that was read back is 2 days old."
    assert words not in page(house, director, "/")
    with transaction.apart() as session:
        session.execute(sa.update(BackupRun).values(cut_at=clock.now() - timedelta(hours=49)))
    assert (words in page(house, director, "/"), words in page(house, liaison, "/")) == (True, False)


def test_without_a_place_to_write_to_asking_is_refused(database: sa.Connection) -> None:
    own = installation.own_tenant()
    with pytest.raises(ConflictError) as caught:
        transaction.write(tenancy.only(own), lambda: backups.ask_for_backup(DOER, own))
    assert caught.value.stable_code == "backup_not_set_up"
    assert Path(runtime.current().settings.installation.home).exists()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BackupRun)) == 0
