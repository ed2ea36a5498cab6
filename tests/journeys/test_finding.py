"""A critical finding in Spanish: issued at the hub, put right at the node, verified by somebody else, then renewed."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from sri_admin.kernel import clock, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.rules.agreement import AgreementState
from sri_admin.people.models import Account
from sri_admin.people.rules import Role
from tests.journeys.houses import CODE, Houses, Served, two_houses
from tests.make import findings as fi
from tests.make import integrity as it
from tests.make import members, people
from tests.make.people import PASSWORD, Person

pytestmark = pytest.mark.browser
PATIENCE_MS = 15_000
PHONE: ViewportSize = {"width": 360, "height": 740}


@dataclass
class Place:
    """A hub and a node, a reviewed self-assessment, an offered renewal, and three people who read Spanish."""

    houses: Houses
    cycle: UUID
    renewal: UUID
    lead: Person
    director: Person
    chair: Person


@pytest.fixture(scope="module")
def place(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with two_houses(cluster, template, tmp_path_factory.mktemp("finding")) as houses:
        member, pair = houses.pair.member_id, houses.pair
        cycle = pair.at_hub(lambda: it.called(member))
        houses.exchange()
        snapshot = pair.at_node(lambda: it.handed_in(member, cycle))
        pair.at_node(lambda: it.proof(member))
        houses.exchange()
        pair.at_hub(lambda: it.received(member, snapshot))
        pair.at_hub(lambda: it.reviewed(member, snapshot))
        renewal = pair.at_hub(lambda: _renewal(member))
        lead, director = (
            pair.at_hub(lambda role=role: reader(role)) for role in (Role.INTEGRITY_LEAD, Role.SRI_DIRECTOR)
        )
        chair = pair.at_node(lambda: reader(Role.CHAIR, member))
        yield Place(houses, cycle, renewal, lead, director, chair)


def _renewal(member: UUID) -> UUID:
    with transaction.reading(tenancy.only(member)):
        agreement = db.session.scalars(sa.select(Agreement.id)).one()
    return members.renewal(member, agreement)


def reader(role: Role, member: UUID | None = None) -> Person:
    """Make somebody who reads Spanish."""
    somebody = people.person(role, member)
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Account).where(Account.id == somebody.account_id).values(locale="es"))
    return somebody


def signed_in(browser: Browser, house: Served, somebody: Person) -> Page:
    context: BrowserContext = browser.new_context(locale="es-ES", viewport=PHONE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{house.url}/sign-in")
    page.fill("#f-sign_in_name", somebody.sign_in_name)
    page.fill("#f-password", PASSWORD)
    page.click("form.form .btn-main")
    page.wait_for_url(f"{house.url}/")
    assert page.locator("html").get_attribute("lang") == "es"
    return page


def choose(page: Page, name: str, value: str) -> None:
    """Choose one of the answers offered."""
    page.check(f'input[name="{name}"][value="{value}"]')


def send(page: Page) -> None:
    """Press the main button of the form."""
    with page.expect_navigation():
        page.click("form.form .btn-main")


def opened(page: Page, house: Served, path: str) -> Page:
    """Open an address."""
    page.goto(f"{house.url}{path}")
    return page


def test_a_critical_finding_is_put_right_verified_and_then_the_renewal_is_signed(
    browser: Browser, place: Place
) -> None:
    hub, node = place.houses.hub, place.houses.node
    lead = signed_in(browser, hub, place.lead)
    opened(lead, hub, f"/countries/{CODE}/assessments/{place.cycle}/revisions/1/criteria/{fi.CRITERION}/findings/new")
    choose(lead, "severity", "critical")
    lead.fill("#f-observed", "Una sola persona prepara y aprueba las cuentas.")
    send(lead)
    assert "Una sola persona" in lead.inner_text("main")
    send(lead)
    at = lead.url.removeprefix(hub.url)

    director = signed_in(browser, hub, place.director)
    signature = f"/countries/{CODE}/agreements/{place.renewal}/signature"
    opened(director, hub, signature)
    assert director.locator("#f-signed_on").count() == 0

    place.houses.exchange()
    chair = signed_in(browser, node, place.chair)
    chair.click(f'a[href*="{at}"]')
    opened(chair, node, f"{at}/reply")
    choose(chair, "reply", "acknowledge")
    send(chair)
    opened(chair, node, f"{at}/plan")
    choose(chair, "cause", "unclear")
    chair.fill("#f-cause_text", "Nadie lo había escrito.")
    chair.fill("#f-what", "La tesorería prepara y la presidencia aprueba.")
    chair.select_option("#f-office", "treasurer")
    chair.fill("#f-due_on", clock.today().isoformat())
    send(chair)
    opened(chair, node, f"{at}/report")
    chair.fill("#f-statement", "Consta en el acta de junio.")
    chair.check('input[name="evidence_ids"]')
    send(chair)

    place.houses.exchange()
    opened(lead, hub, at)
    assert lead.locator(f'a[href="{at}/verification"]').count() == 0
    opened(director, hub, at)
    director.click(f'a[href="{at}/verification"]')
    choose(director, "move", "effective")
    send(director)

    opened(director, hub, signature)
    director.fill("#f-signed_on", clock.today().isoformat())
    send(director)
    assert place.houses.pair.at_hub(lambda: _state(place)) is AgreementState.SIGNED
    place.houses.exchange()
    opened(chair, node, "/countries/QM/findings")
    assert chair.locator(f'a[href="{at}"]').count() == 0


def _state(place: Place) -> AgreementState:
    member = place.houses.pair.member_id
    with transaction.reading(tenancy.only(member)):
        return members.agreement(member, place.renewal).state
