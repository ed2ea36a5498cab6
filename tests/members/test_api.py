"""The member file as JSON."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock, ids
from sri_admin.members.rules.member import MemberState
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")
_PREFIX = "/api/v1"


@pytest.fixture
def staff(app: Flask) -> "Caller":
    """A program that works with a liaison's session."""
    return Caller(people.browser(app, people.person("country_liaison")))


class Caller:
    """A client that speaks JSON with a session and its token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = people.token_of(client, "/account")

    def get(self, path: str) -> Any:
        """Read."""
        return self.client.get(_PREFIX + path)

    def send(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """Send a body with headers (underscores for hyphens)."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given["X-CSRF-Token"] = self.token
        return self.client.open(_PREFIX + path, method=method, json=body or {}, headers=given)


def _terms(**more: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "starts_on": (today - timedelta(days=10)).isoformat(),
        "ends_on": (today + timedelta(days=700)).isoformat(),
        "territories": ["QM"],
        "rights": ["use_name", "train"],
        **more,
    }


def test_a_country_is_registered_and_listed(staff: Caller) -> None:
    body = {"code": "QM", "name": {"source": "en", "en": {"t": "Exampleland"}}, "region": "east", "kind": "country"}
    made = staff.send("POST", "/members", body)
    assert made.status_code == 201, made.get_json()
    listed = staff.get("/members?q=example").get_json()
    assert [row["member"]["code"] for row in listed["rows"]] == ["QM"]
    assert (listed["first"], listed["last"], listed["total"]) == (1, 1, 1)


def test_a_change_needs_the_version_it_was_made_from(staff: Caller) -> None:
    make.member("QM")
    body = {"name": "Newland", "region": "west"}
    assert staff.send("PUT", "/members/QM", body).get_json()["code"] == "version_needed"
    assert staff.get("/members/QM").headers["ETag"] == '"1"'
    changed = staff.send("PUT", "/members/QM", body, If_Match='"1"')
    assert changed.headers["ETag"] == '"2"'
    stale = staff.send("PUT", "/members/QM", {**body, "region": "north"}, If_Match='"1"')
    assert (stale.status_code, stale.get_json()["code"]) == (412, "stale")


def test_unknown_fields_and_wrong_values_are_named(staff: Caller) -> None:
    body = {"code": "qm!", "name": "", "region": "east", "kind": "planet", "colour": "red"}
    answer = staff.send("POST", "/members", body)
    assert answer.status_code == 422
    assert {each["field"] for each in answer.get_json()["errors"]} == {"code", "name", "kind", "colour"}


def test_an_agreement_goes_from_draft_to_signature_and_amendment(staff: Caller) -> None:
    make.member("QM")
    make.extra("QM", "Exampleland")
    draft = staff.send("POST", "/members/QM/agreement-drafts", _terms()).get_json()
    drafts = f"/members/QM/agreement-drafts/{draft['id']}"
    offered = staff.send("POST", f"{drafts}/offer", If_Match='"1"').get_json()
    address = f"/members/QM/agreements/{offered['id']}"
    signed = staff.send("POST", f"{address}/signature", {"signed_on": clock.today().isoformat()}, If_Match='"1"')
    assert signed.get_json()["state"] == "signed"
    later = (clock.today() + timedelta(days=9)).isoformat()
    amendment = _terms(amends_id=offered["id"], starts_on=later)
    amending = staff.send("POST", "/members/QM/agreement-drafts", amendment).get_json()
    new = staff.send("POST", f"/members/QM/agreement-drafts/{amending['id']}/offer", If_Match='"1"').get_json()
    signature = {"signed_on": clock.today().isoformat()}
    staff.send("POST", f"/members/QM/agreements/{new['id']}/signature", signature, If_Match='"1"')
    rows = staff.get("/members/QM/agreements").get_json()["rows"]
    assert [(row["agreement"]["state"], row["shown"]) for row in rows] == [
        ("signed", "upcoming"),
        ("superseded", "active"),
    ]


def test_a_step_is_taken_with_its_reason(staff: Caller) -> None:
    make.member("QM", MemberState.LICENSED)
    version = staff.get("/members/QM").headers["ETag"]
    refused = staff.send("POST", "/members/QM/steps/suspend", {"kind": "full"}, If_Match=version)
    assert refused.get_json()["errors"][0]["field"] == "reason"
    body = {"kind": "full", "reason": "The name was misused."}
    taken = staff.send("POST", "/members/QM/steps/suspend", body, If_Match=version)
    assert taken.get_json()["state"] == "suspended"
    assert staff.send("POST", "/members/QM/steps/fly", body, If_Match=version).status_code == 404


def test_a_repeated_request_gets_the_first_answer(staff: Caller, app: Flask) -> None:
    member_id = make.member("QM")
    board = Caller(people.browser(app, people.person("chair", member_id)))
    body = {"office": "chair", "display_name": "Sam", "starts_on": "2025-01-01"}
    key = str(ids.new())
    first = board.send("POST", "/members/QM/office-holders", body, Idempotency_Key=key)
    second = board.send("POST", "/members/QM/office-holders", body, Idempotency_Key=key)
    assert first.get_json() == second.get_json()
    assert len(board.get("/members/QM/office-holders").get_json()["rows"]) == 1


def test_a_board_reads_and_writes_its_own_and_nothing_else(app: Flask) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    make.member("QN")
    board = Caller(people.browser(app, people.person("member_administrator", member_id)))
    assert board.get("/members/QM").status_code == 200
    assert board.get("/members/QM/agreements").status_code == 200
    assert board.get("/members").status_code == 403
    for path in ("/members/QN", "/members/QN/agreements", "/members/QN/office-holders", "/members/QX"):
        assert board.get(path).status_code == 404, path
    assert board.send("POST", "/members/QM/steps/suspend", {}, If_Match='"1"').status_code == 403
