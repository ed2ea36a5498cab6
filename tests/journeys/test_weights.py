"""What goes over the line when people open pages: measured as sent, over real HTTP, headers not counted."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from urllib.parse import urljoin

import pytest
import requests

from sri_admin.kernel import postgres
from tests.journeys.sites import Site, hub_site

FIRST_LOAD, FURTHER_PAGE = 60_000, 15_000
ROOM = {"web.api_description": 20_000}
# The sheet of all components is for developers and shows everything at once.
SHEETS = frozenset({"components.components"})
LOADED = re.compile(r'<(?:link|script|img|use)\b[^>]*?(?:href|src)="([^"#]+)')


@pytest.fixture(scope="module")
def hub(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with hub_site(cluster, template, tmp_path_factory.mktemp("weights")) as made:
        yield made


@pytest.fixture(params=["en", "ar"])
def visitors(request: pytest.FixtureRequest, hub: Site) -> Iterator[list[requests.Session]]:
    with sessions_of(hub, request.param) as sessions:
        yield sessions


@contextmanager
def sessions_of(site: Site, language: str) -> Iterator[list[requests.Session]]:
    """Visit as everybody who together may open every page."""
    with ExitStack() as open_ones:
        sessions = []
        for jar in site.visitors(language):
            session = open_ones.enter_context(requests.Session())
            session.cookies.update(jar)
            session.headers["Accept-Encoding"] = "gzip"
            sessions.append(session)
        yield sessions


def received(session: requests.Session, url: str) -> tuple[int, str] | None:
    """Return how many bytes came over the line and what they say; None if the page is not for this visitor."""
    with session.get(url, stream=True, allow_redirects=False) as answer:
        weight = int(answer.headers["Content-Length"])
        return (weight, answer.text) if answer.status_code == 200 else None


def weights(site: Site, visitors: list[requests.Session]) -> Iterator[tuple[str, int, int]]:
    """Yield the weight of every page, alone and with everything it loads."""
    files: dict[str, int] = {}
    for endpoint, path in site.pages().items():
        url = f"{site.house.url}{path}"
        session, (alone, page) = next((each, got) for each in visitors if (got := received(each, url)))
        loaded = {urljoin(url, unescape(name)) for name in LOADED.findall(page)}
        for name in loaded - set(files):
            found = received(session, name)
            assert found is not None, name
            files[name] = found[0]
        yield endpoint, alone, alone + sum(files[name] for name in loaded)


def too_heavy(site: Site, visitors: list[requests.Session]) -> list[tuple[str, int, int]]:
    """Return the pages that weigh more than they may, alone or with what they load."""
    measured = [each for each in weights(site, visitors) if each[0] not in SHEETS]
    # The description of the API lists every door; it is read by programmers, now and then.
    return [each for each in measured if each[1] > ROOM.get(each[0], FURTHER_PAGE) or each[2] > FIRST_LOAD]


def test_every_page_is_light(hub: Site, visitors: list[requests.Session]) -> None:
    assert too_heavy(hub, visitors) == []


def test_the_measurement_sees_what_a_page_loads(hub: Site, visitors: list[requests.Session]) -> None:
    found = received(visitors[-1], f"{hub.house.url}/sign-in")
    assert found is not None
    kinds = {name.split("?")[0].rsplit(".", 1)[1] for name in LOADED.findall(found[1])}
    assert kinds == {"css", "js", "svg"}
