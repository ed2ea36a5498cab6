"""Imports by workers that are killed or that are two at once: real processes, real commits."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from sri_admin.kernel import audit, jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.members.models.sheet import ImportEffect
from sri_admin.members.operations import imports
from sri_admin.members.queries.imports import import_by_id, tally
from sri_admin.members.rules.sheets import ImportState, Outcome, SheetKind
from tests.conftest import new_installation, settings_for
from tests.make import members as make
from tests.make import people

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PROGRAM = Path(sys.executable).with_name("sri-admin")


@dataclass
class House:
    """A hub on a database of its own, and the file that tells its programs where it is."""

    app: Flask
    config: Path


@pytest.fixture
def house(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[House]:
    name = f"sri_import_{uuid4().hex[:10]}"
    app = new_installation(cluster, template, name, settings_for("hub", tmp_path / "home"))
    roles = postgres.roles_of(template)
    urls = {"url": roles.app, "owner_url": roles.owner, "backup_url": roles.backup}
    lines = [f"{key} = {json.dumps(cluster.url(name, role))}" for key, role in urls.items()]
    config = tmp_path / "hub.toml"
    config.write_text('[installation]\nhome = "home"\n[database]\n' + "\n".join(lines) + "\n")
    with app.app_context():
        yield House(app, config)
        db.session.remove()
        db.engine.dispose()


@contextmanager
def worker(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as a process of its own."""
    command, log = [PROGRAM, "--config", house.config, "worker"], house.config.with_name("log")
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={"PATH": os.environ["PATH"]})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def countries(count: int) -> bytes:
    return "\n".join(["code,name,kind,region", *(f"Q{at:04},Land {at},country,east" for at in range(count))]).encode()


def places(count: int) -> bytes:
    codes = (f"Q{LETTERS[13 + at // 676]}-{LETTERS[at // 26 % 26]}{LETTERS[at % 26]}" for at in range(count))
    return "\n".join(["code,name", *(f"{code},Place {code}" for code in codes)]).encode()


def wanted(content: bytes, kind: SheetKind = SheetKind.MEMBERS) -> UUID:
    """Bring a file in, have it checked, and ask for its rows to be done; no job of it was run yet."""
    hub_id, doer = make.hub(), people.person("country_liaison").actor
    values = {"kind": kind, "file_name": "list.csv", "content": content}
    made = make.writing(hub_id, lambda: imports.begin_import(doer, hub_id, values=values).id)
    run(imports.CHECK, made)
    make.writing(hub_id, lambda: imports.apply_import(doer, import_by_id(hub_id, made, lock=True)).id)
    return made


def run(task: str, import_id: UUID) -> None:
    jobs.perform(runtime.current().tasks[task], {"member_id": str(make.hub()), "import_id": str(import_id)})


def state(import_id: UUID) -> tuple[ImportState, int]:
    """Return how an import stands, and how many of its rows are told to be done."""
    hub_id = make.hub()
    with transaction.reading(tenancy.only(hub_id)):
        made = import_by_id(hub_id, import_id)
        return made.state, made.done


def counts(import_id: UUID) -> dict[Outcome, int]:
    hub_id = make.hub()
    with transaction.reading(tenancy.only(hub_id)):
        return tally(import_by_id(hub_id, import_id))


def number_of(model: type) -> int:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def until(holds: Callable[[], object], *, seconds: float = 120) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def believe_in_its_death() -> None:
    """Let the time pass after which a worker that is not heard of counts as gone."""
    with transaction.apart() as session:
        session.execute(sa.text("update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 hour'"))


def is_whole() -> bool:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return audit.verify().broken_at is None


def test_a_worker_killed_in_the_middle_loses_no_row_and_the_next_does_none_twice(house: House) -> None:
    made = wanted(countries(40))
    with worker(house) as first:
        until(lambda: number_of(ImportEffect) >= 5)
        first.kill()
        first.wait()
    assert (5 <= number_of(ImportEffect) < 40, state(made)[0]) == (True, ImportState.RUNNING)
    believe_in_its_death()
    with worker(house):
        until(lambda: state(made)[0] is ImportState.DONE)
    assert (number_of(ImportEffect), number_of(Member), state(made)[1]) == (40, 40, 40)
    assert (counts(made), is_whole()) == ({Outcome.CREATED: 40}, True)


def together(house: House, *made: UUID) -> None:
    """Do imports at the same moment, as two workers would."""
    barrier = Barrier(len(made))

    def one(import_id: UUID) -> None:
        with house.app.app_context():
            barrier.wait(10)
            run(imports.APPLY, import_id)
            db.session.remove()

    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(one, made))


def test_of_two_imports_of_the_same_at_one_moment_each_row_is_done_by_one(house: House) -> None:
    made = [wanted(countries(15)) for _ in range(2)]
    together(house, *made)
    done, refused = [
        sum(counts(each).get(outcome, 0) for each in made) for outcome in (Outcome.CREATED, Outcome.FAILED)
    ]
    assert (done, refused, number_of(Member), number_of(ImportEffect)) == (15, 15, 15, 15)
    assert {state(each)[0] for each in made} == {ImportState.DONE}
    assert is_whole()


def test_two_workers_on_one_import_do_each_row_once_and_tell_the_same(house: House) -> None:
    made = wanted(countries(15))
    together(house, made, made)
    assert counts(made) == {Outcome.CREATED: 15}
    assert (number_of(Member), number_of(ImportEffect), is_whole()) == (15, 15, True)


def test_how_far_an_import_is_counts_each_row_once_however_many_runs_it_takes(house: House) -> None:
    made = wanted(places(250), SheetKind.PLACES)
    run(imports.APPLY, made)
    assert (state(made), counts(made)) == ((ImportState.DONE, 250), {Outcome.CREATED: 250})
