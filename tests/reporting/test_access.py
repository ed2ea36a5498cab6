"""Who gets which answer at every door of returns."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock, ids
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from sri_admin.reporting.part import PART
from sri_admin.web.api import Api
from sri_admin.web.doors import Pages
from tests.make import members as make
from tests.make import people
from tests.make import reporting as rep
from tests.make.people import Person

VISITORS = ("nobody", "facilitator", "coordinator", "chair", "foreign", "auditor", "officer")
_BOARD, _API_BOARD = (303, 403, 200, 200, 404, 200, 200), (401, 403, 200, 200, 404, 200, 200)
_STAFF = (303, 403, 403, 403, 403, 200, 200)
_AT, _RECEIVED = "/countries/QM/returns/2026-10", "/countries/QM/received/2026-10"
_API = "/api/v1/members/QM/returns/2026-10"
# A form is sent empty: who may do the thing is told what is missing (422).
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/countries/QM/returns"): _BOARD,
    ("GET", _AT): _BOARD,
    ("POST", _AT): (401, 403, 303, 303, 404, 403, 403),
    ("GET", f"{_AT}/check"): (303, 403, 200, 200, 404, 403, 403),
    ("POST", f"{_AT}/propose"): (401, 403, 422, 422, 404, 403, 403),
    ("POST", f"{_AT}/approval"): (401, 403, 422, 422, 404, 422, 422),
    ("GET", f"{_AT}/correction"): (303, 403, 200, 200, 404, 403, 403),
    ("POST", f"{_AT}/correction"): (401, 403, 422, 422, 404, 403, 403),
    ("GET", "/countries/QM/numbers"): _BOARD,
    ("GET", "/returns"): _STAFF,
    ("GET", _RECEIVED): _STAFF,
    ("POST", f"{_RECEIVED}/decision"): (401, 403, 403, 403, 403, 422, 422),
    ("POST", f"{_RECEIVED}/correction"): (401, 403, 403, 403, 403, 422, 422),
    ("GET", "/statistics"): _STAFF,
    ("GET", "/statistics/table"): _STAFF,
    ("GET", "/api/v1/members/QM/returns"): _API_BOARD,
    ("GET", _API): _API_BOARD,
    ("PUT", f"{_API}/draft"): (401, 403, 200, 200, 404, 403, 403),
    ("POST", f"{_API}/proposals"): (401, 403, 422, 422, 404, 403, 403),
    ("POST", f"{_API}/proposals/{{p}}/approval"): (401, 403, 404, 404, 404, 404, 404),
    ("POST", f"{_API}/decision"): (401, 403, 403, 403, 403, 404, 404),
}
BODIES: dict[str, dict[str, Any]] = {
    "draft": {"cells": []},
    "approval": {"values_hash": "0" * 64},
    "decision": {"revision_id": str(ids.new()), "verdict": "accepted"},
}


@pytest.fixture(autouse=True)
def november(database: Any) -> Iterator[None]:
    """It is the 10th of November 2026."""
    with clock.running(rep.ticking(datetime(2026, 11, 10, 9, 0, tzinfo=UTC))):
        yield


@pytest.fixture
def visitors(november: None) -> dict[str, Person | None]:
    rep.catalogue()
    here, elsewhere = make.member("QM", MemberState.LICENSED), make.member("QN")
    return {
        "nobody": None,
        "facilitator": people.person(Role.FACILITATOR, here),
        "coordinator": people.person(Role.COORDINATOR, here),
        "chair": people.person(Role.CHAIR, here),
        "foreign": people.person(Role.MEMBER_ADMINISTRATOR, elsewhere),
        "auditor": people.person(Role.AUDITOR),
        "officer": people.person(Role.DATA_OFFICER),
    }


def status(client: FlaskClient, method: str, path: str, token: str) -> int:
    if method == "GET":
        return client.get(path).status_code
    if not path.startswith("/api/"):
        return client.post(path, data={"csrf_token": token}).status_code
    body = BODIES.get(path.rsplit("/", 1)[-1], {})
    return client.open(path, method=method, json=body, headers={"X-CSRF-Token": token}).status_code


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_door_answers_everybody_as_declared(app: Flask, visitors: dict[str, Person | None], visitor: str) -> None:
    who = visitors[visitor]
    client = people.browser(app, who) if who else app.test_client()
    token = people.token_of(client, "/account" if who else "/sign-in")
    place = VISITORS.index(visitor)
    answers = {(method, path): status(client, method, path.format(p=ids.new()), token) for method, path in MATRIX}
    assert {door: answer for door, answer in answers.items() if answer != MATRIX[door][place]} == {}


def test_every_door_stands_in_the_matrix() -> None:
    doors = (door for each in PART.doors if isinstance(each, (Pages, Api)) for door in each.doors)
    declared = {(door.method, getattr(door, "address", door.rule)) for door in doors}
    assert {(method, _tried(rule)) for method, rule in declared} == set(MATRIX)


def _tried(rule: str) -> str:
    rule = rule.replace("<code>", "QM").replace("<month>", "2026-10")
    return re.sub("<uuid:proposal_id>", "{p}", rule)
