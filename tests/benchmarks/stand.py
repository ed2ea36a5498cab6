"""Where measurements happen: a PostgreSQL of its own, a hub that listens in its own process, and a node beside it.

Whoever fills, serves or synchronises is a process of its own, so that one's memory never hides the other's.
"""

import multiprocessing
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import waitress
from flask import Flask

from sri_admin.app import PARTS, create_app, establish
from sri_admin.cli.serve import settle_memory
from sri_admin.federation import control
from sri_admin.federation.client import HttpTransport
from sri_admin.federation.stream_names import StreamClass
from sri_admin.kernel import database, logs, postgres
from sri_admin.kernel.db import db
from sri_admin.kernel.settings import LogSettings
from tests.benchmarks import reports
from tests.conftest import settings_for
from tests.federation.pair import Pair
from tests.make import members

HUB_DATABASE, NODE_DATABASE = "bench_hub", "bench_node"
_SPAWN = multiprocessing.get_context("spawn")
_PATIENCE_SECONDS = 90


@dataclass(frozen=True)
class Place:
    """An installation, described so that any process can open it."""

    role: str
    home: Path
    addresses: database.Addresses
    url: str
    root: str
    stream: StreamClass

    @property
    def port(self) -> int:
        """The port the hub listens on."""
        return int(self.url.rpartition(":")[2])


@cache
def opened(place: Place) -> Flask:
    """Return the application of an installation, made once in a process."""
    logs.configure(LogSettings(level="warning", format="text"))
    own: dict[str, dict[str, object]] = {"web": {"public_url": place.url}}
    if place.role == "node":
        own = {"hub": {"url": place.url, "root_fingerprint": place.root}}
    settings = settings_for(place.role, place.home, **own)
    app = create_app(settings, found=place.addresses, parts=(*PARTS, reports.part(place.stream)))
    settle_memory()
    return app


@dataclass(frozen=True)
class Stand:
    """Both installations, the member the node serves, the server of both and a folder for what is made."""

    hub: Place
    node: Place
    member_id: UUID
    cluster: postgres.Cluster
    scratch: Path

    def carrying(self, stream: StreamClass) -> "Stand":
        """Return the same installations with the reports travelling in another stream."""
        return replace(self, hub=replace(self.hub, stream=stream), node=replace(self.node, stream=stream))

    def another(self, name: str) -> Place:
        """Return a place for a hub on a database nobody has used."""
        return replace(self.hub, home=self.scratch / name, addresses=_database(self.cluster, f"bench_{name}"))


@contextmanager
def built(*, durable: bool) -> Iterator[Stand]:
    """Build everything, with the node enrolled at the hub through its real doors, and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="sri-bench-") as scratch:
        options = {} if durable else postgres.FAST_AND_UNSAFE
        cluster = postgres.Cluster(Path(scratch) / "data", postgres.find_binaries(), options=options)
        try:
            cluster.ensure()
            yield _installed(cluster, Path(scratch))
        finally:
            cluster.remove()


@contextmanager
def alone() -> Iterator[Flask]:
    """Build one hub that writes durably, stay inside it, and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="sri-bench-") as scratch:
        cluster = postgres.Cluster(Path(scratch) / "data", postgres.find_binaries(), options={})
        try:
            cluster.ensure()
            logs.configure(LogSettings(level="warning", format="text"))
            settings = settings_for("hub", Path(scratch) / "hub")
            app = create_app(settings, found=_database(cluster, HUB_DATABASE))
            with app.app_context():
                database.migrate()
                establish()
                yield app
                db.engine.dispose()
        finally:
            cluster.remove()


def _installed(cluster: postgres.Cluster, scratch: Path) -> Stand:
    places = {
        role: Place(role, scratch / role, _database(cluster, name), "", "", StreamClass.HUB_MEMBER)
        for role, name in (("hub", HUB_DATABASE), ("node", NODE_DATABASE))
    }
    url = f"http://127.0.0.1:{_free_port()}"
    hub = replace(places["hub"], url=url)
    with opened(hub).app_context():
        _prepare()
        member_id, root = members.member("QM"), control.root_digits()
    node = replace(places["node"], url=url, root=root)
    with opened(node).app_context():
        _prepare()
    made = Stand(hub, node, member_id, cluster, scratch)
    with serving(hub):
        Pair(opened(hub), opened(node), HttpTransport(url), member_id).enrol()
    for place in (hub, node):
        with opened(place).app_context():
            db.engine.dispose()
    return made


def _database(cluster: postgres.Cluster, name: str) -> database.Addresses:
    roles = postgres.create_database(cluster, name)
    return database.Addresses(*(cluster.url(name, role) for role in (roles.app, roles.owner, roles.backup)))


def _prepare() -> None:
    database.migrate()
    with owner().begin() as connection:
        reports.make_tables(connection)
    establish()


def owner() -> sa.Engine:
    """Return connections of the owner role of the database of the installation whose code is running."""
    return sa.create_engine(database.owner_url(), poolclass=sa.NullPool)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(place: Place) -> Iterator[int]:
    """Let the hub listen in a process of its own and give the number of that process."""
    process = _SPAWN.Process(target=_serve, args=(place,), daemon=True)
    process.start()
    try:
        _await_answer(place.port)
        assert process.pid is not None
        yield process.pid
    finally:
        process.terminate()
        process.join()


def _serve(place: Place) -> None:
    waitress.serve(opened(place), host="127.0.0.1", port=place.port, threads=4, _quiet=True)


def _await_answer(port: int) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > until:
            raise TimeoutError("the hub does not listen")
        time.sleep(0.05)


class Worker:
    """A process that does things inside one installation, one after the other."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._pool = ProcessPoolExecutor(1, mp_context=_SPAWN)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()

    def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of a module with arguments inside the installation and return what it returns."""
        return self._pool.submit(_inside, self.place, work, arguments).result()


def _inside(place: Place, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    with opened(place).app_context():
        return work(*arguments)
