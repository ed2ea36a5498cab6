"""A hub and two nodes in one process: real databases, real commits, a line that fails as told, clocks that turn.

Each installation is a Flask application on its own copy of a database. Nodes join by the program's own enrolment and
exchange through `Line`, which carries bytes to the hub's test client and back, or does not.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psycopg
import sqlalchemy as sa
from flask import Flask
from psycopg import sql

from sri_admin.app import PARTS, create_app, establish
from sri_admin.federation import control, enrolment, exchange, joining
from sri_admin.federation.client import Answer, LineDownError
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.federation.kinds import Kind
from sri_admin.federation.models import SyncStream
from sri_admin.federation.outcome import Outcome
from sri_admin.federation.recovery import hub, incarnations
from sri_admin.kernel import clock, database, installation, jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.part import Part
from sri_admin.kernel.settings import Settings
from tests.conftest import settings_for
from tests.federation import records
from tests.federation.contents import Contents
from tests.make import members as make_members

T = TypeVar("T")
TEMPLATE = "sri_world"
BEGINNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HUB_URL = "http://127.0.0.1:8000"
_PATIENCE = timedelta(seconds=10)
_MOST_ROUNDS = 3  # what was given again after a restore goes over with the next exchange


def make_template(cluster: postgres.Cluster, home: Path) -> str:
    """Migrate a database of its own that also has the tables of the test kinds."""
    roles = postgres.create_database(cluster, TEMPLATE)
    found = database.Addresses(*(cluster.url(TEMPLATE, role) for role in (roles.app, roles.owner, roles.backup)))
    app = create_app(settings_for("hub", home), found=found)
    with app.app_context():
        database.migrate()
        records.create_tables(database.owner_url())
        db.engine.dispose()
    return TEMPLATE


@dataclass
class Time:
    """The true time of a world, which passes only when it is told to."""

    now: datetime = BEGINNING

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Site:
    """One installation: its database, its folder, its clock, and the kinds its program knows."""

    cluster: postgres.Cluster
    name: str
    settings: Settings
    time: Time
    kinds: tuple[Kind, ...] = records.KINDS
    offset: timedelta = timedelta()
    uses: int = 1  # grows whenever anything may have changed here
    uses_kept: int = 0
    app: Flask = field(init=False)
    _copies: dict[str, Contents] = field(default_factory=dict)

    def __post_init__(self) -> None:
        postgres.copy_database(self.cluster, TEMPLATE, self.name)
        self.start()
        with self.inside():
            establish()

    @property
    def is_hub(self) -> bool:
        """Say whether this is the hub."""
        return self.settings.installation.role == "hub"

    def start(self, kinds: tuple[Kind, ...] | None = None) -> None:
        """Start the program, perhaps one that knows other kinds."""
        self.uses += 1
        self.kinds = self.kinds if kinds is None else kinds
        roles = postgres.roles_of(TEMPLATE)
        urls = (self.cluster.url(self.name, role) for role in (roles.app, roles.owner, roles.backup))
        parts = (*PARTS, Part(name="probe", kinds=self.kinds))
        self.app = create_app(self.settings, found=database.Addresses(*urls), parts=parts)

    def stop(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Work at this installation, by its own clock."""
        self.uses += 1
        with self._here():
            yield
        self.uses += 1

    @contextmanager
    def _here(self) -> Iterator[None]:
        with self.app.app_context(), clock.running(lambda: self.time.now + self.offset):
            yield

    def do(self, act: Callable[[], T]) -> T:
        """Do something at this installation."""
        with self.inside():
            return act()

    def write(self, member_id: UUID, body: Callable[[], T]) -> T:
        """Commit a change at this installation for a member."""
        return self.do(lambda: transaction.write(records.reach(member_id), body))

    def read(self, body: Callable[[], T]) -> T:
        """Read everything this installation has."""

        def reading() -> T:
            everything = records.reach(UUID(int=0))
            with transaction.reading(everything):
                return body()

        with self._here():
            return reading()

    def keep(self, label: str) -> None:
        """Keep a copy of the database and of the identity beside it, as a snapshot of the machine would."""
        shutil.copy(self._identity, self._identity.with_suffix(f".{label}"))
        self._copies[label] = Contents.of(self.cluster, self.name)

    def rename_copy(self, label: str, to: str) -> None:
        """Give a copy that was kept another label."""
        self._copies[to] = self._copies.pop(label)
        self._identity.with_suffix(f".{label}").rename(self._identity.with_suffix(f".{to}"))

    @property
    def _identity(self) -> Path:
        return self.settings.installation.home / "instance" / "incarnation.json"

    def restore(self, label: str) -> None:
        """Restore a copy as the program does: what goes on from it is another incarnation."""
        self.go_back(label)
        self.do(installation.renew)

    def go_back(self, label: str) -> None:
        """Set the machine back to a copy that was kept."""
        self.uses += 1
        self.stop()
        shutil.copy(self._identity.with_suffix(f".{label}"), self._identity)
        self.app.extensions[runtime.EXTENSION].identity = None
        if not self._copies[label].put_back(self.cluster, self.name):
            postgres.drop_database(self.cluster, self.name)
            postgres.copy_database(self.cluster, TEMPLATE, self.name)
            assert self._copies[label].put_back(self.cluster, self.name)

    def keep_folder(self) -> None:
        """Keep a copy of the folder of identity and keys."""
        shutil.copytree(self._folder, self._kept_folder, dirs_exist_ok=True)

    def restore_folder(self) -> None:
        """Set the folder of identity and keys back to the copy that was kept."""
        shutil.rmtree(self._folder)
        shutil.copytree(self._kept_folder, self._folder, dirs_exist_ok=True)

    @property
    def _folder(self) -> Path:
        return installation.instance_folder(self.settings)

    @property
    def _kept_folder(self) -> Path:
        return self.settings.installation.home / "instance.kept"


