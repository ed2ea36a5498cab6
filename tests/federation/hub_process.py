"""A hub as operators run it: the program in a process of its own, and the people who work at it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import requests
from flask import Flask

from sri_admin.app import establish
from sri_admin.federation import control, enrolment
from sri_admin.kernel import actor, jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.settings import load
from tests.conftest import make_app
from tests.make.people import PASSWORD, TOKEN, Person

T = TypeVar("T")
PROGRAM = Path(sys.executable).with_name("sri-admin")
DOER = actor.system("test")
_PATIENCE = 60


@dataclass
class HubProcess:
    """The process, its address, and the same installation to act in as its people would."""

    app: Flask
    url: str
    process: subprocess.Popen[bytes]
    config: Path

    def do(self, act: Callable[[], T]) -> T:
        """Do something at the hub."""
        with self.app.app_context():
            return act()

    @property
    def root_digits(self) -> str:
        """The digits that stand in an invitation."""
        return self.do(control.root_digits)

    def issue_code(self, member_id: UUID) -> str:
        """Have a code made for a member."""

        def act() -> str:
            return enrolment.issue_code(DOER, db.session.get_one(tenancy.Tenant, member_id))

        return self.do(lambda: transaction.write(tenancy.only(member_id), act))

    def approve(self, member_id: UUID, enrolment_id: UUID) -> None:
        """Approve a request, and do the job that follows."""

        def act() -> None:
            transaction.write(enrolment.approval_reach(member_id), lambda: enrolment.approve(DOER, enrolment_id))
            with transaction.reading(tenancy.NOWHERE):
                node = enrolment.node_of(member_id)
                assert node is not None
                node_id = str(node.id)
            task = runtime.current().tasks[enrolment.TELL_APPROVED]
            jobs.perform(task, {"member_id": str(member_id), "node_id": node_id})

        self.do(act)

    def run(self, *arguments: str) -> None:
        """Run a command of the program as its operator would."""
        command = [PROGRAM, "--config", str(self.config), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
        assert done.returncode == 0, done.stderr

    def page(self, somebody: Person, path: str) -> str:
        """Open a page as somebody who signs in for it."""
        with requests.Session() as browser:
            form = TOKEN.search(browser.get(f"{self.url}/sign-in", timeout=20).text)
            assert form is not None
            data = {"csrf_token": form[1], "sign_in_name": somebody.sign_in_name, "password": PASSWORD}
            assert browser.post(f"{self.url}/sign-in", data=data, timeout=20).ok
            answer = browser.get(self.url + path, timeout=20)
            assert answer.ok, answer.status_code
            return answer.text

    @property
    def peak_kib(self) -> int:
        """The most memory a process of the program ever held, in KiB."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return max(_peak(int(each)) for each in [self.process.pid, *children])


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@contextmanager
def hub_process(cluster: postgres.Cluster, template: str, home: Path) -> Iterator[HubProcess]:
    """Run a new hub in a process of its own for a while."""
    name = f"process_hub_{uuid4().hex[:10]}"
    postgres.copy_database(cluster, template, name)
    path, url = _configuration(cluster, name, home)
    app = make_app(cluster, name, load(path))
    command = [PROGRAM, "--config", str(path), "web"]
    with app.app_context():
        establish()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]})
    try:
        _wait_until_ready(url, home / "log")
        yield HubProcess(app, url, process, path)
    finally:
        process.terminate()
        process.wait(20)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _configuration(cluster: postgres.Cluster, name: str, home: Path) -> tuple[Path, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home.mkdir()
    roles, path, url = postgres.roles_of("sri_template"), home / "hub.toml", f"http://127.0.0.1:{port}"
    addresses = {"url": roles.app, "owner_url": roles.owner, "backup_url": roles.backup}
    lines = [f"{key} = {json.dumps(cluster.url(name, role))}" for key, role in addresses.items()]
    web = f'[web]\nport = {port}\nworkers = 1\npublic_url = "{url}"\n'
    path.write_text('[installation]\nhome = "home"\n' + web + "[database]\n" + "\n".join(lines) + "\n")
    return path, url


def _wait_until_ready(url: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with suppress(requests.ConnectionError):
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])
