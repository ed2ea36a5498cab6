"""The pages of a node, as its board gets them: every word looked up, and light on the line."""

from collections.abc import Iterator

import pytest
import requests

from sri_admin.kernel import postgres
from sri_admin.web.locale import PSEUDO
from tests.journeys.sites import Site, node_site
from tests.journeys.test_weights import SHEETS, received, sessions_of, too_heavy
from tests.web.test_hardcoded_text import unmarked


@pytest.fixture(scope="module")
def node(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with node_site(cluster, template, tmp_path_factory.mktemp("node_pages")) as made:
        yield made


@pytest.fixture(params=["en", "ar"])
def visitors(request: pytest.FixtureRequest, node: Site) -> Iterator[tuple[str, list[requests.Session]]]:
    with sessions_of(node, request.param) as sessions:
        yield request.param, sessions


def test_every_page_of_a_node_is_light(node: Site, visitors: tuple[str, list[requests.Session]]) -> None:
    assert too_heavy(node, visitors[1]) == []


def test_every_text_of_every_page_of_a_node_was_looked_up(
    node: Site, visitors: tuple[str, list[requests.Session]]
) -> None:
    tag, sessions = visitors
    node.house.app.config[PSEUDO] = True
    left, closed = {}, []
    try:
        for endpoint, path in node.pages().items():
            if endpoint in SHEETS:
                continue
            got = next((found for each in sessions if (found := received(each, f"{node.house.url}{path}"))), None)
            if got is None:
                closed.append(endpoint)
            elif found := unmarked(got[1], tag):
                left[endpoint] = found
    finally:
        node.house.app.config[PSEUDO] = False
    assert (left, closed) == ({}, [])