Fault = Callable[["Call"], Answer]


@dataclass
class Call:
    """One request on its way: deliver it, twice or never, and change what comes back."""

    line: "Line"
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def deliver(self, body: bytes | None = None) -> Answer:
        """Let the hub answer."""
        return self.line.deliver(self, body)


@dataclass
class Line:
    """The line of a node to the hub; `faults` are spent one a request, and every request is remembered."""

    hub: Site
    faults: list[Fault | None] = field(default_factory=list)
    always: Fault | None = None
    heard: list[Call] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    carried: list[tuple[Call, Answer]] = field(default_factory=list)

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Carry a request, or do with it what the next fault says."""
        call = Call(self, method, path, dict(headers), body)
        self.heard.append(call)
        fault = self.faults.pop(0) if self.faults else self.always
        answer = fault(call) if fault else call.deliver()
        self.answers.append(answer)
        return answer

    def deliver(self, call: Call, body: bytes | None = None) -> Answer:
        """Hand a request to the hub, by the hub's clock."""
        with self.hub.inside():
            answer = self.hub.app.test_client().open(
                call.path,
                method=call.method,
                headers=dict(call.headers),
                data=call.body if body is None else body,
                base_url=HUB_URL,
            )
            named = {name.lower(): value for name, value in answer.headers.items()}
            given = Answer(answer.status_code, named, answer.get_data())
            self.carried.append((call, given))
            return given


def cut_before(_call: Call) -> Answer:
    """The request never arrives."""
    raise LineDownError("unreachable", "cut before the request")


def cut_after(call: Call) -> Answer:
    """The hub has done it, its answer is lost."""
    call.deliver()
    raise LineDownError("unreachable", "cut after the request")


def twice(call: Call) -> Answer:
    """The request arrives twice; the second answer comes back."""
    call.deliver()
    return call.deliver()


def cut_answer_at(n: int) -> Fault:
    """The answer ends after n bytes."""
    return lambda call: _changed(call.deliver(), lambda body: body[:n])


