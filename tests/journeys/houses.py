"""A hub and a node that people open in a browser: both listen on loopback, and the hub can go away and come back."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from sri_admin.federation import control
from sri_admin.federation.client import HttpTransport
from sri_admin.federation.jobs import SYNC_NOW
from sri_admin.kernel import jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.rules.member import MemberState
from sri_admin.people.models import Account
from sri_admin.people.rules import Role
from tests.conftest import new_installation, settings_for
from tests.federation.pair import Pair
from tests.make import integrity, localization, materials, members, people, reporting
from tests.make.people import Person

CODE = "QM"


class Served:
    """An application that listens on a port of this machine, and can stop and start again on the same one."""

    def __init__(self, make: Callable[[str], Flask]) -> None:
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
        self.port = self._server.server_port
        self.url = f"http://localhost:{self.port}"
        try:
            self._server.app = self.app = make(self.url)
        except BaseException:
            self._server.server_close()
            raise
        self._listen()

    def _listen(self) -> None:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def start(self) -> None:
        """Listen again where it listened before."""
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self._listen()


@contextmanager
def served(make: Callable[[str], Flask]) -> Iterator[Served]:
    """Serve an application for a while."""
    house = Served(make)
    try:
        yield house
    finally:
        house.stop()
        with house.app.app_context():
            db.session.remove()
            db.engine.dispose()


@dataclass
class Houses:
    """The two installations, joined, and somebody who works at each."""

    hub: Served
    node: Served
    pair: Pair
    director: Person
    administrator: Person

    def exchange(self) -> None:
        """Do what "Try now" puts in the node's queue."""

        def act() -> None:
            jobs.perform(runtime.current().tasks[SYNC_NOW], {"asked": True})

        self.pair.at_node(act)


@contextmanager
def two_houses(cluster: postgres.Cluster, template: str, home: Path) -> Iterator[Houses]:
    """Start a hub with a licensed member whose own node is joined and has everything."""
    name = uuid4().hex[:10]

    def make_hub(url: str) -> Flask:
        settings = settings_for("hub", home / f"hub-{name}", web={"public_url": url})
        return new_installation(cluster, template, f"journey_hub_{name}", settings)

    with served(make_hub) as hub:
        with hub.app.app_context():
            member_id = members.member(CODE, MemberState.LICENSED)
            materials.furnished()
            localization.granted(member_id)
            reporting.catalogue()
            integrity.called(member_id)
            director, digits = people.person(Role.SRI_DIRECTOR), control.root_digits()

        def make_node(url: str) -> Flask:
            sections: dict[str, dict[str, object]] = {
                "web": {"public_url": url},
                "hub": {"url": hub.url, "root_fingerprint": digits},
            }
            settings = settings_for("node", home / f"node-{name}", **sections)
            return new_installation(cluster, template, f"journey_node_{name}", settings)

        with served(make_node) as node:
            line = HttpTransport(hub.url)
            pair = Pair(hub.app, node.app, line, member_id)
            pair.enrol()
            line.session.close()
            administrator = pair.at_node(lambda: _administrator(pair))
            houses = Houses(hub, node, pair, director, administrator)
            houses.exchange()
            pair.at_node(lambda: members.office_holder(member_id, display_name="Sam of the board"))
            houses.exchange()
            yield houses


def _administrator(pair: Pair) -> Person:
    somebody = people.person(Role.MEMBER_ADMINISTRATOR, pair.member_id)
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Account).where(Account.id == somebody.account_id).values(locale="ar"))
    return somebody
