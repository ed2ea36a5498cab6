"""Installations as processes of their own, to be killed: everything is imported once, then forked for each start.

Each line of standard input names a file of addresses; its process is forked and its number printed. A hub serves over
HTTP and writes shelves. A node writes visits and exchanges, again and again, until it is killed or finds the file
`stop` in its folder: then it writes no more and ends after an exchange that moved nothing.
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

from flask import Flask
from waitress.server import create_server

from sri_admin.app import PARTS, create_app
from sri_admin.federation import exchange
from sri_admin.federation.client import HttpTransport
from sri_admin.kernel import database, ids, transaction
from sri_admin.kernel.part import Part
from sri_admin.kernel.settings import from_values
from tests.federation import records
from tests.federation.records import Shelf, Visit

_PAUSE = 0.01


def main() -> None:
    """Fork an installation for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        forked = os.fork()
        if not forked:
            _run_and_end(Path(line.strip()))
        print(forked, flush=True)  # noqa: T201 - the test waits for this number


def _run_and_end(path: Path) -> None:
    log = os.open(path.parent / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        run(path)
    except BaseException:  # noqa: BLE001 - a fork must never go on as its parent
        traceback.print_exc()
    finally:
        os._exit(0)


def run(path: Path) -> None:
    """Run the installation whose addresses stand in a file."""
    told = json.loads(path.read_text())
    settings = from_values(told["settings"], base=path.parent)
    found = database.Addresses(*told["addresses"])
    app = create_app(settings, found=found, parts=(*PARTS, Part(name="probe", kinds=records.KINDS)))
    member = UUID(told["member"])
    stop = path.parent / "stop"
    if settings.installation.role == "hub":
        _serve(app, told["port"], member, stop)
    else:
        _exchange(app, told["url"], member, stop)
        (path.parent / "done").touch()


def _serve(app: Flask, port: int, member: UUID, stop: Path) -> None:
    server = create_server(app, host="127.0.0.1", port=port, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    (stop.parent / "ready").touch()
    while not stop.exists():
        with app.app_context():
            transaction.write(records.reach(member), lambda: _note(Shelf, member, size=1))
        time.sleep(_PAUSE)
    threading.Event().wait()


def _exchange(app: Flask, url: str, member: UUID, stop: Path) -> None:
    (stop.parent / "ready").touch()
    line = HttpTransport(url)
    while True:
        ending = stop.exists()
        with app.app_context():
            for _ in range(0 if ending else 3):
                transaction.write(records.reach(member), lambda: _note(Visit, member, note="", shelf_id=None))
            outcome = exchange.synchronise(line, sleep=time.sleep)
        if ending and outcome.ok and outcome.pulled + outcome.pushed == 0:
            return
        time.sleep(_PAUSE)


def _note(model: type[Any], member: UUID, **values: Any) -> None:
    rec = ids.new()
    records.put(model(member_id=member, id=rec, mark=rec.hex[:40], **values))


if __name__ == "__main__":
    main()
