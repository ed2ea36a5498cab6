"""Who gets which answer at every door through which whole tables go out and come in."""

import pytest
from flask import Flask

from sri_admin.members.api import sheets as api
from sri_admin.members.pages import exports, imports
from sri_admin.people.rules import Role
from tests.make import members as make
from tests.make import people, places

VISITORS = (None, Role.MEMBER_ADMINISTRATOR, Role.AUDITOR, Role.INTEGRITY_LEAD, Role.COUNTRY_LIAISON, Role.SRI_DIRECTOR)
# A form sent empty by somebody who may: 422; a step at the wrong point of an import: 409.
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/exports/new"): (303, 403, 200, 200, 200, 200),
    ("POST", "/exports"): (401, 403, 422, 422, 422, 422),
    ("GET", "/exports/{export_id}"): (303, 403, 200, 200, 200, 200),
    ("GET", "/exports/{export_id}/file"): (303, 403, 200, 200, 200, 200),
    ("GET", "/sheet-templates"): (303, 403, 403, 403, 200, 200),
    ("GET", "/imports"): (303, 403, 403, 403, 200, 200),
    ("GET", "/imports/new"): (303, 403, 403, 403, 200, 200),
    ("POST", "/imports"): (401, 403, 403, 403, 422, 422),
    ("GET", "/imports/{import_id}"): (303, 403, 403, 403, 200, 200),
    ("POST", "/imports/{import_id}/days"): (401, 403, 403, 403, 422, 422),
    ("POST", "/imports/{import_id}/apply"): (401, 403, 403, 403, 409, 409),
    ("POST", "/imports/{import_id}/undo"): (401, 403, 403, 403, 409, 409),
    ("POST", "/api/v1/exports"): (401, 403, 400, 400, 400, 400),
    ("GET", "/api/v1/exports/{export_id}"): (401, 403, 200, 200, 200, 200),
    ("GET", "/api/v1/exports/{export_id}/file"): (401, 403, 200, 200, 200, 200),
    ("POST", "/api/v1/imports"): (401, 403, 403, 403, 201, 201),
    ("GET", "/api/v1/imports/{import_id}"): (401, 403, 403, 403, 200, 200),
    ("GET", "/api/v1/imports/{import_id}/rows"): (401, 403, 403, 403, 200, 200),
    ("POST", "/api/v1/imports/{import_id}/apply"): (401, 403, 403, 403, 409, 409),
    ("POST", "/api/v1/imports/{import_id}/undo"): (401, 403, 403, 403, 409, 409),
}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("visitor", VISITORS)
def test_every_door_answers_everybody_as_declared(app: Flask, visitor: Role | None) -> None:
    names = {"export_id": places.export(), "import_id": places.import_()}
    home = make.member("QM") if visitor is Role.MEMBER_ADMINISTRATOR else None
    client = people.browser(app, people.person(visitor, home)) if visitor else app.test_client()
    token = people.token_of(client, "/account" if visitor else "/sign-in")
    wrong = {}
    for (method, path), expected in MATRIX.items():
        given = {"X-CSRF-Token": token}
        asked = {"kind": "members"} if (method, path) == ("POST", "/api/v1/imports") else None
        answer = client.open(path.format(**names), method=method, headers=given, query_string=asked, data=b"code,name")
        if answer.status_code != expected[VISITORS.index(visitor)]:
            wrong[method, path] = answer.status_code
    assert wrong == {}


def test_every_door_stands_in_the_matrix() -> None:
    doors = [(door.method, door.rule) for each in (exports.pages, imports.pages) for door in each.doors]
    doors += [
        (door.method, door.address) for door in api.api.doors if door.address.split("/")[3] in {"exports", "imports"}
    ]
    plain = {(method, rule.replace("<uuid:", "{").replace(">", "}")) for method, rule in doors}
    assert plain == set(MATRIX)
