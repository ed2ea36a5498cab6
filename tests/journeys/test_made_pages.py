"""Pages that answer a form: open to everybody's senses and whole on a narrow phone, like those that are opened."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from sri_admin.kernel import clock, postgres
from sri_admin.kernel.ids import token
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from sri_admin.web.doors import Door
from tests.journeys.sites import CODE, Site, hub_site
from tests.journeys.test_pages import NARROW, WIDE, Looker, Scheme, barriers, lookers, pale, sideways, told
from tests.make import members
from tests.people.test_second_step import KEY, Phone

pytestmark = pytest.mark.browser
SENT = """([path, values]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  const token = document.querySelector("[name=csrf_token]").value;
  for (const [name, value] of Object.entries({...values, csrf_token: token})) {
    const input = document.createElement("input");
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  setTimeout(() => form.submit());  // once this is over: leaving the page ends it
}"""
# The codes for paper, for the first time and again: whoever has them signs in with a second step from then on.
CODES = ("people.second_step_confirm", "people.recovery_codes_make")
# Where something is wrong the same form comes back.
REFUSED = ("/countries/QM/people/invite", "/connections/codes", "/account/programs")


@pytest.fixture(scope="module")
def site(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with hub_site(cluster, template, tmp_path_factory.mktemp("made")) as made:
        with made.house.app.app_context():
            members.member("QN", MemberState.LICENSED)  # QM has a node already
        yield made


def making(site: Site) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return where each page that answers a form comes from, and what is sent."""
    known, soon = site.known, (clock.today() + timedelta(days=30)).isoformat()
    findings = f"/countries/{CODE}/assessments/{known['cycle_id']}/revisions/1/criteria/access/findings"
    somebody = {"display_name": "Robin", "sign_in_name": f"{token()}@example.org", "role": Role.COORDINATOR.value}
    return {
        "federation.code_issue": ("/connections/codes", {"country": "QN"}),
        "integrity.finding_preview": (f"{findings}/preview", {"severity": "critical", "observed": "One does it all."}),
        "people.invite_send": (f"/countries/{CODE}/people/invite", somebody),
        "people.link_make": (f"/countries/{CODE}/people/{known['person_id']}/link", {}),
        "people.program_key_make": (
            "/account/programs",
            {"name": "Calendar", "mandate_id": str(site.people[1].mandate_id), "ends_on": soon},
        ),
    }


def sent(looker: Looker, path: str, values: dict[str, Any]) -> int:
    """Send a form from a page and return the status of the answer."""
    assert looker.opens("/account")
    with looker.page.expect_navigation() as answer:
        looker.page.evaluate(SENT, [path, values])
    return answer.value.status


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
def test_every_page_that_answers_a_form_is_open_to_all(
    browser: Browser, site: Site, language: str, scheme: Scheme
) -> None:
    found: dict[str, list[str]] = {}
    with lookers(browser, site, language, color_scheme=scheme, viewport=WIDE) as visitors:
        for endpoint, (path, values) in making(site).items():
            looker = next((each for each in visitors[:-1] if sent(each, path, values) in {200, 201}), None)
            faults = ["answers nobody"] if looker is None else _faults(looker.page, scheme)
            if faults:
                found[endpoint] = faults
        for path in REFUSED:
            assert sent(visitors[0], path, {}) == 422
            if faults := _faults(visitors[0].page, scheme):
                found[f"{path}, sent empty"] = faults
    assert not found, told(found)


def _faults(page: Page, scheme: Scheme) -> list[str]:
    found = [*barriers(page), *pale(page, scheme), *sideways(page)]
    page.set_viewport_size(NARROW)
    found += barriers(page)
    page.set_viewport_size(WIDE)
    return found


def test_the_codes_for_paper_are_open_to_all(browser: Browser, site: Site) -> None:
    with lookers(browser, site, "ar", color_scheme="dark", viewport=WIDE) as visitors:
        looker = visitors[0]
        assert looker.opens("/account/second-step/confirm")
        phone = Phone(KEY.findall(looker.page.content())[0])
        statuses, faults = [], []
        for path, values in (("confirm", {"code": phone.code()}), ("codes", {})):
            statuses.append(sent(looker, f"/account/second-step/{path}", values))
            faults += _faults(looker.page, "dark")
    assert (statuses, faults) == ([200, 200], [])


def test_no_page_that_answers_a_form_is_left_out(site: Site) -> None:
    doors = (getattr(view, "door", None) for view in site.house.app.view_functions.values())
    made = {each.endpoint for each in doors if isinstance(each, Door) and each.method == "POST" and each.template}
    assert made == {*making(site), *CODES}
