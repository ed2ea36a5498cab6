"""A hub on two machines, each with pages and jobs as processes of its own, and everything that stands around them."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import requests
from flask import Flask

from sri_admin.app import create_app, prepare
from sri_admin.kernel import postgres
from sri_admin.kernel.db import db
from sri_admin.kernel.settings import load
from sri_admin.people.rules import Role
from tests.cli.test_program import PROGRAM
from tests.make import members, people, s3, servers
from tests.make.people import PASSWORD, TOKEN, Person
from tests.make.servers import PASSWORD as SECRET
from tests.make.servers import Ground, Pooler, Server

NAME = "sri_hub"
CONNECTIONS, PATIENCE = 3, 60


@dataclass
class Machine:
    """One of the machines: its folder, its port, its pages and its worker."""

    folder: Path
    port: int
    pooled: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, what: str) -> None:
        """Start the pages, which reach the database through PgBouncer, or the worker, which reaches it directly."""
        pooled = {"SRI_DATABASE_URL": self.pooled} if what == "web" else {}
        command = [PROGRAM, "--config", self.folder / "hub.toml", what]
        with (self.folder / f"{what}.log").open("ab") as log:
            self.running[what] = subprocess.Popen(command, stderr=log, env={"PATH": os.environ["PATH"], **pooled})

    def kill(self, what: str) -> None:
        """End a process as a power cut would."""
        self.running[what].kill()
        self.running.pop(what).wait(10)

    def stop(self) -> None:
        """Stop what runs."""
        for each in self.running.values():
            each.terminate()
        for each in self.running.values():
            each.wait(30)

    def is_ready(self) -> bool:
        """Say whether its pages are ready."""
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def answered(self, endpoint: str) -> int:
        """How often its pages answered at an endpoint."""
        told = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text
        lines = [line for line in told.splitlines() if line.startswith(f'sri_requests_total{{endpoint="{endpoint}"')]
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)


@dataclass
class Grown:
    """Everything that runs, and the hub's application for looking inside."""

    primary: Server
    replica: Server
    pooler: Pooler
    machines: list[Machine]
    url: str
    certificate: Path
    hub: Flask
    places: dict[str, UUID]
    people: dict[str, Person]

    def answered(self, endpoint: str) -> list[int]:
        """How often each machine answered at an endpoint."""
        return [each.answered(endpoint) for each in self.machines]

    def browser(self, somebody: Person) -> "Browser":
        """Sign somebody in through the proxy."""
        made = Browser(self)
        page = made.get("/sign-in").text
        found = TOKEN.search(page)
        assert found is not None, page
        values = {"csrf_token": found.group(1), "sign_in_name": somebody.sign_in_name, "password": PASSWORD}
        answer = made.session.post(f"{self.url}/sign-in", data=values, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code == 303, answer.text
        return made


class Browser:
    """Somebody at the other side of the proxy."""

    def __init__(self, grown: Grown) -> None:
        self.url, self.session = grown.url, requests.Session()
        self.session.verify, self.session.trust_env = str(grown.certificate), False

    def get(self, path: str) -> requests.Response:
        """Read a page."""
        return self.session.get(f"{self.url}{path}", timeout=PATIENCE)

    def form_token(self, path: str = "/account") -> str:
        """Return the token of a form."""
        found = TOKEN.search(self.get(path).text)
        assert found is not None
        return found.group(1)

    def headers(self, **more: str) -> dict[str, str]:
        """Return what a program sends with its request."""
        return {"X-CSRF-Token": self.form_token(), **more}

    def bring_in(self, row: str) -> str:
        """Send a table of countries with one row and return the id of its import."""
        content = f"code,name,kind,region\n{row}\n".encode()
        address = f"{self.url}/api/v1/imports?kind=members&name=list.csv"
        sent = self.session.post(address, data=content, headers=self.headers(), timeout=PATIENCE)
        assert sent.status_code == 201, sent.text
        return sent.json()["id"]

    def do_import(self, import_id: str) -> None:
        """Have the good rows of an import done."""
        address = f"{self.url}/api/v1/imports/{import_id}/apply"
        asked = self.session.post(address, json={}, headers=self.headers(), timeout=PATIENCE)
        assert asked.status_code == 200, asked.text

    def state_of(self, import_id: str) -> str:
        """Return how far an import is."""
        return self.get(f"/api/v1/imports/{import_id}").json()["state"]

    def enter(self, code: str, name: str, *, token: str, key: str) -> requests.Response:
        """Enter an office holder as a program does; sent again with the same key it is the same one."""
        body = {"office": "board_member", "display_name": name, "starts_on": "2026-01-01"}
        headers = {"X-CSRF-Token": token, "Idempotency-Key": key}
        address = f"{self.url}/api/v1/members/{code}/office-holders"
        return self.session.post(address, json=body, headers=headers, timeout=PATIENCE)


@contextmanager
def two_machines(home: Path) -> Iterator[Grown]:
    """A hub on two machines, with two countries and somebody in each."""
    with ExitStack() as stack:
        at = stack.enter_context(servers.ground())
        primary, replica = Server(at, "primary"), Server(at, "replica")
        for each in (primary, replica):
            stack.callback(each.stop)
        primary.create()
        secrets = postgres.Passwords(owner=SECRET, app=SECRET, backup=SECRET)
        postgres.create_database(primary.address, NAME, passwords=secrets)
        replica.follow(primary)
        pooler = stack.enter_context(_pooling(at, primary))
        store = stack.enter_context(s3.server())
        s3.settings(store)
        listens = servers.free_port()
        machines = [_machine(home, number, (primary, replica), (listens, pooler.port), store) for number in (1, 2)]
        hub = _established(machines)
        keys = servers.certificate(home)
        for machine in machines:
            stack.callback(machine.stop)
            machine.start("web")
            machine.start("worker")
        stack.enter_context(servers.proxy(at, listens, [each.port for each in machines], keys))
        with hub.app_context():
            places = {code: members.member(code) for code in ("QM", "QN")}
            known = {code: people.person(Role.MEMBER_ADMINISTRATOR, place) for code, place in places.items()}
            known["SRI"] = people.person(Role.SRI_DIRECTOR)
        servers.within(lambda: all(each.is_ready() for each in machines), seconds=240)
        yield Grown(primary, replica, pooler, machines, f"https://localhost:{listens}", keys[1], hub, places, known)
        with hub.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _pooling(at: Ground, primary: Server) -> Iterator[Pooler]:
    made = Pooler(at, NAME, f"{NAME}_app", CONNECTIONS)
    made.start(primary)
    try:
        yield made
    finally:
        assert made.process is not None
        made.process.terminate()
        made.process.wait(10)


def _machine(home: Path, number: int, of: tuple[Server, Server], ports: tuple[int, int], store: str) -> Machine:
    """Write the configuration of a machine; its identity and keys are those of the first one, on a shared folder."""
    folder, port = home / f"machine-{number}", servers.free_port()
    shared = home / "instance"
    for each in (folder / "home", shared):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "home" / "instance").symlink_to(shared)
    listens, pooled = ports
    both = "&".join(f"host=127.0.0.1:{each.port}" for each in of) + "&target_session_attrs=read-write"
    roles = {"url": "app", "owner_url": "owner", "backup_url": "backup"}
    addresses = {key: f"postgresql+psycopg://{NAME}_{role}:{SECRET}@/{NAME}?{both}" for key, role in roles.items()}
    sections: dict[str, dict[str, object]] = {
        "installation": {"role": "hub", "home": "home"},
        "web": {"port": port, "public_url": f"https://localhost:{listens}", "proxies": 1},
        "database": {**addresses, "prepare": False},
        "blobs": {
            "store": "s3",
            "s3_endpoint": store,
            "s3_bucket": s3.BUCKET,
            "s3_access_key": s3.ACCESS,
            "s3_secret_key": s3.SECRET,
        },
    }
    lines = [
        f"[{name}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in each.items()) for name, each in sections.items()
    ]
    (folder / "hub.toml").write_text("\n".join(lines) + "\n")
    return Machine(folder, port, f"postgresql+psycopg://{NAME}_app:{SECRET}@127.0.0.1:{pooled}/{NAME}")


def _established(machines: list[Machine]) -> Flask:
    app = create_app(load(machines[0].folder / "hub.toml"))
    prepare(app)
    return app
