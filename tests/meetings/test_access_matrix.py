"""Who gets which answer at every door of meetings."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import ids
from sri_admin.meetings.part import PART
from sri_admin.people.rules import Role
from sri_admin.web.api import Api
from sri_admin.web.doors import Pages
from tests.make import meetings as meet
from tests.make import members as make
from tests.make.meetings import EVENING
from tests.make.people import Person, browser, person, token_of

VISITORS = ("nobody", "leader", "facilitator", "coordinator", "chair", "foreign", "translator", "director")
READ = (303, 403, 403, 200, 200, 404, 403, 200)
KEEP = (303, 403, 403, 200, 403, 404, 403, 403)
LEAD = (303, 200, 403, 200, 403, 404, 403, 403)
# A form sent empty by somebody who may: 422.
SEND = (401, 403, 403, 422, 403, 404, 403, 403)
# A program's body is read before anybody is asked who may; with a sound one it is 403 for them all the same.
TELL = (401, 422, 422, 422, 422, 404, 422, 422)
A_MEETING, A_LOG = "/countries/QM/meetings/{m}", f"/countries/QM/meetings/{{m}}/log/{EVENING}"
AN_API, MONTH = "/api/v1/members/QM", f"{A_MEETING}/months/{EVENING:%Y-%m}"
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/countries/QM/meetings"): READ,
    ("GET", A_MEETING): READ,
    ("GET", f"{A_MEETING}/steps/hold"): KEEP,
    ("POST", f"{A_MEETING}/steps/hold"): SEND,
    ("POST", f"{A_MEETING}/leaders"): (401, 403, 403, 422, 422, 404, 403, 422),
    ("POST", f"{A_MEETING}/leaders/{{l}}/end"): (401, 403, 403, 404, 403, 404, 403, 403),
    ("GET", "/countries/QM/meetings/new"): KEEP,
    ("POST", "/countries/QM/meetings"): SEND,
    ("GET", f"{A_MEETING}/edit"): KEEP,
    ("POST", f"{A_MEETING}/edit"): SEND,
    ("GET", "/countries/QM/communities"): READ,
    ("GET", "/countries/QM/communities/new"): KEEP,
    ("POST", "/countries/QM/communities"): SEND,
    ("GET", "/countries/QM/communities/{c}"): KEEP,
    ("POST", "/countries/QM/communities/{c}"): SEND,
    ("GET", "/countries/QM/my-meetings"): (303, 200, 200, 200, 403, 404, 403, 403),
    ("GET", A_LOG): LEAD,
    ("POST", A_LOG): (401, 422, 403, 422, 403, 404, 403, 403),
    ("GET", f"{A_LOG}/saved"): (303, 404, 403, 404, 403, 404, 403, 403),
    ("POST", f"{A_LOG}/back"): (401, 404, 403, 404, 403, 404, 403, 403),
    ("GET", MONTH): LEAD,
    ("POST", MONTH): (401, 303, 403, 303, 403, 404, 403, 403),
    ("GET", f"{AN_API}/communities"): (401, *READ[1:]),
    ("POST", f"{AN_API}/communities"): TELL,
    ("PUT", f"{AN_API}/communities/{{c}}"): TELL,
    ("GET", f"{AN_API}/meetings"): (401, *READ[1:]),
    ("POST", f"{AN_API}/meetings"): TELL,
    ("GET", f"{AN_API}/meetings/{{m}}"): (401, *READ[1:]),
    ("PUT", f"{AN_API}/meetings/{{m}}"): TELL,
    ("POST", f"{AN_API}/meetings/{{m}}/steps/hold"): SEND,
    ("POST", f"{AN_API}/meetings/{{m}}/logs"): TELL,
}


@dataclass
class Place:
    """A country with a meeting that one of the visitors leads."""

    names: dict[str, UUID]
    people: dict[str, Person | None]


@pytest.fixture
def place(database: Any) -> Place:
    here, elsewhere = make.member("QM"), make.member("QN")
    community = meet.community(here)
    meeting = meet.meeting(here, community_id=community, first_on=date(2025, 1, 7))
    leader = person(Role.FACILITATOR, here)
    meet.leader(here, meeting, leader.account_id)
    visitors = {
        "nobody": None,
        "leader": leader,
        "facilitator": person(Role.FACILITATOR, here),
        "coordinator": person(Role.COORDINATOR, here),
        "chair": person(Role.CHAIR, here),
        "foreign": person(Role.MEMBER_ADMINISTRATOR, elsewhere),
        "translator": person(Role.TRANSLATOR, here, language="pl"),
        "director": person(Role.SRI_DIRECTOR),
    }
    return Place({"m": meeting, "c": community, "l": ids.new()}, visitors)


def status(client: FlaskClient, method: str, path: str, token: str) -> int:
    if method == "GET":
        return client.get(path).status_code
    if path.startswith("/api/"):
        headers = {"X-CSRF-Token": token, "If-Match": '"3"'}
        return client.open(path, method=method, json={}, headers=headers).status_code
    return client.post(path, data={"csrf_token": token}).status_code


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_door_answers_everybody_as_declared(app: Flask, place: Place, visitor: str) -> None:
    who, wrong = place.people[visitor], {}
    client = browser(app, who) if who else app.test_client()
    token = token_of(client, "/account" if who else "/sign-in")
    for (method, path), expected in MATRIX.items():
        answer = status(client, method, path.format(**place.names), token)
        if answer != expected[VISITORS.index(visitor)]:
            wrong[method, path] = (answer, expected[VISITORS.index(visitor)])
    assert wrong == {}


def _doors() -> list[Pages | Api]:
    return [each for each in PART.doors if isinstance(each, (Pages, Api))]


def test_every_door_stands_in_the_matrix() -> None:
    declared = {(door.method, getattr(door, "address", door.rule)) for each in _doors() for door in each.doors}
    assert {(method, _tried(rule)) for method, rule in declared} - set(MATRIX) == set()


def _tried(rule: str) -> str:
    rule = rule.replace("<code>", "QM").replace("<step>", "hold").replace("<day>", f"{EVENING}")
    rule = rule.replace("<month>", f"{EVENING:%Y-%m}")
    return re.sub("<uuid:([a-z])[a-z]*_id>", r"{\1}", rule)
