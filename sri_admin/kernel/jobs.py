"""Work done after the answer: jobs deferred in the caller's transaction, run by Procrastinate's worker.

The worker is its own scheduler: it defers what is due by the clock, once for all workers of an installation.
"""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from flask import Flask, current_app
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import DeleteJobCondition
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from sri_admin.kernel import actor, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.part import Task

_EXTENSION = "sri-admin-jobs"
# A job that goes on for longer when its worker has to stop is left; the next worker finds and repeats it.
_LAST_SECONDS = 8.0
log = structlog.get_logger(__name__)


def conninfo(url: str) -> str:
    """Turn a SQLAlchemy address into libpq's form."""
    parts = make_url(url)
    options = {key: str(value) for key, value in parts.query.items()}
    named = {"dbname": parts.database, "user": parts.username, "password": parts.password, "host": parts.host}
    port = {"port": parts.port} if parts.port else {}
    return make_conninfo("", **{key: value for key, value in named.items() if value}, **port, **options)


def attach(app: Flask, url: str) -> None:
    """Give an application its job queue and register the tasks its parts declared."""
    # Jobs are deferred on the caller's own connection, so that this one is never opened.
    app.extensions[_EXTENSION] = _queue(app, procrastinate.SyncPsycopgConnector(conninfo=conninfo(url)))


def _queue(app: Flask, connector: BaseConnector) -> procrastinate.App:
    queue = procrastinate.App(connector=connector)
    for task in runtime_of(app).tasks.values():
        _register(app, queue, task)
    return queue


def runtime_of(app: Flask) -> runtime.Runtime:
    """Return the wiring of an application without entering it."""
    return app.extensions[runtime.EXTENSION]


def queue_of(app: Flask) -> procrastinate.App:
    """Return the job queue of an application."""
    return app.extensions[_EXTENSION]


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


class Worker:
    """Runs the jobs of one installation in a thread of its own, beside web pages or alone."""

    def __init__(self, app: Flask, url: str, *, concurrency: int = 2) -> None:
        connector = procrastinate.PsycopgConnector(conninfo=conninfo(url), min_size=1, max_size=concurrency + 3)
        self._queue = _queue(app, connector)
        self._concurrency = concurrency
        self._stop: Callable[[], object] = self._never_began
        self._began = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()
        self._began.wait()

    def stop(self) -> None:
        """Take no new job, let those that run come to an end, and return when all is still."""
        self._stop()
        self._thread.join(_LAST_SECONDS + 2)

    def wait(self) -> None:
        """Return when the worker has ended, which it does by itself only if its database is lost."""
        self._thread.join()

    def is_alive(self) -> bool:
        """Say whether the worker works."""
        return self._thread.is_alive()

    def _never_began(self) -> None:
        return None

    async def _run(self) -> None:
        loop, work = asyncio.get_running_loop(), asyncio.create_task(self._work())
        self._stop = lambda: loop.call_soon_threadsafe(work.cancel)
        self._began.set()
        try:
            await work
        except asyncio.CancelledError:
            log.info("worker_stopped")

    async def _work(self) -> None:
        async with self._queue.open_async():
            await self._queue.run_worker_async(
                concurrency=self._concurrency,
                delete_jobs=DeleteJobCondition.SUCCESSFUL,
                install_signal_handlers=False,
                shutdown_graceful_timeout=_LAST_SECONDS,
                fetch_job_polling_interval=5.0,
            )
