"""Countries come in from a sheet in a browser: our empty sheet, filled, checked, done, and taken back as a whole."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from sri_admin.kernel import postgres
from sri_admin.kernel.worker import Worker
from sri_admin.people.rules import Role
from tests.conftest import new_installation, settings_for
from tests.journeys.houses import Served, served
from tests.make import people
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000
GOOD = {"Code": "QX", "Name": "Exampleland", "Kind of body": "country", "Region": "east"}
BAD = {**GOOD, "Code": "QY", "Name": "Otherland", "Region": "a region with a name that is far too long"}


@pytest.fixture(scope="module")
def house(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A hub that is served, and a worker beside it."""
    home: Path = tmp_path_factory.mktemp("import")

    def make(url: str) -> Flask:
        settings = settings_for("hub", home, web={"public_url": url})
        return new_installation(cluster, template, f"journey_import_{uuid4().hex[:10]}", settings)

    with served(make) as made:
        worker = Worker(made.app, made.app.config["SQLALCHEMY_DATABASE_URI"])
        worker.start()
        yield made
        worker.stop()


@pytest.fixture
def liaison(house: Served) -> Person:
    with house.app.app_context():
        return people.person(Role.COUNTRY_LIAISON)


def signed_in(browser: Browser, house: Served, somebody: Person) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{house.url}/sign-in")
    page.fill("#f-sign_in_name", somebody.sign_in_name)
    page.fill("#f-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/")
    return page


def filled_sheet(page: Page, house: Served, folder: Path) -> Path:
    """Take our empty sheet and write a good and a bad row into it."""
    page.goto(f"{house.url}/imports/new")
    with page.expect_download() as caught:
        page.get_by_role("complementary").get_by_role("link", name="Countries").click()
    path = folder / "countries.xlsx"
    caught.value.save_as(path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = next(row for row in sheet.iter_rows() if any(cell.value == "Code" for cell in row))
    places = {str(cell.value): place for place, cell in enumerate(heads, 1)}
    for number, values in enumerate((GOOD, BAD), sheet.max_row + 1):
        for name, value in values.items():
            sheet.cell(number, places[name], value)
    book.save(path)
    return path


def test_a_sheet_is_filled_checked_done_and_taken_back(
    browser: Browser, house: Served, liaison: Person, tmp_path: Path
) -> None:
    page = signed_in(browser, house, liaison)
    path = filled_sheet(page, house, tmp_path)
    page.goto(f"{house.url}/imports/new")
    page.set_input_files("#f-file", path)
    page.get_by_role("button", name="Check the file").click()
    do_it = page.get_by_role("button", name="Import the 1 good row")
    expect(do_it).to_be_visible(timeout=PATIENCE_MS)  # the page looks again by itself
    expect(page.get_by_text(re.compile(r"Row \d+, column .?E.?: ")).first).to_be_visible()
    do_it.click()
    undo = page.get_by_role("button", name="Undo this import")
    expect(undo).to_be_visible(timeout=PATIENCE_MS)
    assert "Exampleland" in page.request.get(f"{house.url}/countries").text()
    undo.click()
    expect(page.get_by_text("Undone", exact=False).first).to_be_visible(timeout=PATIENCE_MS)
    assert "Exampleland" not in page.request.get(f"{house.url}/countries").text()
