"""A hub that listens on loopback and a node beside it, each with a database of its own, joined by real HTTP."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from sri_admin.federation import control, enrolment, joining
from sri_admin.federation.client import HttpTransport
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.kernel import actor, database, jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant
from tests.conftest import new_installation, settings_for
from tests.make import members as make_members

DOER = actor.system("test")


@dataclass
class Pair:
    """The two installations, the line between them, and the member the node serves."""

    hub: Flask
    node: Flask
    line: HttpTransport
    member_id: UUID

    def at_hub(self, act: Callable[[], Any]) -> Any:
        """Do something at the hub."""
        with self.hub.app_context():
            return act()

    def at_node(self, act: Callable[[], Any]) -> Any:
        """Do something at the node."""
        with self.node.app_context():
            return act()

    def issue_code(self) -> str:
        """Have a code made for the member."""

        def act() -> str:
            member = db.session.get_one(Tenant, self.member_id)
            return enrolment.issue_code(DOER, member)

        return self.at_hub(lambda: transaction.write(tenancy.only(self.member_id), act))

    def approve(self, enrolment_id: UUID) -> None:
        """Approve a request, and do the job that follows."""

        def act() -> None:
            reach = enrolment.approval_reach(self.member_id)
            transaction.write(reach, lambda: enrolment.approve(DOER, enrolment_id))
            node = joined_node(self.member_id)
            jobs.perform(
                runtime.current().tasks[enrolment.TELL_APPROVED],
                {"member_id": str(self.member_id), "node_id": str(node)},
            )

        self.at_hub(act)

    def enrol(self) -> None:
        """Join the node to the hub, from the code to the welcome."""
        code = self.issue_code()
        asked = self.at_node(lambda: joining.ask(self.line, code))
        self.approve(asked.enrolment_id)
        assert self.at_node(lambda: joining.collect(self.line)) is EnrolmentState.APPROVED


def joined_node(member_id: UUID) -> UUID:
    """Return the id of the member's node."""
    with transaction.reading(tenancy.NOWHERE):
        found = enrolment.node_of(member_id)
        assert found is not None
        return found.id


@contextmanager
def listening(make: Callable[[str], Flask]) -> Iterator[tuple[Flask, str]]:
    """Serve an application on a free port of this machine; it is made once its address is known."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    server.app = app = make(url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield app, url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        _close(app)


@contextmanager
def paired(cluster: postgres.Cluster, template: str, home: Path, **made: Any) -> Iterator[Pair]:
    """Start a hub with one member and a node that is not joined yet."""
    name = uuid4().hex[:10]

    def make(url: str) -> Flask:
        settings = settings_for("hub", home / f"hub-{name}", web={"public_url": url})
        return new_installation(cluster, template, f"pair_hub_{name}", settings)

    with listening(make) as (hub, url):
        with hub.app_context():
            member_id = make_members.member("QM")
            digits = control.root_digits()
        hub_settings: dict[str, object] = {"url": url, "root_fingerprint": digits}
        settings = settings_for("node", home / f"node-{name}", hub=hub_settings)
        node = new_installation(cluster, template, f"pair_node_{name}", settings)
        line = HttpTransport(url)
        yield Pair(hub, node, line, member_id)
        line.session.close()
        _close(node)


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


# What a refused message may leave behind: that it came, how often, and what was set aside.
TRACES = frozenset({"node_contact", "node_token", "rate_bucket", "used_assertion"})


def contents(app: Flask) -> dict[str, str]:
    """Return a digest of every table, read as its owner past row-level security, without the traces of refusals."""
    with app.app_context():
        engine = sa.create_engine(database.owner_url(), poolclass=sa.NullPool)
        with engine.connect() as connection:
            names = [name for name in sa.inspect(connection).get_table_names() if not name.startswith("procrastinate")]
            return {name: _digest(connection, name) for name in names if name not in TRACES}


def _digest(connection: sa.Connection, name: str) -> str:
    line = sa.literal_column(f'"{name}"::text')
    rows = connection.scalars(sa.select(line).select_from(sa.table(name)).order_by(line))
    return hashlib.sha256("|".join(rows).encode()).hexdigest()
