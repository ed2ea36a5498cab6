"""Every page in English and Arabic, light and dark: open to everybody's senses, and whole on a narrow phone.

The pages are the routes themselves: one nobody thought of, or one that opens for no visitor, fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize

from sri_admin.kernel import postgres
from tests.journeys.sites import NOWHERE, Site, hub_site, node_site

pytestmark = pytest.mark.browser
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"], "preload": False}
# What differs between light and dark, asked in the other one without loading the page anew.
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"], "preload": False}
Scheme = Literal["light", "dark"]
OTHER: dict[Scheme, Scheme] = {"light": "dark", "dark": "light"}
GRAVE = {"serious", "critical"}
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
PLANTED = """() => {
  const picture = document.createElement("img");
  picture.src = "http://elsewhere.invalid/a.png";
  const main = document.querySelector("main");
  main.prepend(picture);
  main.style.minInlineSize = "500px";
  const words = document.createElement("p");
  words.textContent = "Dark ink on any ground";
  words.style.color = "#241f27";
  main.append(words);
}"""
SITES = {"hub": hub_site, "node": node_site}


@dataclass
class Looker:
    """One visitor's tab, and what the browser said while it loaded."""

    site: Site
    page: Page
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site.house.url}/", "data:")):
            self.said.append(f"request to {request.url}")

    def opens(self, path: str, status: int = 200) -> bool:
        """Open a page; False if it is not for this visitor."""
        answer = self.page.goto(f"{self.site.house.url}{path}")
        is_there = answer is not None and answer.status == status and urlsplit(self.page.url).path == path
        if not is_there:
            self.said.clear()
        return is_there


@pytest.fixture(scope="module", params=list(SITES))
def site(
    request: pytest.FixtureRequest, cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with SITES[request.param](cluster, template, tmp_path_factory.mktemp("pages")) as made:
        yield made


@contextmanager
def lookers(browser: Browser, site: Site, language: str, **look: Any) -> Iterator[list[Looker]]:
    """Open a window for each visitor."""
    contexts: list[BrowserContext] = []
    for jar in site.visitors(language):
        context = browser.new_context(reduced_motion="reduce", **look)
        context.add_cookies([{"name": name, "value": value, "url": site.house.url} for name, value in jar.items()])
        contexts.append(context)
    yield [Looker(site, context.new_page()) for context in contexts]
    for context in contexts:
        context.close()


def barriers(page: Page) -> list[str]:
    """Return what keeps somebody from using a page."""
    return grave(Axe().run(page, options=RULES).response["violations"])


def pale(page: Page, scheme: Scheme) -> list[str]:
    """Return what can hardly be read in the other scheme; `barriers` has brought its program to the page."""
    page.emulate_media(color_scheme=OTHER[scheme])
    found = page.evaluate("options => axe.run(document, options)", CONTRAST)["violations"]
    page.emulate_media(color_scheme=scheme)
    return [f"{OTHER[scheme]}: {each}" for each in grave(found)]


def grave(found: list[Any]) -> list[str]:
    """Return in words what keeps somebody out."""
    return [
        f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in GRAVE
    ]


def sideways(page: Page) -> list[str]:
    """Return by how much a page is wider than a narrow phone."""
    page.set_viewport_size(NARROW)
    width = page.evaluate(WIDTH)
    page.set_viewport_size(WIDE)
    return [f"{width} px wide"] if width > NARROW["width"] else []


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
def test_every_page_is_open_to_all_and_keeps_to_itself(
    browser: Browser, site: Site, language: str, scheme: Scheme
) -> None:
    found: dict[str, list[str]] = {}
    with lookers(browser, site, language, color_scheme=scheme, viewport=WIDE) as visitors:
        for endpoint, path in site.pages(language).items():
            looker = next((each for each in visitors if each.opens(path)), None)
            if looker is None:
                found[endpoint] = ["opens for nobody"]
                continue
            faults = [*looker.said, *barriers(looker.page), *pale(looker.page, scheme), *sideways(looker.page)]
            looker.said.clear()
            if faults:
                found[endpoint] = faults
    assert not found, told(found)


def told(found: dict[str, list[str]]) -> str:
    """Return the faults of every page, a line each."""
    return "\n".join(f"{endpoint}: {fault}" for endpoint, faults in found.items() for fault in faults)


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("ar", "light")])
def test_what_went_wrong_is_said_to_all_on_a_phone_too(
    browser: Browser, site: Site, language: str, scheme: str
) -> None:
    with lookers(browser, site, language, color_scheme=scheme, viewport=NARROW) as visitors:
        page = visitors[0].page
        assert visitors[0].opens(NOWHERE, status=404)
        lost = [*barriers(page), *sideways(page)]
        assert visitors[-1].opens("/sign-in")
        visitors[-1].page.click("form.form .btn-main")
        refused = visitors[-1].page
        refused.wait_for_selector("[data-summary]")
        assert (lost, barriers(refused), sideways(refused)) == ([], [], [])


def test_planted_barriers_are_found(browser: Browser, site: Site) -> None:
    with lookers(browser, site, "en", color_scheme="light", viewport=WIDE) as visitors:
        looker = visitors[-1]
        assert looker.opens("/sign-in")
        assert (looker.said, barriers(looker.page), sideways(looker.page)) == ([], [], [])
        looker.page.evaluate(PLANTED)
        looker.page.wait_for_timeout(200)
        assert "Content Security Policy" in " ".join(looker.said)
        found = " ".join(barriers(looker.page))
        assert ("image-alt" in found, "color-contrast" in found) == (True, False)
        assert "color-contrast" in " ".join(pale(looker.page, "light"))
        assert sideways(looker.page) != []
