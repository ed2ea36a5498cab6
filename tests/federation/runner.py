"""Installations as processes of their own, to be killed: everything is imported and put together once, then forked.

Each line of standard input names a file of addresses; its process is forked and its number printed. A hub serves over
HTTP and writes shelves until it finds the file `stop` in its folder. A node writes visits and exchanges, again and
again; with `stop` it writes no more and ends after an exchange that moved nothing. What was committed is noted in
`written`.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import configure_mappers
from waitress.server import create_server

from sri_admin.app import PARTS, create_app
from sri_admin.federation import exchange
from sri_admin.federation.client import HttpTransport, Patience
from sri_admin.kernel import database, ids, transaction
from sri_admin.kernel.errors import UnavailableError
from sri_admin.kernel.part import Part
from sri_admin.kernel.settings import from_values
from tests.federation import records
from tests.federation.records import Shelf, Visit

_PAUSE = 0.02
# Whoever is silent is given up soon, so that a test has many tries.
_PATIENCE = Patience(connect=1, read=0.7, whole=1.5)


def main() -> None:
    """Fork an installation for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    apps: dict[str, Flask] = {}
    for line in sys.stdin:
        path = Path(line.strip())
        told = json.loads(path.read_text())
        key = json.dumps([told["addresses"], told["settings"]])
        if key not in apps:
            apps[key] = _made(told, path.parent)
        forked = os.fork()
        if not forked:
            _run_and_end(apps[key], told, path.parent)
        print(forked, flush=True)  # noqa: T201 - the test waits for this number


def _made(told: dict[str, Any], folder: Path) -> Flask:
    settings = from_values(told["settings"], base=folder)
    found = database.Addresses(*told["addresses"])
    app = create_app(settings, found=found, parts=(*PARTS, Part(name="probe", kinds=records.KINDS)))
    configure_mappers()
    return app


def _run_and_end(app: Flask, told: dict[str, Any], folder: Path) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        if told["settings"]["installation"]["role"] == "hub":
            _serve(app, told, folder)
        else:
            _exchange(app, told, folder)
    except BaseException:  # noqa: BLE001 - a fork must never go on as its parent
        traceback.print_exc()
    finally:
        os._exit(0)


def _serve(app: Flask, told: dict[str, Any], folder: Path) -> None:
    server = create_server(app, host="127.0.0.1", port=told["port"], threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    member, stop = UUID(told["member"]), folder / "stop"
    (folder / "ready").touch()
    while True:
        with app.app_context():
            try:
                _fill_buckets()
                if not stop.exists():
                    _write(Shelf, member, folder, size=1)
                else:
                    (folder / "quiet").touch()
            except (OperationalError, UnavailableError):
                traceback.print_exc()  # the database is down; it comes back
        time.sleep(_PAUSE * 5)


def _fill_buckets() -> None:
    # These nodes come more often than any real one: nobody is told to wait.
    with transaction.apart() as session:
        session.execute(sa.text("delete from rate_bucket"))


def _exchange(app: Flask, told: dict[str, Any], folder: Path) -> None:
    member, stop = UUID(told["member"]), folder / "stop"
    (folder / "ready").touch()
    line = HttpTransport(told["url"], patience=_PATIENCE)
    while True:
        ending = stop.exists()
        with app.app_context():
            try:
                for _ in range(0 if ending else 2):
                    _write(Visit, member, folder, note="", shelf_id=None)
                outcome = exchange.synchronise(line, sleep=lambda seconds: time.sleep(min(seconds, _PAUSE)))
            except (OperationalError, UnavailableError):
                traceback.print_exc()
                time.sleep(_PAUSE)
                continue
        if ending and outcome.ok and outcome.pulled + outcome.pushed == 0:
            (folder / "done").touch()
            return
        time.sleep(_PAUSE)


def _write(model: type[Any], member: UUID, folder: Path, **values: Any) -> None:
    rec = ids.new()
    row = model(member_id=member, id=rec, mark=rec.hex[:40], **values)
    transaction.write(records.reach(member), lambda: records.put(row))
    with (folder / "written").open("a") as written:
        written.write(f"{rec}\n")


if __name__ == "__main__":
    main()
