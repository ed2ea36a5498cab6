"""Who gets which answer at every door of people."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.people.part import PART
from sri_admin.people.rules import Role
from sri_admin.web.api import Api
from sri_admin.web.doors import Pages
from tests.make.people import Person, browser, country, person, token_of

VISITORS = ("nobody", "facilitator", "chair", "administrator", "foreign", "liaison", "director")
# {p} and {m}: a person and a mandate in QM; {fp} and {fm}: in QN. A form sent empty by somebody who may: 422.
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/sign-in"): (200, 303, 303, 303, 303, 303, 303),
    ("POST", "/sign-in"): (422, 422, 422, 422, 422, 422, 422),
    ("GET", "/sign-in/code"): (303, 303, 303, 303, 303, 303, 303),
    ("POST", "/sign-in/code"): (303, 303, 303, 303, 303, 303, 303),
    ("POST", "/sign-out"): (401, 303, 303, 303, 303, 303, 303),
    ("GET", "/link/invented"): (404, 404, 404, 404, 404, 404, 404),
    ("POST", "/link/invented"): (404, 404, 404, 404, 404, 404, 404),
    ("GET", "/password-again"): (303, 200, 200, 200, 200, 200, 200),
    ("POST", "/password-again"): (401, 422, 422, 422, 422, 422, 422),
    ("GET", "/account"): (303, 200, 200, 200, 200, 200, 200),
    ("GET", "/account/password"): (303, 200, 200, 200, 200, 200, 200),
    ("POST", "/account/password"): (401, 422, 422, 422, 422, 422, 422),
    ("POST", "/account/preferences"): (401, 422, 422, 422, 422, 422, 422),
    ("POST", "/account/sessions/{p}/end"): (401, 404, 404, 404, 404, 404, 404),
    ("POST", "/account/sessions/end"): (401, 303, 303, 303, 303, 303, 303),
    ("GET", "/account/second-step"): (303, 200, 200, 200, 200, 200, 200),
    ("GET", "/account/second-step/confirm"): (303, 303, 303, 303, 303, 303, 303),
    ("POST", "/account/second-step/codes"): (401, 404, 404, 404, 404, 404, 404),
    ("POST", "/account/second-step/end"): (401, 404, 404, 404, 404, 404, 404),
    ("POST", "/account/second-step/begin"): (401, 303, 303, 303, 303, 303, 303),
    ("POST", "/account/second-step/confirm"): (401, 422, 422, 422, 422, 422, 422),
    ("GET", "/account/programs"): (303, 200, 200, 200, 200, 200, 200),
    ("POST", "/account/programs"): (401, 422, 422, 422, 422, 422, 422),
    ("POST", "/account/programs/{p}/end"): (401, 404, 404, 404, 404, 404, 404),
    ("GET", "/settings"): (303, 403, 200, 200, 200, 200, 200),
    ("GET", "/people"): (303, 303, 303, 303, 303, 303, 303),
    ("GET", "/countries/QM/people"): (303, 403, 200, 200, 404, 403, 200),
    ("GET", "/countries/SRI/people"): (303, 404, 404, 404, 404, 200, 200),
    ("GET", "/countries/QM/people/invite"): (303, 403, 403, 200, 404, 403, 200),
    ("POST", "/countries/QM/people/invite"): (401, 403, 403, 422, 404, 403, 422),
    ("GET", "/countries/QM/people/{p}"): (303, 403, 403, 200, 404, 403, 200),
    ("GET", "/countries/QM/people/{fp}"): (303, 403, 404, 404, 404, 403, 404),
    ("POST", "/countries/QM/people/{p}/roles"): (401, 403, 403, 422, 404, 403, 422),
    ("POST", "/countries/QM/people/{p}/link"): (401, 403, 403, 200, 404, 403, 200),
    ("POST", "/countries/QM/people/{fp}/link"): (401, 403, 404, 404, 404, 403, 404),
    ("POST", "/countries/QM/people/{p}/block"): (401, 403, 403, 422, 404, 403, 422),
    ("POST", "/countries/QM/people/{p}/second-step/end"): (401, 403, 403, 422, 404, 403, 422),
    ("POST", "/countries/QM/people/{fp}/second-step/end"): (401, 403, 404, 404, 404, 403, 404),
    ("GET", "/countries/QM/people/{p}/erase"): (303, 403, 403, 200, 404, 403, 200),
    ("POST", "/countries/QM/people/{p}/erase"): (401, 403, 403, 422, 404, 403, 422),
    ("POST", "/countries/QM/people/{fp}/erase"): (401, 403, 404, 404, 404, 403, 404),
    ("GET", "/countries/QM/access/{m}"): (303, 403, 403, 200, 404, 403, 200),
    ("GET", "/countries/QM/access/{fm}"): (303, 403, 404, 404, 404, 403, 404),
    ("POST", "/countries/QM/access/{m}/end"): (401, 403, 403, 422, 404, 403, 422),
    ("POST", "/countries/QM/access/{m}/extend"): (401, 403, 403, 303, 404, 403, 303),
    ("POST", "/countries/QM/access/{fm}/end"): (401, 403, 404, 404, 404, 403, 404),
    ("GET", "/api/v1/me"): (401, 200, 200, 200, 200, 200, 200),
    ("POST", "/api/v1/me/password-again"): (401, 400, 400, 400, 400, 400, 400),
}


@pytest.fixture
def people(database: Any) -> dict[str, Person | None]:
    here = country("QM")
    return {
        "nobody": None,
        "facilitator": person(Role.FACILITATOR, here),
        "chair": person(Role.CHAIR, here),
        "administrator": person(Role.MEMBER_ADMINISTRATOR, here),
        "foreign": person(Role.MEMBER_ADMINISTRATOR, country("QN")),
        "liaison": person(Role.COUNTRY_LIAISON),
        "director": person(Role.SRI_DIRECTOR),
    }


def status(client: FlaskClient, method: str, path: str, *, signed_in: bool) -> int:
    if method == "GET":
        return client.get(path).status_code
    token = token_of(client, "/account" if signed_in else "/sign-in")
    return client.post(path, data={"csrf_token": token}).status_code


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_door_answers_everybody_as_declared(app: Flask, people: dict[str, Person | None], visitor: str) -> None:
    subject, foreign, who = person(Role.COORDINATOR, country("QM")), people["foreign"], people[visitor]
    assert foreign is not None
    names = {"p": subject.account_id, "m": subject.mandate_id, "fp": foreign.account_id, "fm": foreign.mandate_id}
    wrong = {}
    client = browser(app, who) if who else app.test_client()
    for (method, path), expected in MATRIX.items():
        if path in {"/sign-out", "/account/sessions/end"} and who:
            answer = status(browser(app, who), method, path, signed_in=True)
        else:
            answer = status(client, method, path.format(**names), signed_in=bool(who))
        if answer != expected[VISITORS.index(visitor)]:
            wrong[method, path] = answer
        if path == "/account/sessions/end" and who:
            client = browser(app, who)
    assert wrong == {}


def _doors() -> list[Pages | Api]:
    return [each for each in PART.doors if isinstance(each, (Pages, Api))]


def test_every_door_stands_in_the_matrix() -> None:
    declared = {(door.method, getattr(door, "address", door.rule)) for each in _doors() for door in each.doors}
    assert {(method, _tried(rule)) for method, rule in declared} - set(MATRIX) == set()


def _tried(rule: str) -> str:
    rule = rule.replace("<code>", "QM").replace("<uuid:mandate_id>", "{m}").replace("<token>", "invented")
    return re.sub("<uuid:(person|ended|key)_id>", "{p}", rule)
