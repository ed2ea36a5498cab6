"""Work done after the answer: jobs deferred in the caller's transaction, run by Procrastinate's worker."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import procrastinate
import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.conninfo import make_conninfo
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url

from sri_admin.kernel import actor, clock, installation, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.part import Task

_EXTENSION = "sri-admin-jobs"
_WHILE_RESTORED = timedelta(minutes=5)
log = structlog.get_logger(__name__)


def conninfo(url: str) -> str:
    """Turn a SQLAlchemy address, of one server or of several that stand in for each other, into libpq's form."""
    _none, options = PGDialect_psycopg().create_connect_args(make_url(url))
    return make_conninfo("", **options)


def attach(app: Flask, url: str) -> None:
    """Give an application its job queue and register the tasks its parts declared."""
    # Jobs are deferred on the caller's own connection, so that this one is never opened.
    app.extensions[_EXTENSION] = queue_on(app, procrastinate.SyncPsycopgConnector(conninfo=conninfo(url)))


def queue_on(app: Flask, connector: BaseConnector) -> procrastinate.App:
    """Return a queue that knows the tasks of an application and reaches them in its own way."""
    queue = procrastinate.App(connector=connector)
    for task in runtime_of(app).tasks.values():
        _register(app, queue, task)
    return queue


def runtime_of(app: Flask) -> runtime.Runtime:
    """Return the wiring of an application without entering it."""
    return app.extensions[runtime.EXTENSION]


def _register(app: Flask, queue: procrastinate.App, task: Task) -> None:
    strategy = procrastinate.RetryStrategy(max_attempts=task.retries, exponential_wait=4) if task.retries else False
    registered = queue.task(name=task.name, retry=strategy, queueing_lock=task.name if task.every else None)(
        _runner(app, task)
    )
    if task.every:
        cron = task.every if isinstance(task.every, str) else _in(app, task.every)
        queue.periodic(cron=cron)(registered)


def _in(app: Flask, make: Callable[[], str]) -> str:
    with app.app_context():
        return make()


def _runner(app: Flask, task: Task) -> Callable[..., None]:
    def run(**payload: Any) -> None:
        payload.pop("timestamp", None)  # periodic jobs are told when they were due
        with app.app_context():
            perform(task, payload)

    return run


def perform(task: Task, payload: dict[str, Any]) -> None:
    """Run one job: in a transaction for the member its payload names, unless it opens its own."""
    if _must_wait(task):
        _put_off(task, payload)
        return
    doer = actor.system(task.name)
    values = {key: _value(value) for key, value in payload.items()}
    if task.own_transactions:
        task.run(doer, **values)
        return
    member = values.get("member_id")
    if not isinstance(member, UUID):
        message = f"the job {task.name} names no member and is refused"
        raise TypeError(message)
    transaction.write(tenancy.only(member), lambda: task.run(doer, **values))


def _must_wait(task: Task) -> bool:
    if task.while_restored:
        return False
    with transaction.reading(tenancy.NOWHERE):
        return installation.standing() is installation.Standing.RESTORED


def _put_off(task: Task, payload: dict[str, Any]) -> None:
    # A periodic one comes again by itself.
    if not task.every:
        at = clock.now() + _WHILE_RESTORED
        with transaction.writing(tenancy.NOWHERE):
            defer(task.name, at=at, **payload)


def _value(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
        return UUID(value)
    return value


def defer(name: str, *, at: datetime | None = None, once: str | None = None, **payload: Any) -> None:
    """Put a job in the queue as part of the caller's transaction: it runs only if that commits.

    Payloads are ids and numbers. `once` names a queueing lock: while such a job waits, another is not added.
    """
    task = runtime.current().tasks[name]
    values = {key: str(value) if isinstance(value, UUID) else value for key, value in payload.items()}
    session = db.session()
    try:
        with session.begin_nested():
            # Asked for inside the savepoint: only the first use of its connection makes it begin.
            connection = session.connection().connection.driver_connection
            configured = current_app.extensions[_EXTENSION].configure_task(
                task.name, schedule_at=at, queueing_lock=once, connection=connection, allow_unknown=False
            )
            configured.defer(**values)
    except AlreadyEnqueued:
        log.info("job_already_waiting", job=name)


def unfinished() -> int:
    """Count the jobs that run or could run now."""
    waiting = sa.text(
        "select count(*) from procrastinate_jobs where status in ('todo', 'doing')"
        " and (scheduled_at is null or scheduled_at <= now())"
    )
    with transaction.apart() as session:
        return session.scalar(waiting) or 0
