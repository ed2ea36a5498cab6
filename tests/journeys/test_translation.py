"""A text goes into Polish at a node with the keyboard alone, cut from the hub in the middle, and comes back signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sri_admin.kernel import postgres
from sri_admin.localization.rules.standing import State
from sri_admin.people.rules import Role
from tests.journeys.houses import CODE, Houses, Served, two_houses
from tests.make import localization as loc
from tests.make import materials, people
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
BENCH = f"/countries/{CODE}/translation/{materials.CODE}/pl"
AT_HUB = f"/translation/{materials.CODE}/pl"
WORDS = ("Opening", "Welcome", "Nobody", "Ask", "Thank")
MOST_TABS = 80
PATIENCE_MS = 15_000


@dataclass
class Place:
    """A hub and a node, and the people who bring a text into Polish."""

    houses: Houses
    translator: Person
    reviser: Person
    lead: Person
    manager: Person


@pytest.fixture(scope="module")
def place(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home: Path = tmp_path_factory.mktemp("translation")
    with two_houses(cluster, template, home) as houses:
        pair = houses.pair
        desk = [
            pair.at_node(lambda role=role: people.person(role, pair.member_id, language="pl"))
            for role in (Role.TRANSLATOR, Role.REVISER)
        ]
        sri = [
            pair.at_hub(lambda role=role: people.person(role)) for role in (Role.INTEGRITY_LEAD, Role.MATERIALS_MANAGER)
        ]
        yield Place(houses, *desk, *sri)


def signed_in(browser: Browser, house: Served, somebody: Person, path: str) -> Page:
    """Sign in with the keyboard and open a page."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{house.url}/sign-in")
    tab_to(page, "#f-sign_in_name")
    page.keyboard.type(somebody.sign_in_name)
    tab_to(page, "#f-password")
    page.keyboard.type(PASSWORD)
    pressed(page, "Enter")
    page.goto(f"{house.url}{path}")
    return page


def pressed(page: Page, keys: str) -> None:
    """Press keys that lead to another page."""
    with page.expect_navigation():
        page.keyboard.press(keys)


def tab_to(page: Page, selector: str) -> None:
    """Press the tabulator until something is reached."""
    for _time in range(MOST_TABS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"No tabulator leads to {selector}.")


def states(place: Place) -> list[State]:
    """Return how the segments stand at the node."""
    member = place.houses.pair.member_id
    return place.houses.pair.at_node(lambda: loc.states(member, *WORDS))


def typed(page: Page, *parts: str) -> None:
    """Type a wording, codes by their own keys, and save it."""
    for part in parts:
        if part.startswith("Alt+"):
            page.keyboard.press(part)
        else:
            page.keyboard.type(part)
    pressed(page, "Control+Enter")


def test_what_is_typed_is_kept_without_pressing_anything(browser: Browser, place: Place) -> None:
    page = signed_in(browser, place.houses.node, place.translator, BENCH)
    page.keyboard.type("Otwarcie")
    page.locator("#kept", has_text="Draft kept").wait_for()
    page.reload()
    assert page.locator("#f-text").input_value() == "Otwarcie"


def test_alt_and_an_arrow_lead_to_the_segments_around(browser: Browser, place: Place) -> None:
    page = signed_in(browser, place.houses.node, place.translator, BENCH)
    before = page.locator("#source").inner_text()
    pressed(page, "Alt+ArrowDown")
    after = page.locator("#source").inner_text()
    pressed(page, "Alt+ArrowUp")
    assert (page.locator("#source").inner_text(), after != before) == (before, True)


def test_a_text_goes_into_polish_at_a_node_and_comes_back_released(browser: Browser, place: Place) -> None:
    houses = place.houses
    page = signed_in(browser, houses.node, place.translator, BENCH)
    page.keyboard.press("Control+End")
    typed(page, " spotkania")
    typed(page, "Powitaj wszystkich; spotkanie trwa ", "Alt+1", "90 minut", "Alt+2", ".")
    houses.exchange()

    houses.hub.stop()
    typed(page, "Nikt nie musi mówić. Powiedz to na początku i na końcu.")
    typed(page, "Zapytaj, kto chce zacząć.")
    typed(page, "Podziękuj ", "Alt+1", " za każde słowo.")
    assert states(place) == [State.DRAFTED] * 5
    page = signed_in(browser, houses.node, place.reviser, f"{BENCH}?show=review")
    for _word in WORDS:
        pressed(page, "Alt+a")
    assert states(place) == [State.APPROVED, State.APPROVED, State.INTEGRITY, State.APPROVED, State.APPROVED]

    houses.hub.start()
    houses.exchange()
    page = signed_in(browser, houses.hub, place.lead, AT_HUB)
    assert page.locator("main form").count() == 1
    tab_to(page, "button[name=verdict][value=approve]")
    pressed(page, "Enter")

    page = signed_in(browser, houses.hub, place.manager, AT_HUB)
    tab_to(page, "#f-version_no")
    page.keyboard.press("Control+a")
    page.keyboard.type("1.0.0")
    tab_to(page, "#f-notes")
    page.keyboard.type("The first one in Polish.")
    tab_to(page, "main form .btn-main")
    pressed(page, "Enter")
    assert "1.0.0" in page.inner_text(".notices")

    houses.exchange()
    page = signed_in(browser, houses.node, place.translator, BENCH)
    assert states(place) == [State.APPROVED] * 5
    page = signed_in(
        browser, houses.node, houses.administrator, f"/countries/{CODE}/materials/{materials.CODE}?language=pl"
    )
    read = page.locator("main [lang=pl]").first
    assert "Nikt nie musi mówić. Powiedz to na początku i na końcu." in page.inner_text("main")
    assert (read.locator("h1, h2").first.inner_text(), read.locator("strong").inner_text()) == (
        "Otwarcie spotkania",
        "90 minut",
    )
