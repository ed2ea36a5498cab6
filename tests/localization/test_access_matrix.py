"""Who gets which answer at every door of localization and of materials."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import tenancy, transaction
from sri_admin.localization.part import PART as LOCALIZATION
from sri_admin.materials.part import PART as MATERIALS
from sri_admin.materials.queries.works import releases_of, work_by_code
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from sri_admin.web.api import Api
from sri_admin.web.doors import Pages
from tests.make import localization as loc
from tests.make import materials
from tests.make import members as make
from tests.make.materials import CODE
from tests.make.people import Person, browser, person, token_of

# The translator and the reviser work in Polish, `german` in German, for the same country.
VISITORS = ("nobody", "translator", "reviser", "german", "chair", "foreign", "manager", "lead", "liaison")
READ = (303, 200, 200, 403, 200, 404, 200, 200, 200)
LISTS = (303, 200, 200, 200, 200, 404, 200, 200, 200)
WORKS = (303, 403, 403, 403, 403, 403, 200, 200, 200)
KEEPS = (303, 403, 403, 403, 403, 403, 200, 403, 403)
GRANTS = (303, 403, 403, 403, 403, 403, 200, 403, 200)
# A form sent empty: what is wrong with it is told to whoever may open its page.
FORM = (401, 422, 422, 403, 422, 404, 422, 422, 422)
KEEPS_FORM = (401, 403, 403, 403, 403, 403, 422, 403, 403)
STAFF_FORM = (401, 403, 403, 403, 403, 403, 422, 422, 422)
# A program's body is read before anybody is asked who may; with a sound one it is 403 for them all the same.
TELL = (401, 422, 422, 422, 422, 404, 422, 422, 422)
STAFF_TELL = (401, 403, 403, 403, 403, 403, 422, 422, 422)
BENCH, TEXT, DRAFT = f"/countries/QM/translation/{CODE}/pl", f"/translation/{CODE}/pl", f"/materials/{CODE}"
AN_API = "/api/v1"
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/countries/QM/translation"): LISTS,
    ("GET", BENCH): READ,
    ("POST", f"{BENCH}/save"): FORM,
    ("POST", f"{BENCH}/keep"): FORM,
    ("POST", f"{BENCH}/review"): FORM,
    ("GET", "/translation"): WORKS,
    ("GET", TEXT): WORKS,
    ("POST", f"{TEXT}/decision"): STAFF_FORM,
    ("POST", f"{TEXT}/release"): STAFF_FORM,
    ("GET", "/terms"): WORKS,
    ("POST", "/terms"): STAFF_FORM,
    ("GET", "/countries/QM/languages"): GRANTS,
    ("POST", "/countries/QM/languages"): (401, 403, 403, 403, 403, 403, 422, 403, 422),
    ("GET", "/countries/QM/materials"): LISTS,
    ("GET", f"/countries/QM/materials/{CODE}"): LISTS,
    ("GET", "/materials"): WORKS,
    ("GET", "/materials/new"): KEEPS,
    ("POST", "/materials"): KEEPS_FORM,
    ("GET", DRAFT): WORKS,
    ("GET", f"{DRAFT}/text"): KEEPS,
    ("POST", f"{DRAFT}/text"): KEEPS_FORM,
    ("GET", f"{DRAFT}/blocks"): KEEPS,
    ("POST", f"{DRAFT}/blocks"): KEEPS_FORM,
    ("GET", f"{DRAFT}/preview"): KEEPS,
    ("GET", f"{DRAFT}/release"): KEEPS,
    ("POST", f"{DRAFT}/release"): KEEPS_FORM,
    ("GET", f"{DRAFT}/releases/{{r}}"): WORKS,
    ("GET", f"{AN_API}/members/QM/translation/{CODE}/pl"): (401, *READ[1:]),
    ("POST", f"{AN_API}/members/QM/translation/{CODE}/pl"): TELL,
    ("POST", f"{AN_API}/members/QM/translation/{CODE}/pl/reviews"): TELL,
    ("GET", f"{AN_API}/translations/{CODE}/pl"): (401, *WORKS[1:]),
    ("POST", f"{AN_API}/translations/{CODE}/pl/decisions"): STAFF_TELL,
    ("POST", f"{AN_API}/translations/{CODE}/pl/releases"): STAFF_TELL,
    ("GET", f"{AN_API}/members/QM/languages"): (401, *GRANTS[1:]),
    ("POST", f"{AN_API}/members/QM/languages"): STAFF_TELL,
    ("GET", f"{AN_API}/terms/pl"): (401, *WORKS[1:]),
    ("POST", f"{AN_API}/terms"): STAFF_TELL,
    ("GET", f"{AN_API}/materials"): (401, *WORKS[1:]),
    ("POST", f"{AN_API}/materials"): STAFF_TELL,
    ("POST", f"{AN_API}/materials/{CODE}/draft"): STAFF_TELL,
    ("POST", f"{AN_API}/materials/{CODE}/releases"): STAFF_TELL,
    ("GET", f"{AN_API}/members/QM/materials"): (401, *LISTS[1:]),
    ("GET", f"{AN_API}/members/QM/materials/{CODE}"): (401, *LISTS[1:]),
}


@pytest.fixture
def release_id(database: Any) -> UUID:
    materials.released()
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return next(iter(releases_of(work_by_code(CODE)))).id


@pytest.fixture
def people(release_id: UUID) -> dict[str, Person | None]:
    here, elsewhere = make.member("QM", MemberState.LICENSED), make.member("QN", MemberState.LICENSED)
    materials.draft(text=materials.TEXT.replace("twice", "three times"))
    loc.granted(here)
    loc.granted(here, "de")
    return {
        "nobody": None,
        "translator": person(Role.TRANSLATOR, here, language="pl"),
        "reviser": person(Role.REVISER, here, language="pl"),
        "german": person(Role.TRANSLATOR, here, language="de"),
        "chair": person(Role.CHAIR, here),
        "foreign": person(Role.MEMBER_ADMINISTRATOR, elsewhere),
        "manager": person(Role.MATERIALS_MANAGER),
        "lead": person(Role.INTEGRITY_LEAD),
        "liaison": person(Role.COUNTRY_LIAISON),
    }


def status(client: FlaskClient, method: str, path: str, token: str) -> int:
    if method == "GET":
        return client.get(path).status_code
    if path.startswith("/api/"):
        return client.post(path, json={}, headers={"X-CSRF-Token": token, "If-Match": '"3"'}).status_code
    return client.post(path, data={"csrf_token": token}).status_code


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_door_answers_everybody_as_declared(
    app: Flask, people: dict[str, Person | None], release_id: UUID, visitor: str
) -> None:
    who = people[visitor]
    client, wrong = browser(app, who) if who else app.test_client(), {}
    token = token_of(client, "/account" if who else "/sign-in")
    for (method, path), expected in MATRIX.items():
        answer = status(client, method, path.format(r=release_id), token)
        if answer != expected[VISITORS.index(visitor)]:
            wrong[method, path] = (answer, expected[VISITORS.index(visitor)])
    assert wrong == {}


@pytest.mark.parametrize("part", [LOCALIZATION, MATERIALS], ids=["localization", "materials"])
def test_every_door_stands_in_the_matrix(part: Any) -> None:
    groups = [each for each in part.doors if isinstance(each, (Pages, Api))]
    declared = {(door.method, getattr(door, "address", door.rule)) for each in groups for door in each.doors}
    assert {(method, _tried(rule)) for method, rule in declared} - set(MATRIX) == set()


def _tried(rule: str) -> str:
    rule = rule.replace("<uuid:release_id>", "{r}")
    return rule.replace("<code>", "QM").replace("<work>", CODE).replace("<language>", "pl")