def cut_request_at(n: int) -> Fault:
    """The request ends after n bytes."""
    return lambda call: call.deliver(call.body[:n])


def flip_answer(bit: int) -> Fault:
    """One bit of the answer's body is wrong."""
    return lambda call: _changed(call.deliver(), lambda body: flipped(body, bit))


def flip_request(bit: int) -> Fault:
    """One bit of the request's body is wrong."""
    return lambda call: call.deliver(flipped(call.body, bit))


def answers(status: int, body: bytes = b"", kind: str = "application/problem+json", **headers: str) -> Fault:
    """Something answers in the hub's place."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _call: Answer(status, {"content-type": kind, **named}, body)


PORTAL = answers(200, b"<html>Please log in to the network</html>", "text/html; charset=utf-8")
BUSY = answers(503, b'{"code":"unavailable"}', retry_after="1")
TOO_MANY = answers(429, b'{"code":"too_many"}', retry_after="2")


def flipped(body: bytes, bit: int) -> bytes:
    """Turn one bit of some bytes, if there are any."""
    if not body:
        return body
    at = bit // 8 % len(body)
    return body[:at] + bytes([body[at] ^ (1 << bit % 8)]) + body[at + 1 :]


def _changed(answer: Answer, change: Callable[[bytes], bytes]) -> Answer:
    # A proxy that rewrites a body also drops what would give it away.
    headers = {
        name: value for name, value in answer.headers.items() if name not in {"content-digest", "content-length"}
    }
    return Answer(answer.status, headers, change(answer.body))


class World:
    """A hub, two nodes that joined it, and everything between them."""

    def __init__(
        self,
        cluster: postgres.Cluster,
        home: Path,
        *,
        codes: Sequence[str] = ("QM", "QN"),
        begins: datetime = BEGINNING,
    ) -> None:
        self.time, kinds = Time(begins), records.KINDS
        settings = settings_for("hub", home / "hub", web={"public_url": HUB_URL})
        self.hub = Site(cluster, "world_hub", settings, self.time, kinds)
        self.members = {code: self.hub.do(lambda code=code: make_members.member(code)) for code in codes}
        self.hub_id = self.hub.do(make_members.hub)
        digits = self.hub.do(control.root_digits)
        self.nodes: dict[str, Site] = {}
        for code in self.members:
            joined: dict[str, object] = {"url": HUB_URL, "root_fingerprint": digits}
            settings = settings_for("node", home / code, hub=joined)
            self.nodes[code] = Site(cluster, f"world_{code.lower()}", settings, self.time, kinds)
        self.lines = {code: Line(self.hub) for code in self.nodes}
        for place, code in enumerate(self.nodes):
            self.time.sleep(600 if place > 1 else 0)  # who asks from one address has to be patient
            self.enrol(code)
        self.settle()
        self.settle()  # what the last to come published is news to the first
        self.keep()

    @property
    def sites(self) -> list[Site]:
        """The hub, then the nodes."""
        return [self.hub, *self.nodes.values()]

    def enrol(self, code: str) -> None:
        """Join a node by code, digits and approval."""
        member_id, node, line = self.members[code], self.nodes[code], self.lines[code]

        def issue() -> str:
            return enrolment.issue_code(records.DOER, db.session.get_one(tenancy.Tenant, member_id))

        given = self.hub.write(member_id, issue)
        asked = node.do(lambda: joining.ask(line, given))
        self.hub.do(lambda: _approve(member_id, asked.enrolment_id))
        assert node.do(lambda: joining.collect(line)) is EnrolmentState.APPROVED

    def approval(self, member_id: UUID, body: Callable[[], T]) -> T:
        """Commit a decision about a member's node at the hub."""
        return self.hub.do(lambda: transaction.write(incarnations.reach_of(member_id), body))

    def go_on(self) -> int:
        """Let a restored hub go on in new epochs of its own streams."""
        return self.hub.do(
            lambda: transaction.write(hub.everyone(), lambda: hub.go_on(records.DOER, reason="restored"))
        )

    def sync(self, code: str) -> Outcome:
        """Let a node exchange with the hub once."""
        self.time.sleep(_PATIENCE.total_seconds())
        return self.nodes[code].do(lambda: exchange.synchronise(self.lines[code], sleep=self.time.sleep))

    def settle(self) -> None:
        """Mend the lines and exchange until nothing moves; everything must have gone over."""
        for _round in range(_MOST_ROUNDS):
            for code, line in self.lines.items():
                line.faults, line.always = [], None
                outcome = self.sync(code)
                assert outcome.ok, (code, outcome.to_dict(), outcome.detail)
            if self._is_level():
                return

    def _is_level(self) -> bool:
        """Say whether every node stands where the hub does."""
        ends = sa.select(SyncStream.name, SyncStream.epoch, SyncStream.n)
        hub, *nodes = [site.read(lambda: {tuple(row) for row in db.session.execute(ends)}) for site in self.sites]
        return all(each <= hub for each in nodes)

    def keep(self) -> None:
        """Remember how everything stands now, for `reset`."""
        for site in self.sites:
            site.keep("0")
            site.keep_folder()

    def reset(self) -> None:
        """Return to how everything stood when it was kept."""
        self.time.now = BEGINNING + timedelta(hours=1)
        self.lines = {code: Line(self.hub) for code in self.nodes}
        for site in self.sites:
            if site.uses != site.uses_kept:
                site.go_back("0")
                site.restore_folder()
            site.offset = timedelta()
            if site.kinds != records.KINDS:
                site.start(records.KINDS)
            site.uses_kept = site.uses

    def close(self) -> None:
        """Let go of every database."""
        for site in self.sites:
            site.stop()


