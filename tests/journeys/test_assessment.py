"""A country assesses itself in Spanish at its own node, without contact; SRI reviews it; the board reads the result."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from sri_admin.integrity.operations.reviews import RECEIVE
from sri_admin.integrity.rules.standing import Stage
from sri_admin.kernel import jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.people.models import Account
from sri_admin.people.rules import Role
from tests.journeys.houses import CODE, Houses, Served, two_houses
from tests.make import files, members, people
from tests.make import integrity as it
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
STATEMENT = "El acta de mayo lo muestra."


@dataclass
class Place:
    """The hub and the node, and those who work on the assessment."""

    houses: Houses
    coordinator: Person
    chair: Person
    lead: Person
    paper: Path

    @property
    def start(self) -> str:
        """Where the round stands at either house."""
        member = self.houses.pair.member_id
        with self.houses.hub.app.app_context():
            return f"/countries/{CODE}/assessments/{it.call_of(member)}"


@pytest.fixture(scope="module")
def place(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("assessment")
    paper = home / "acta.pdf"
    paper.write_bytes(files.pdf(seed=5))
    with two_houses(cluster, template, home) as houses:
        member = houses.pair.member_id
        coordinator, chair = houses.pair.at_node(
            lambda: [speaking(people.person(each, member)) for each in (Role.COORDINATOR, Role.CHAIR)]
        )
        with houses.hub.app.app_context():
            lead = speaking(people.person(Role.INTEGRITY_LEAD))
        yield Place(houses, coordinator, chair, lead, paper)


def speaking(somebody: Person) -> Person:
    """Let somebody read Spanish."""
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Account).where(Account.id == somebody.account_id).values(locale="es"))
    return somebody


def signed_in(browser: Browser, house: Served, somebody: Person) -> Page:
    """Sign in at a house, in Spanish."""
    page = browser.new_context(locale="es-ES", viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{house.url}/sign-in")
    page.fill("#f-sign_in_name", somebody.sign_in_name)
    page.fill("#f-password", PASSWORD)
    pressed(page, "form.form .btn-main")
    assert page.locator("html").get_attribute("lang") == "es"
    return page


def pressed(page: Page, selector: str) -> None:
    """Press something that leads to another page."""
    with page.expect_navigation():
        page.click(selector)


def received(place: Place) -> None:
    """Let the hub do what waits after an exchange."""

    def run() -> None:
        wanted = sa.text("select args from procrastinate_jobs where task_name = :name")
        member = place.houses.pair.member_id
        for payload in members.writing(member, lambda: db.session.scalars(wanted, {"name": RECEIVE}).all()):
            jobs.perform(runtime.current().tasks[RECEIVE], payload)

    with place.houses.hub.app.app_context():
        run()


def stage(place: Place) -> Stage:
    """Return how the assessment stands at the node."""
    member = place.houses.pair.member_id
    return place.houses.pair.at_node(lambda: it.look(member, it.call_of(member), lambda found: found.stage))


def test_an_assessment_in_spanish_from_the_first_answer_to_the_review(browser: Browser, place: Place) -> None:
    answer_everything(signed_in(browser, place.houses.node, place.coordinator), place)
    assert stage(place) is Stage.TO_SIGN

    page = signed_in(browser, place.houses.node, place.chair)
    pressed(page, f'a[href$="{place.start}/sign"]')
    assert page.get_by_text(STATEMENT).count() == 4
    pressed(page, 'form[action$="/sign"] .btn-main')
    assert stage(place) is Stage.SENT

    place.houses.exchange()
    received(place)
    review_everything(signed_in(browser, place.houses.hub, place.lead), place)
    place.houses.exchange()
    assert stage(place) is Stage.REVIEWED

    page = signed_in(browser, place.houses.node, place.coordinator)
    page.goto(f"{place.houses.node.url}{place.start}/revisions/1")
    assert page.get_by_text("Falta una tercera persona.").count() == 1


def answer_everything(page: Page, place: Place) -> None:
    """Answer each criterion as it is asked, name a file for the first, and hand everything on."""
    page.goto(f"{place.houses.node.url}{place.start}")
    pressed(page, ".sheet .btn-main")
    page.check('input[name="answer"][value="2"]')
    pressed(page, 'button[name="then"][value="evidence"]')
    page.fill("#f-title", "Acta de mayo")
    page.select_option("#f-kind", "minutes")
    page.set_input_files("#f-file", place.paper)
    pressed(page, "form.form .btn-main")
    for _criterion in it.ASKED:
        page.check('input[name="answer"][value="2"]')
        page.fill("#f-statement", STATEMENT)
        pressed(page, 'button[name="then"][value="next"]')
    assert page.url.endswith("/check")
    pressed(page, 'form[action$="/propose"] .btn-main')


def review_everything(page: Page, place: Place) -> None:
    """Review each answer, see one of them differently, and finish; the file of evidence is nowhere at the hub."""
    page.goto(f"{place.houses.hub.url}{place.start}/revisions/1")
    assert page.get_by_text("Acta de mayo", exact=True).count() == 1
    assert page.locator('a[href*="/evidence/"]').count() == 0
    pressed(page, 'a[href$="/criteria/separation"]')
    page.check('input[name="verdict"][value="differs"]')
    page.select_option("#f-score", "1")
    page.fill("#f-comment", "Falta una tercera persona.")
    pressed(page, "form.form .btn-main")
    for _criterion in it.REVIEWED[1:]:
        page.check('input[name="verdict"][value="agrees"]')
        pressed(page, "form.form .btn-main")
    pressed(page, 'form[action$="/finish"] .btn-main')
