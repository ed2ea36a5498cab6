"""Jobs against the real queue: deferred with the caller's transaction, run by a worker, repeated by the clock."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.conninfo import conninfo_to_dict

from sri_admin.app import PARTS, create_app
from sri_admin.kernel import database, jobs, postgres, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.part import Part, Task
from sri_admin.kernel.worker import Worker
from tests.conftest import settings_for

DONE: list[tuple[str, str, UUID | None, str]] = []
FAILING = threading.Event()


def _note(actor: Actor, *, member_id: UUID | None = None, word: str = "") -> None:
    written_for = db.session.scalar(sa.text("select current_setting('app.member', true)"))
    DONE.append((actor.label, written_for, member_id, word))


def _fail_once(actor: Actor) -> None:
    if not FAILING.is_set():
        FAILING.set()
        raise ValueError
    DONE.append((actor.label, "", None, "again"))


TASKS = (
    Task(name="test.note", run=_note),
    Task(name="test.tick", run=lambda actor: _note(actor, word="tick"), every="* * * * * */1", own_transactions=True),
    Task(name="test.fail_once", run=_fail_once, own_transactions=True, retries=2),
)


@pytest.fixture(scope="module")
def working(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A hub of its own whose worker runs; no outer transaction, so that commits are real."""
    postgres.copy_database(cluster, template, "sri_jobs")
    roles = postgres.roles_of(template)
    found = database.Addresses(*(cluster.url("sri_jobs", each) for each in (roles.app, roles.owner, roles.backup)))
    settings = settings_for("hub", tmp_path_factory.mktemp("jobs"))
    parts = [*(replace(each, tasks=()) for each in PARTS), Part(name="test", tasks=TASKS)]
    app = create_app(settings, found=found, parts=parts)
    worker = Worker(app, found.app)
    worker.start()
    with app.app_context():
        yield app
        worker.stop()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def member(working: Flask) -> UUID:
    """A tenant to work for, and nothing done yet."""
    DONE.clear()
    tenant = tenancy.Tenant(code=f"Q{time.monotonic_ns()}", kind=tenancy.TenantKind.MEMBER)
    with transaction.apart() as session:
        session.add(tenant)
    return tenant.id


def until(holds: Callable[[], object], *, seconds: float = 10) -> bool:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(holds())


def words() -> list[str]:
    return [word for _, _, _, word in DONE if word != "tick"]


def test_a_job_runs_once_its_transaction_is_committed_and_writes_for_the_member_it_names(member: UUID) -> None:
    with transaction.writing(tenancy.only(member)):
        jobs.defer("test.note", member_id=member, word="kept")
        assert not until(lambda: "kept" in words(), seconds=0.3)
    assert until(lambda: "kept" in words())
    assert ("system:test.note", str(member), member, "kept") in DONE


@pytest.mark.parametrize("payload", [{}, {"member_id": "everybody"}, {"member_id": None}, {"word": "alone"}])
def test_a_job_that_names_no_country_is_refused(working: Flask, payload: dict[str, Any]) -> None:
    DONE.clear()
    with pytest.raises(TypeError, match="names no member"):
        jobs.perform(TASKS[0], payload)
    assert words() == []


def test_a_job_of_a_transaction_that_was_rolled_back_never_was(member: UUID) -> None:
    with suppress(ZeroDivisionError), transaction.writing(tenancy.only(member)):
        jobs.defer("test.note", member_id=member, word="lost")
        raise ZeroDivisionError
    with transaction.writing(tenancy.only(member)):
        jobs.defer("test.note", member_id=member, word="after")
    assert until(lambda: "after" in words())
    assert words() == ["after"]


def test_a_job_asked_for_once_waits_once_and_leaves_the_transaction_whole(member: UUID) -> None:
    with transaction.writing(tenancy.only(member)):
        for _ in range(3):
            jobs.defer("test.note", once=f"note:{member}", member_id=member, word="single")
        jobs.defer("test.note", member_id=member, word="last")
    assert until(lambda: "last" in words())
    assert sorted(words()) == ["last", "single"]


def test_what_is_due_by_the_clock_runs_every_second(working: Flask) -> None:
    DONE.clear()
    assert until(lambda: [word for *_, word in DONE].count("tick") >= 2, seconds=6)


def test_a_job_that_failed_is_tried_again(member: UUID) -> None:
    with transaction.writing(tenancy.only(member)):
        jobs.defer("test.fail_once")
    assert until(lambda: "again" in words(), seconds=15)


def test_a_job_of_a_killed_worker_is_taken_up_by_the_next(working: Flask, member: UUID) -> None:
    with transaction.writing(tenancy.only(member)):
        jobs.defer("test.note", member_id=member, word="orphan", at=None)
        db.session.execute(sa.text("update procrastinate_jobs set status = 'doing' where task_name = 'test.note'"))
    next_worker = Worker(working, working.config["SQLALCHEMY_DATABASE_URI"])
    next_worker.start()
    taken_up = until(lambda: "orphan" in words())
    next_worker.stop()
    assert taken_up


def test_jobs_that_went_well_leave_no_rows(member: UUID) -> None:
    with transaction.writing(tenancy.only(member)):
        jobs.defer("test.note", member_id=member, word="gone")
    left = sa.text("select count(*) from procrastinate_jobs where task_name = 'test.note'")

    def is_gone() -> bool:
        with transaction.apart() as session:
            return session.scalar(left) == 0

    assert until(is_gone)


def test_a_worker_whose_connections_were_cut_works_on(cluster: postgres.Cluster, working: Flask, member: UUID) -> None:
    db.engine.dispose()
    with psycopg.connect(cluster.dsn, autocommit=True) as connection:
        cut = connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'sri_jobs'")
        assert len(cut.fetchall()) > 0
    with transaction.writing(tenancy.only(member)):
        jobs.defer("test.note", member_id=member, word="still")
    assert until(lambda: "still" in words(), seconds=20)


def test_an_address_may_name_servers_that_stand_in_for_each_other() -> None:
    url = "postgresql+psycopg://hub_app:secret@/hub?host=one:5432&host=two:5433&target_session_attrs=read-write"
    assert conninfo_to_dict(jobs.conninfo(url)) == {
        "host": "one,two",
        "port": "5432,5433",
        "dbname": "hub",
        "user": "hub_app",
        "password": "secret",
        "target_session_attrs": "read-write",
    }