def _approve(member_id: UUID, enrolment_id: UUID) -> None:
    before = _queued(0)
    reach = enrolment.approval_reach(member_id)
    transaction.write(reach, lambda: enrolment.approve(records.DOER, enrolment_id))
    for _number, name, payload in _queued(max((number for number, _name, _payload in before), default=0)):
        jobs.perform(runtime.current().tasks[name], payload)


def _queued(after: int) -> list[tuple[int, str, dict[str, str]]]:
    wanted = (
        "select id, task_name, args from procrastinate_jobs where id > :after and task_name = any(:names) order by id"
    )
    names = [enrolment.HAND_OVER, enrolment.TELL_APPROVED]
    with transaction.reading(tenancy.NOWHERE):
        found = db.session.execute(sa.text(wanted), {"after": after, "names": names}).all()
    return [(number, name, payload) for number, name, payload in found]


def every_table(site: Site) -> dict[str, str]:
    """Return a digest of every table of an installation."""
    return _of_every_table(site, _digest)


def holding(site: Site, value: str) -> list[str]:
    """Return the tables of an installation that hold a value, in a text or in bytes."""
    forms = value, value.encode().hex()
    found = _of_every_table(site, lambda connection, name: any(_count(connection, name, each) for each in forms))
    return [name for name, holds in found.items() if holds]


def _of_every_table(site: Site, look: Callable[[psycopg.Connection, str], T]) -> dict[str, T]:
    # Read by who passes row-level security.
    with psycopg.connect(site.cluster.dsn, dbname=site.name) as connection:
        tables = "select tablename from pg_tables where schemaname = 'public' and tablename not like 'procrastinate%'"
        return {name: look(connection, name) for (name,) in connection.execute(tables).fetchall()}


def _count(connection: psycopg.Connection, name: str, value: str) -> int:
    query = sql.SQL("select count(*) from {0} where strpos({0}::text, %s) > 0").format(sql.Identifier(name))
    found = connection.execute(query, [value]).fetchone()
    assert found is not None
    return found[0]


def _digest(connection: psycopg.Connection, name: str) -> str:
    query = "select md5(coalesce(string_agg({0}::text, '|' order by {0}::text), '')) from {0}"
    found = connection.execute(sql.SQL(query).format(sql.Identifier(name))).fetchone()
    assert found is not None
    return found[0]
