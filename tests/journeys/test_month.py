"""A board closes a month in Arabic on a phone at its own node; the hub is gone meanwhile, and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from sri_admin.kernel import jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.people.models import Account
from sri_admin.people.rules import Role
from sri_admin.reporting.jobs import RECEIVE
from sri_admin.reporting.rules.standing import State
from sri_admin.reporting.schemas import month_at
from tests.journeys.houses import CODE, Houses, Served, two_houses
from tests.journeys.test_pages import NARROW, barriers, sideways
from tests.make import people
from tests.make import reporting as rep
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
ANSWERS = {"certified_facilitators": "٩", "attendances": "٤٠", "first_time_attendances": "٥", "meetings_held": "4"}


@pytest.fixture(scope="module")
def houses(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    home: Path = tmp_path_factory.mktemp("month")
    with two_houses(cluster, template, home) as made:
        yield made


def somebody(houses: Houses, role: Role) -> Person:
    """Make somebody at the node who reads Arabic."""

    def make() -> Person:
        made = people.person(role, houses.pair.member_id)
        with transaction.writing(tenancy.NOWHERE):
            db.session.execute(sa.update(Account).where(Account.id == made.account_id).values(locale="ar"))
        return made

    return houses.pair.at_node(make)


def phone(browser: Browser, house: Served, who: Person) -> Page:
    """Sign in on a phone."""
    page = browser.new_context(locale="ar", viewport=NARROW, reduced_motion="reduce").new_page()
    page.goto(f"{house.url}/sign-in")
    page.fill("#f-sign_in_name", who.sign_in_name)
    page.fill("#f-password", PASSWORD)
    with page.expect_navigation():
        page.click("form.form .btn-main")
    return page


def sent(page: Page, button: str) -> None:
    """Press a button that leads to another page."""
    with page.expect_navigation():
        page.click(button)


def received(houses: Houses) -> None:
    """Do what waits in the hub's queue since the exchange."""
    member_id = str(houses.pair.member_id)
    with houses.hub.app.app_context():
        jobs.perform(runtime.current().tasks[RECEIVE], {"member_id": member_id})
    houses.exchange()


def test_a_month_in_arabic_on_a_phone_reaches_sri_although_the_hub_was_gone(browser: Browser, houses: Houses) -> None:
    preparer, chair = somebody(houses, Role.COORDINATOR), somebody(houses, Role.CHAIR)
    month = month_at(rep.MONTH)
    houses.hub.stop()
    page = phone(browser, houses.node, preparer)
    page.goto(f"{houses.node.url}/countries/{CODE}/returns/{month}")
    assert page.locator("html").get_attribute("dir") == "rtl"
    for name, answer in ANSWERS.items():
        page.fill(f"#f-{name}_number", answer)
    page.fill("#f-new_meetings_number", "0")
    assert (barriers(page), sideways(page)) == ([], [])
    page.set_viewport_size(NARROW)
    sent(page, ".buttons .btn-main")
    assert (barriers(page), sideways(page)) == ([], [])
    sent(page, "main form .btn-main")

    page = phone(browser, houses.node, chair)
    page.goto(f"{houses.node.url}/countries/{CODE}/returns/{month}")
    assert (barriers(page), sideways(page)) == ([], [])
    sent(page, "button[name=verdict][value=approve]")
    assert "QM" not in page.locator("table").last.inner_text()

    houses.hub.start()
    houses.exchange()
    received(houses)
    page.reload()
    assert "QM-202610-1" in page.locator("table").last.inner_text()

    with houses.hub.app.app_context():
        officer = people.person(Role.DATA_OFFICER)
    desk = phone(browser, houses.hub, officer)
    desk.goto(f"{houses.hub.url}/countries/{CODE}/received/{month}")
    sent(desk, "button[name=verdict][value=accepted]")
    houses.exchange()
    assert houses.pair.at_node(lambda: rep.seen(houses.pair.member_id).standing.state) is State.ACCEPTED
    page.reload()
    assert page.locator(".badge.good").count() == 1
