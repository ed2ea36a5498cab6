"""A facilitator logs an evening on a phone, in Arabic, at a node whose hub cannot be reached; every tap is counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from sri_admin.kernel import clock, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.queries.evenings import missing_of, recent_evenings
from sri_admin.meetings.rules.log import Outcome
from sri_admin.people.models import Account
from sri_admin.people.rules import Role
from tests.journeys.houses import Houses, two_houses
from tests.make import meetings as meet
from tests.make import people
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
PHONE: ViewportSize = {"width": 360, "height": 740}
MOST_TAPS = 12
GRAVE = {"serious", "critical"}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@dataclass
class Place:
    """A node with a meeting that took place lately, and the facilitator who leads it."""

    houses: Houses
    meeting: UUID
    sam: Person

    @property
    def member(self) -> UUID:
        """The country."""
        return self.houses.pair.member_id

    def logs(self) -> list[tuple[Outcome, int | None, int | None]]:
        """Return every log the node keeps, in the order in which they were sent."""

        def look() -> list[tuple[Outcome, int | None, int | None]]:
            with transaction.reading(tenancy.only(self.member)):
                found = db.session.scalars(sa.select(MeetingLog).order_by(MeetingLog.on, MeetingLog.revision))
                return [(each.outcome, each.people, each.first_time) for each in found]

        return self.houses.pair.at_node(look)


@pytest.fixture(scope="module")
def place(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with two_houses(cluster, template, tmp_path_factory.mktemp("log")) as houses:
        meeting, sam = houses.pair.at_node(lambda: _furnished(houses.pair.member_id))
        yield Place(houses, meeting, sam)


def _furnished(member: UUID) -> tuple[UUID, Person]:
    begun = clock.today() - timedelta(days=20)
    made = meet.meeting(member, "مكتبة الميناء", weekday=begun.isoweekday(), first_on=begun, starts_at=_MIDNIGHT)
    sam = people.person(Role.FACILITATOR, member)
    meet.leader(member, made, sam.account_id)
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Account).where(Account.id == sam.account_id).values(locale="ar"))
    return made, sam


_MIDNIGHT = meet.described()["starts_at"].replace(hour=0, minute=0)


class Thumb:
    """Somebody who taps, and counts; a digit typed is a tap too."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, target: str) -> None:
        """Tap something."""
        self.page.locator(target).first.tap()
        self.taps += 1

    def type(self, digits: str) -> None:
        """Type digits into the field that was tapped."""
        self.page.keyboard.type(digits)
        self.taps += len(digits)


def phone(browser: Browser, place: Place, **more: Any) -> BrowserContext:
    """Return a phone on which the facilitator is signed in."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="ar", **more)
    page = context.new_page()
    page.goto(f"{place.houses.node.url}/sign-in")
    page.locator("#f-sign_in_name").fill(place.sam.sign_in_name)
    page.locator("#f-password").fill(PASSWORD)
    with page.expect_navigation():
        page.locator("form.form .btn-main").click()
    return context


def barriers(page: Page) -> list[str]:
    """Return what keeps somebody from using a page."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found if each["impact"] in GRAVE]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_evening_is_logged_in_twelve_taps_while_the_hub_is_away(
    browser: Browser, place: Place, scripts: bool
) -> None:
    before = len(place.logs())
    place.houses.hub.stop()
    context = phone(browser, place, java_script_enabled=scripts)
    page = context.pages[0]
    assert (page.locator("html").get_attribute("dir"), page.locator("html").get_attribute("lang")) == ("rtl", "ar")
    thumb = Thumb(page)
    thumb.tap(".work .btn-main")
    page.wait_for_url("**/log/*")
    thumb.tap("label[for=f-outcome]")
    thumb.tap("#f-people")
    thumb.type("١٢")
    thumb.tap("#f-first_time")
    thumb.type("٢")
    thumb.tap(".log .btn-main")
    page.wait_for_url("**/saved")
    assert thumb.taps <= MOST_TAPS
    assert place.logs()[before:] == [(Outcome.HELD, 12, 2)]
    width = page.evaluate("document.documentElement.scrollWidth") if scripts else PHONE["width"]
    assert width <= PHONE["width"]
    context.close()
    place.houses.hub.start()


def test_the_pages_of_a_facilitator_hold_nobody_up(browser: Browser, place: Place) -> None:
    context = phone(browser, place)
    page, found = context.pages[0], {}
    at = f"{place.houses.node.url}/countries/QM"
    evening = place.houses.pair.at_node(lambda: _an_evening(place))
    for name in ("my-meetings", f"meetings/{place.meeting}/log/{evening}"):
        page.goto(f"{at}/{name}")
        found[name] = barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert [each for each in found.values() if each] == []
    context.close()


def _an_evening(place: Place) -> str:
    with transaction.reading(tenancy.only(place.member)):
        recent = recent_evenings(place.member)
        return (missing_of(recent) or recent)[0].on.isoformat()


def test_minus_and_plus_count_for_a_thumb(browser: Browser, place: Place) -> None:
    context = phone(browser, place)
    page = context.pages[0]
    evening = place.houses.pair.at_node(lambda: _an_evening(place))
    page.goto(f"{place.houses.node.url}/countries/QM/meetings/{place.meeting}/log/{evening}")
    page.locator("#f-people").fill("٩")
    page.locator("#f-people ~ button").tap()
    assert page.locator("#f-people").input_value() == "10"
    context.close()
