"""The same at a node, which serves one country: were another one's records ever in its tables, nothing would tell.

Its tables are those of a hub with two countries, so that they hold everything a country can have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.federation.models import SyncStream
from sri_admin.kernel import installation, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.installation import Installation
from tests.conftest import make_app, new_installation, settings_for
from tests.make import integrity, materials, members
from tests.make.places import furnished, visitor
from tests.web.test_tenancy_probe import FOREIGN, OWN, VISITORS, everything_to_see, probed


@dataclass
class House:
    """The node, what its visitors saw before another country came into its tables, and one id of everything of that."""

    node: Flask
    clients: dict[str, FlaskClient]
    before: dict[str, dict[str, Any]]
    foreign: dict[str, Any]


@pytest.fixture(scope="module")
def house(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that serves one country, over tables in which there is another one too."""
    home = tmp_path_factory.mktemp("probed")
    hub = new_installation(cluster, template, "sri_probed", settings_for("hub", home))
    with hub.app_context():
        materials.furnished()  # no secret of a country, nor is the standard
        integrity.adopted()
        own = members.member(OWN)
        transaction.write(tenancy.NOWHERE, lambda: serve(own))
        keep_hub_streams(own=False)
    node = make_app(cluster, "sri_probed", settings_for("node", home))
    with node.app_context():
        clients = {name: visitor(node, role, own) for name, role in VISITORS.items()}
        before = {name: everything_to_see(node, client) for name, client in clients.items()}
    with hub.app_context():
        keep_hub_streams(own=True)
        foreign = furnished(hub, FOREIGN)
        keep_hub_streams(own=False)
    yield House(node, clients, before, foreign)
    for app in (hub, node):
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    postgres.drop_database(cluster, "sri_probed")


def serve(member_id: UUID) -> None:
    """Let the tables be a node's."""
    installation.serve(member_id)
    db.session.execute(sa.update(Installation).values(role="node"))


def keep_hub_streams(*, own: bool) -> None:
    """Let what SRI tells be written here, or come from elsewhere as at a node: how much of it waits is no secret."""
    hubs = SyncStream.name.startswith("hub.")
    every = tenancy.everywhere(members.every_member(), writing=members.hub())
    transaction.write(every, lambda: db.session.execute(sa.update(SyncStream).where(hubs).values(own=own)))


@pytest.fixture(params=list(VISITORS))
def who(request: pytest.FixtureRequest) -> str:
    return request.param


def test_at_a_node_what_exists_elsewhere_answers_like_what_does_not(house: House, who: str) -> None:
    with house.node.app_context():
        assert probed(house.node, house.clients[who], house.foreign) == ([], [])


def test_at_a_node_what_happens_elsewhere_changes_no_list_total_or_search(house: House, who: str) -> None:
    with house.node.app_context():
        after = everything_to_see(house.node, house.clients[who])
    assert [path for path, seen in house.before[who].items() if seen != after[path]] == []
    assert {"/connection", "/connection/keys"} <= set(after)
