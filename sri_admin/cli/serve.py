"""`sri-admin serve`, `web`, `worker`: an installation at work, in one process or in several."""

import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

import click
import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from waitress.server import create_server

from sri_admin.app import create_app
from sri_admin.cli.context import close, current
from sri_admin.kernel import database, installation, jobs, logs, metrics, settings
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.settings import Settings
from sri_admin.kernel.worker import Worker
from sri_admin.web import uploads

log = structlog.get_logger(__name__)
_NODE_JOBS, _HUB_JOBS = 2, 4


@click.command("serve")
def serve() -> None:
    """Run pages, jobs and schedule in one process: all a node needs. SIGTERM or Ctrl-C ends it cleanly."""
    run(current().app, lambda threads: _own_server(current().app, threads))


@click.command("web")
def web() -> None:
    """Run the pages alone, in several processes (web.workers); jobs need “sri-admin worker” beside it."""
    made = current()
    share_numbers(made.settings)
    check(made.app)
    close(made.app)
    PagesOnly(made.settings).run()


@click.command("worker")
def worker() -> None:
    """Run jobs and schedule alone, beside “sri-admin web”."""
    made = current()
    share_numbers(made.settings)
    check(made.app)
    working = worker_of(made.app)
    until = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda _number, _frame: until.set())
    working.start()
    log.info("working")
    until.wait()
    working.stop()


def run(app: Flask, make: Callable[[int], Any]) -> None:
    """Serve pages in this thread and jobs in another until SIGTERM or Ctrl-C."""
    check(app)
    settle_memory()
    server, working = make(jobs.runtime_of(app).settings.web.threads), worker_of(app)
    try:
        working.start()
        signal.signal(signal.SIGTERM, _leave)
        log.info("serving", port=server.effective_port)
        server.run()  # ends by itself when the signal arrives
    finally:
        server.close()
        working.stop()
        log.info("stopped")


def serve_socket(app: Flask, listening: socket.socket) -> None:
    """Serve on a socket that listens already."""
    run(app, lambda threads: create_server(app, sockets=[listening], threads=threads, **_manners(app)))


def share_numbers(chosen: Settings) -> None:
    """Begin this command anew as a process that shares its numbers with the others, unless it does so already."""
    if settings.numbers_folder() is None:
        folder = chosen.installation.home / "spool" / "numbers"
        metrics.prepare(folder)
        os.execve(sys.executable, sys.orig_argv, settings.environment_sharing(folder))  # noqa: S606 - itself, no shell


def settle_memory() -> None:
    """Take what was loaded at start out of the collector's sight: it stays, and looking through it costs every page."""
    gc.collect()
    gc.freeze()


def check(app: Flask) -> None:
    """Refuse to start with tables of another version or with a database and a folder that do not belong together."""
    with app.app_context():
        if not database.is_current():
            raise ConfigurationError(_("The tables are not those of this version. Run “sri-admin db upgrade” first."))
        installation.identify()


def worker_of(app: Flask) -> Worker:
    """Make the worker of an application."""
    concurrency = _HUB_JOBS if jobs.runtime_of(app).is_hub else _NODE_JOBS
    return Worker(app, app.config["SQLALCHEMY_DATABASE_URI"], concurrency=concurrency)


def _own_server(app: Flask, threads: int) -> Any:
    address = jobs.runtime_of(app).settings.web
    try:
        return create_server(app, host=address.host, port=address.port, threads=threads, **_manners(app))
    except OSError as error:
        why = error.strerror or str(error)
        message = _(
            "Cannot listen on %(host)s, port %(port)s: %(why)s.", host=address.host, port=str(address.port), why=why
        )
        raise ConfigurationError(message) from None


def _manners(app: Flask) -> dict[str, Any]:
    # With proxies in front werkzeug reads their headers, as many as the settings believe.
    # A body is kept on the disk before the application is asked. Far beyond what any door takes it ends there; below
    # that the application says in words what is too large.
    return {
        "ident": None,
        "clear_untrusted_proxy_headers": not jobs.runtime_of(app).settings.web.proxies,
        "max_request_body_size": 4 * uploads.LARGEST_BODY,
    }


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


class OwnWords(Logger):
    """What Gunicorn says of itself, written as everything else is."""

    def setup(self, cfg: Any) -> None:
        """Leave the writing to the handler of the process."""
        super().setup(cfg)
        for each in (self.error_log, self.access_log):
            each.handlers.clear()
            each.propagate = True


class PagesOnly(BaseApplication):
    """Gunicorn over one installation; each of its processes makes the application for itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Take over our settings."""
        address = self._settings.web
        chosen = {
            "bind": f"{address.host}:{address.port}",
            "worker_class": "gthread",
            "workers": address.workers,
            "threads": address.threads,
            "control_socket_disable": True,
            "logger_class": OwnWords,
            "graceful_timeout": 20,
            "proc_name": "sri-admin",
            "child_exit": lambda _server, ended: metrics.forget(ended.pid),
        }
        for name, value in chosen.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application in a process of its own."""
        logs.configure(self._settings.log)
        return create_app(self._settings)
