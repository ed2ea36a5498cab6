"""Who gets which answer at every door of assessments; those of findings are tried beside their own pages."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.integrity.part import PART
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from sri_admin.web.api import Api
from sri_admin.web.doors import Pages
from tests.make import integrity as it
from tests.make import members as make
from tests.make.people import Person, browser, country, person, token_of

VISITORS = ("nobody", "facilitator", "coordinator", "chair", "foreign", "auditor", "lead")
# {past}, {now}: the round under review and the one that is answered; {e}: a piece of evidence. An empty form: 422.
PAST, NOW = "/countries/QM/assessments/{past}", "/countries/QM/assessments/{now}"
ITEM = f"{PAST}/revisions/1/criteria/access"
JSON = "/api/v1/members/QM/assessments"
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/standard"): (303, 200, 200, 200, 200, 200, 200),
    ("GET", "/assessments"): (303, 403, 403, 403, 403, 200, 200),
    ("GET", "/assessments/new"): (303, 403, 403, 403, 403, 403, 200),
    ("POST", "/assessments"): (401, 403, 403, 403, 403, 403, 422),
    ("GET", "/assessments/{past}"): (303, 403, 403, 403, 403, 200, 200),
    ("POST", "/assessments/{past}/close"): (401, 403, 403, 403, 403, 422, 422),
    ("GET", "/countries/QM/assessments"): (303, 403, 200, 200, 404, 200, 200),
    ("GET", NOW): (303, 403, 200, 200, 404, 200, 200),
    ("GET", f"{NOW}/criteria/access"): (303, 403, 200, 200, 404, 403, 403),
    ("POST", f"{NOW}/criteria/access"): (401, 403, 303, 303, 404, 403, 403),
    ("GET", f"{NOW}/criteria/access/evidence"): (303, 403, 200, 200, 404, 403, 403),
    ("POST", f"{NOW}/criteria/access/evidence"): (401, 403, 422, 422, 404, 403, 403),
    ("POST", f"{NOW}/criteria/access/evidence/{{e}}"): (401, 422, 422, 422, 404, 422, 422),
    ("GET", "/countries/QM/evidence/{e}/file"): (303, 403, 200, 200, 404, 403, 403),
    ("GET", f"{NOW}/check"): (303, 403, 200, 200, 404, 403, 403),
    ("POST", f"{NOW}/propose"): (401, 403, 409, 409, 404, 403, 403),
    ("GET", f"{NOW}/sign"): (303, 403, 200, 200, 404, 403, 403),
    ("POST", f"{NOW}/sign"): (401, 403, 422, 422, 404, 403, 403),
    ("POST", f"{NOW}/give-back"): (401, 403, 404, 404, 404, 403, 403),
    ("GET", f"{PAST}/revisions/1"): (303, 403, 200, 200, 404, 200, 200),
    ("GET", ITEM): (303, 403, 403, 403, 403, 403, 200),
    ("POST", ITEM): (401, 403, 403, 403, 403, 403, 422),
    ("POST", f"{PAST}/revisions/1/return"): (401, 403, 403, 403, 403, 403, 422),
    ("POST", f"{PAST}/revisions/1/finish"): (401, 403, 403, 403, 403, 403, 409),
    ("GET", JSON): (401, 403, 200, 200, 404, 200, 200),
    ("GET", f"{JSON}/{{past}}/revisions/1"): (401, 403, 200, 200, 404, 200, 200),
    ("POST", f"{JSON}/{{now}}/criteria/access"): (401, 403, 200, 200, 404, 403, 403),
    ("POST", f"{JSON}/{{past}}/revisions/1/criteria/access"): (401, 403, 403, 403, 403, 422, 422),
}


@pytest.fixture
def known(database: Any) -> dict[str, Any]:
    """A country with an assessment under review and one that is being answered."""
    made = it.furnished(make.member("QM", MemberState.LICENSED))
    return {"past": made["cycle_id"], "now": made["open_cycle_id"], "e": made["evidence_id"]}


def visitor(name: str) -> Person | None:
    with_roles = {
        "facilitator": (Role.FACILITATOR, "QM"),
        "coordinator": (Role.COORDINATOR, "QM"),
        "chair": (Role.CHAIR, "QM"),
        "foreign": (Role.CHAIR, "QN"),
        "auditor": (Role.AUDITOR, None),
        "lead": (Role.INTEGRITY_LEAD, None),
    }
    if name not in with_roles:
        return None
    role, code = with_roles[name]
    return person(role, country(code) if code else None)


def status(client: FlaskClient, method: str, path: str, *, signed_in: bool) -> int:
    if method == "GET":
        return client.get(path).status_code
    token = token_of(client, "/account" if signed_in else "/sign-in")
    if path.startswith("/api/"):
        return client.post(path, json={}, headers={"X-CSRF-Token": token}).status_code
    return client.post(path, data={"csrf_token": token}).status_code


@pytest.mark.parametrize("name", VISITORS)
def test_every_door_answers_everybody_as_declared(app: Flask, known: dict[str, Any], name: str) -> None:
    who = visitor(name)
    client = browser(app, who) if who else app.test_client()
    wrong = {}
    for (method, path), expected in MATRIX.items():
        answer = status(client, method, path.format(**known), signed_in=who is not None)
        if answer != expected[VISITORS.index(name)]:
            wrong[method, path] = (answer, expected[VISITORS.index(name)])
    assert wrong == {}


def test_every_door_stands_in_the_matrix() -> None:
    found = [each for each in PART.doors if isinstance(each, (Pages, Api))]
    declared = {(door.method, _tried(getattr(door, "address", door.rule))) for each in found for door in each.doors}
    tried = {(method, path.replace("{now}", "{past}")) for method, path in MATRIX}
    assert {each for each in declared if "finding" not in each[1]} - tried == set()


def _tried(rule: str) -> str:
    for name, value in (("code", "QM"), ("uuid:cycle_id", "{past}"), ("criterion", "access"), ("int:number", "1")):
        rule = rule.replace(f"<{name}>", value)
    return rule.replace("<uuid:evidence_id>", "{e}")
