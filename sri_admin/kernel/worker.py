"""The worker: runs the jobs of one installation, defers what is due by the clock, takes up what a killed one left."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import procrastinate
import psycopg
import structlog
from flask import Flask
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import DeleteJobCondition, Job, Status
from psycopg_pool import PoolTimeout

from sri_admin.kernel import jobs

log = structlog.get_logger(__name__)
# A job that is not done by then is left as it is; the next worker finds it and begins it anew.
_LAST_SECONDS = 8.0
_RESCUE_SECONDS, _PAUSE_SECONDS = 30.0, 5.0


class Worker:
    """Works in a thread of its own, beside web pages or alone; jobs run in further threads."""

    def __init__(self, app: Flask, url: str, *, concurrency: int = 2) -> None:
        connector = procrastinate.PsycopgConnector(conninfo=jobs.conninfo(url), min_size=1, max_size=concurrency + 3)
        self._queue = jobs.queue_on(app, connector)
        self._concurrency = concurrency
        self._leave: Callable[[], object] = lambda: None
        self._began = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()
        self._began.wait()

    def stop(self) -> None:
        """Take no new job, let those that run come to an end, and return when all is still."""
        with suppress(RuntimeError):  # its loop is over already
            self._leave()
        self._thread.join(_LAST_SECONDS + 2)

    async def _run(self) -> None:
        loop, leaving = asyncio.get_running_loop(), asyncio.Event()
        self._leave = lambda: loop.call_soon_threadsafe(leaving.set)
        self._began.set()
        while not leaving.is_set():
            try:
                await self._work(leaving)
            except (ConnectorException, psycopg.OperationalError, PoolTimeout) as error:
                log.warning("database_lost", why=type(error).__name__)
                await _within(_PAUSE_SECONDS, leaving)
        log.info("worker_stopped")

    async def _work(self, leaving: asyncio.Event) -> None:
        # A pool that is interrupted while it opens never closes again, so the end is awaited beside the work only.
        async with self._queue.open_async():
            work, rescue = asyncio.create_task(self._jobs()), asyncio.create_task(self._rescue())
            end = asyncio.create_task(leaving.wait())
            await asyncio.wait({work, rescue, end}, return_when=asyncio.FIRST_COMPLETED)
            for task in (work, rescue, end):
                task.cancel()
            found = await asyncio.gather(work, rescue, return_exceptions=True)
        for error in found:
            if isinstance(error, Exception):
                raise error

    async def _jobs(self) -> None:
        await self._queue.run_worker_async(
            concurrency=self._concurrency,
            delete_jobs=DeleteJobCondition.SUCCESSFUL.value,
            install_signal_handlers=False,
            shutdown_graceful_timeout=_LAST_SECONDS,
        )

    async def _rescue(self) -> None:
        while True:
            for job in await self._queue.job_manager.get_stalled_jobs():
                await self._take_up(job)
            await asyncio.sleep(_RESCUE_SECONDS)

    async def _take_up(self, job: Job) -> None:
        manager = self._queue.job_manager
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # another of its kind waits already
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        log.warning("job_taken_up", job=job.task_name)


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
