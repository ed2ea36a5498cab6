"""Somebody sets a second step up on a phone, in Arabic and without JavaScript, and signs in with it."""

import base64
from collections.abc import Iterator
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize

from sri_admin.kernel import clock, postgres
from sri_admin.people.rules import Role
from tests.conftest import new_installation, settings_for
from tests.journeys.houses import Served, served
from tests.make import people
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
MAIN = "form.form .btn-main"


@pytest.fixture(scope="module")
def house(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A hub that asks its staff for a second step."""

    def make(url: str) -> Flask:
        sections: dict[str, dict[str, object]] = {"web": {"public_url": url}, "sign_in": {"second_step": "staff"}}
        settings = settings_for("hub", tmp_path_factory.mktemp("second-step"), **sections)
        return new_installation(cluster, template, f"journey_second_{uuid4().hex[:10]}", settings)

    with served(make) as made:
        yield made


@pytest.fixture(params=["ar", "en"])
def page(request: pytest.FixtureRequest, browser: Browser, house: Served) -> Iterator[Page]:
    """A narrow phone that speaks a language and runs no scripts."""
    phone = ViewportSize(width=360, height=740)
    context = browser.new_context(java_script_enabled=False, locale=request.param, viewport=phone)
    yield context.new_page()
    context.close()


@pytest.fixture
def director(house: Served) -> Person:
    with house.app.app_context():
        return people.person(Role.SRI_DIRECTOR)


def shown_code(key: str, *, later: int = 0) -> str:
    """Return what the app on the phone shows, some half minutes from now."""
    moment = clock.now().timestamp() + 30 * later
    return TOTP(base64.b32decode(key.replace(" ", "")), 6, SHA1(), 30).generate(moment).decode()


def give_password(page: Page, house: Served, somebody: Person) -> None:
    page.goto(f"{house.url}/sign-in")
    page.fill("#f-sign_in_name", somebody.sign_in_name)
    page.fill("#f-password", PASSWORD)
    page.click(MAIN)


def test_a_director_sets_it_up_signs_out_and_comes_in_with_phone_and_with_paper(
    page: Page, house: Served, director: Person
) -> None:
    give_password(page, house, director)
    assert page.url == f"{house.url}/account/second-step"
    page.click("main .btn-main")
    key = page.inner_text("#key")
    drawn = page.locator(".qr svg").bounding_box()
    assert drawn is not None
    assert 200 < drawn["width"] < 330
    assert page.evaluate(WIDTH) <= 360
    page.fill("#f-code", shown_code(key))
    page.click(MAIN)
    paper = page.locator(".codes code").all_inner_texts()
    assert len(paper) == 10
    for code in (shown_code(key, later=1), paper[0]):
        page.context.clear_cookies()
        give_password(page, house, director)
        assert page.url.startswith(f"{house.url}/sign-in/code")
        page.fill("#f-code", code)
        page.click(MAIN)
        assert page.url == f"{house.url}/"
