"""The world of the federation tests: made once, set back before each test that asks for it."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from sri_admin.kernel import postgres
from tests.federation import world as worlds


@pytest.fixture(scope="session")
def made_world(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    """A hub and two nodes that have joined it."""
    home = tmp_path_factory.mktemp("world")
    worlds.make_template(cluster, home / "template")
    made = worlds.World(cluster, home)
    yield made
    made.close()


@pytest.fixture
def world(made_world: worlds.World) -> worlds.World:
    """A hub and two nodes, as they stood after their first exchange."""
    made_world.reset()
    return made_world


@pytest.fixture
def member(world: worlds.World) -> UUID:
    """The country whose node most tests are about."""
    return world.members["QM"]


@pytest.fixture
def node(world: worlds.World) -> worlds.Site:
    """That country's node."""
    return world.nodes["QM"]
