"""A hub and a node open in one browser, as people work at them; everything also without JavaScript."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from sri_admin.kernel import formats, i18n, postgres
from sri_admin.kernel.i18n import gettext, ngettext
from tests.journeys.houses import CODE, Houses, Served, two_houses
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
NEW_END = date(2039, 3, 31)
PATIENCE_MS = 15_000


@dataclass
class Desk:
    """One browser with the hub open in one tab, in English, and the node in another, in Arabic."""

    houses: Houses
    hub: Page
    node: Page

    def open_hub(self, path: str) -> Page:
        """Open a page of the hub."""
        self.hub.goto(f"{self.houses.hub.url}{path}")
        return self.hub

    def open_node(self, path: str) -> Page:
        """Open a page of the node."""
        self.node.goto(f"{self.houses.node.url}{path}")
        return self.node


@pytest.fixture(scope="module", params=[True, False], ids=["with-scripts", "without-scripts"])
def desk(
    request: pytest.FixtureRequest,
    browser: Browser,
    cluster: postgres.Cluster,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    with two_houses(cluster, template, tmp_path_factory.mktemp("journey")) as houses:
        context = browser.new_context(java_script_enabled=request.param, locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)
        made = Desk(houses, signed_in(context, houses.hub, houses.director), context.new_page())
        made.node.close()
        made.node = signed_in(context, houses.node, houses.administrator)
        yield made
        context.close()


def signed_in(context: BrowserContext, house: Served, somebody: Person) -> Page:
    page = context.new_page()
    page.goto(f"{house.url}/sign-in")
    page.fill("#f-sign_in_name", somebody.sign_in_name)
    page.fill("#f-password", PASSWORD)
    page.click("form.form .btn-main")
    page.wait_for_url(f"{house.url}/")
    return page


def press(page: Page, label: str) -> None:
    """Press the button or follow the link with a label."""
    page.locator(".btn", has_text=label).first.click()
    page.wait_for_load_state()


def text_of(page: Page) -> str:
    """Return what a page says, without the marks of direction."""
    return page.inner_text("main").replace("\u2068", "").replace("\u2069", "")


def in_arabic(sentence: str) -> str:
    """Return a sentence as the node's board reads it."""
    with i18n.using("ar"):
        return gettext(sentence)


def test_signing_in_at_one_installation_signs_nobody_out_of_the_other(desk: Desk) -> None:
    assert desk.open_hub("/account").url.endswith("/account")
    assert desk.open_node("/account").url.endswith("/account")
    names = {cookie.get("name") for cookie in desk.hub.context.cookies()}
    assert len({name for name in names if name and not name.endswith(("_lang", "_theme", "_notice"))}) == 2


def test_an_agreement_amended_at_the_hub_is_read_in_arabic_at_the_node(desk: Desk) -> None:
    page = desk.open_hub(f"/countries/{CODE}/agreements")
    page.click("main tbody a")
    press(page, "Amend the agreement")
    page.fill("#f-ends_on", NEW_END.isoformat())
    for label in ("Check your answers", "Offer it to the board", "Note that both sides signed", "Note the signatures"):
        press(page, label)
    with i18n.using("ar"):
        expected = formats.date_long(NEW_END)
    assert expected not in text_of(desk.open_node(f"/countries/{CODE}/agreement"))

    desk.houses.exchange()

    assert expected in text_of(desk.open_node(f"/countries/{CODE}/agreement"))
    html = desk.node.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl")


def test_an_office_holder_corrected_while_the_hub_is_away_is_seen_there_afterwards(desk: Desk) -> None:
    holders = f"/countries/{CODE}/office-holders"
    desk.houses.hub.stop()
    correct_holder(desk.open_node(holders), "Kim of the board")
    press(desk.open_node("/connection"), in_arabic("Try now"))
    desk.houses.exchange()
    away = text_of(desk.open_node("/connection"))
    desk.houses.hub.start()
    assert "Kim of the board" not in text_of(desk.open_hub(holders))

    desk.houses.exchange()

    assert "Kim of the board" in text_of(desk.open_hub(holders))
    assert waiting_in_arabic(1) in away
    assert waiting_in_arabic(1) not in text_of(desk.open_node("/connection"))


def correct_holder(page: Page, name: str) -> None:
    """Give the first office holder another name."""
    page.click("main tbody td a")
    page.fill("#f-display_name", name)
    press(page, in_arabic("Save the correction"))
    assert name in text_of(page)


def waiting_in_arabic(number: int) -> str:
    """Return the end of the sentence that says how many changes wait to go out."""
    with i18n.using("ar"):
        told = ngettext("%(sent)s sent, %(num)s waits", "%(sent)s sent, %(num)s wait", number, num=number, sent="?")
    return told.split("?", 1)[1].lstrip("\u2069")
