"""A text is translated into Polish and reviewed with the keyboard alone; no pointer is touched."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from sri_admin.kernel import postgres
from sri_admin.localization.rules.standing import State
from sri_admin.materials.rules.blocks import Risk
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from tests.conftest import new_installation, settings_for
from tests.journeys.houses import CODE, Served, served
from tests.make import localization as loc
from tests.make import materials, members, people
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
BENCH = f"/countries/{CODE}/translation/{materials.CODE}/pl"
TYPED = ("Otwarcie spotkania", "Powitaj wszystkich; spotkanie trwa ", "Nikt nie musi mówić. Powiedz to dwa razy.")


@dataclass
class Place:
    """A hub with a country that translates into Polish, and the two people who do."""

    house: Served
    member: UUID
    translator: Person
    reviser: Person


@pytest.fixture(scope="module")
def place(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home: Path = tmp_path_factory.mktemp("translation")

    def make(url: str) -> Flask:
        settings = settings_for("hub", home, web={"public_url": url})
        return new_installation(cluster, template, f"journey_translation_{uuid4().hex[:10]}", settings)

    with served(make) as house:
        with house.app.app_context():
            member = members.member(CODE, MemberState.LICENSED)
            materials.released(Nobody=Risk.PROGRAM)
            loc.granted(member)
            people_here = [people.person(each, member, language="pl") for each in (Role.TRANSLATOR, Role.REVISER)]
        yield Place(house, member, *people_here)


def signed_in(browser: Browser, place: Place, somebody: Person) -> Page:
    """Sign in with the keyboard and open the workbench."""
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(f"{place.house.url}/sign-in")
    page.locator("#f-sign_in_name").focus()
    page.keyboard.type(somebody.sign_in_name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{place.house.url}{BENCH}")
    return page


def pressed(page: Page, keys: str) -> None:
    """Press keys that lead to another page."""
    with page.expect_navigation():
        page.keyboard.press(keys)


def states(place: Place) -> list[State]:
    """Return how the first segments stand."""

    def look() -> list[State]:
        return [loc.segment(word).standing.state for word in ("Opening", "Welcome", "Nobody")]

    with place.house.app.app_context():
        return members.writing(place.member, look)


def test_the_translation_into_polish_needs_no_pointer(browser: Browser, place: Place) -> None:
    page = signed_in(browser, place, place.translator)
    page.keyboard.type(TYPED[0])
    pressed(page, "Control+Enter")
    page.keyboard.type(TYPED[1])
    page.keyboard.press("Alt+1")
    page.keyboard.type("90 minut")
    page.keyboard.press("Alt+2")
    pressed(page, "Control+Enter")
    page.keyboard.type(TYPED[2])
    pressed(page, "Control+Enter")
    assert states(place) == [State.DRAFTED] * 3

    page = signed_in(browser, place, place.reviser)
    page.goto(f"{place.house.url}{BENCH}?show=review")
    for _time in TYPED:
        pressed(page, "Alt+a")
    assert states(place) == [State.APPROVED, State.APPROVED, State.INTEGRITY]


def test_what_is_typed_is_kept_without_pressing_anything(browser: Browser, place: Place) -> None:
    page = signed_in(browser, place, place.translator)
    page.keyboard.type("Zapytaj, kto")
    page.locator("#kept", has_text="Draft kept").wait_for()
    page.reload()
    assert page.locator("#f-text").input_value() == "Zapytaj, kto"


def test_alt_and_an_arrow_lead_to_the_segments_around(browser: Browser, place: Place) -> None:
    page = signed_in(browser, place, place.translator)
    before = page.locator("#source").inner_text()
    pressed(page, "Alt+ArrowDown")
    after = page.locator("#source").inner_text()
    pressed(page, "Alt+ArrowUp")
    assert (page.locator("#source").inner_text(), after != before) == (before, True)
