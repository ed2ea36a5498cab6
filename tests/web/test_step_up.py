"""Grave acts ask for the password again, at the page and at the API; what was entered waits, wrong guesses count."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.members.rules.member import MemberState, Transition
from sri_admin.members.rules.words import GRAVE
from sri_admin.people.models import AccountSession
from sri_admin.people.rules import FREE_FAILURES
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")
SUSPEND = "/countries/QM/steps/suspend"
ENTERED = {"kind": "full", "reason": "Line one.\nLine two, “quoted” & <b>.", "version": "9"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def member_id() -> UUID:
    return make.member("QM", MemberState.LICENSED)


@pytest.fixture
def tired(app: Flask, member_id: UUID) -> FlaskClient:
    """A browser of a director who signed in a while ago."""
    client = people.browser(app, people.person("sri_director"))
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(AccountSession).values(fresh_until=clock.now() - timedelta(seconds=1)))
    return client


def state_of(member_id: UUID) -> MemberState:
    with transaction.reading(tenancy.only(member_id)):
        return db.session.get_one(Member, (member_id, member_id)).state


def version_of(member_id: UUID) -> int:
    with transaction.reading(tenancy.only(member_id)):
        return db.session.get_one(Member, (member_id, member_id)).version


def suspend(client: FlaskClient, member_id: UUID) -> Any:
    data = {**ENTERED, "csrf_token": people.token_of(client, SUSPEND), "version": str(version_of(member_id))}
    return client.post(SUSPEND, data=data)


def waiting(page: str) -> dict[str, str]:
    """Return what waits in the page that asks for the password."""
    found = {unescape(name): unescape(value) for name, value in HIDDEN.findall(page)}
    assert f'action="{SUSPEND}"' in page
    return found


def test_the_form_waits_for_the_password_and_then_the_act_goes_on(tired: FlaskClient, member_id: UUID) -> None:
    asked = suspend(tired, member_id)
    kept = waiting(asked.get_data(as_text=True))
    assert (asked.status_code, state_of(member_id)) == (403, MemberState.LICENSED)
    assert kept["reason"] == ENTERED["reason"]
    answer = tired.post(SUSPEND, data={**kept, "password_again": people.PASSWORD})
    assert (answer.status_code, state_of(member_id)) == (303, MemberState.SUSPENDED)
    assert tired.get("/countries/QM/people/invite").status_code == 200  # it holds for ten minutes


def test_a_wrong_password_keeps_the_form_and_does_nothing(tired: FlaskClient, member_id: UUID) -> None:
    kept = waiting(suspend(tired, member_id).get_data(as_text=True))
    refused = tired.post(SUSPEND, data={**kept, "password_again": "wrong"})
    page = refused.get_data(as_text=True)
    assert (refused.status_code, state_of(member_id)) == (422, MemberState.LICENSED)
    assert "This is not your password" in page
    assert "wrong" not in {value for name, value in waiting(page).items() if name != "csrf_token"}


def test_guessing_is_slowed_down_as_at_sign_in(tired: FlaskClient, member_id: UUID) -> None:
    kept = waiting(suspend(tired, member_id).get_data(as_text=True))
    tried = [tired.post(SUSPEND, data={**kept, "password_again": f"guess {n}"}) for n in range(FREE_FAILURES)]
    right = tired.post(SUSPEND, data={**kept, "password_again": people.PASSWORD})
    assert {each.status_code for each in tried} == {422}
    assert (right.status_code, state_of(member_id)) == (429, MemberState.LICENSED)
    assert int(right.headers["Retry-After"]) > 0
    assert waiting(right.get_data(as_text=True))["reason"] == ENTERED["reason"]


@pytest.mark.parametrize("transition", Transition)
def test_exactly_the_grave_steps_ask(tired: FlaskClient, transition: Transition) -> None:
    path = f"/countries/QM/steps/{transition}"
    answer = tired.post(path, data={"csrf_token": people.token_of(tired, "/account")})
    assert ("password_again" in answer.get_data(as_text=True)) is (transition in GRAVE)


def test_terminating_an_agreement_asks_and_closing_one_that_ran_its_course_does_not(
    tired: FlaskClient, member_id: UUID
) -> None:
    agreement = make.signed(member_id, territories=["QM-E"], exclusive=False)
    sent = {"csrf_token": people.token_of(tired, "/account")}
    pages = {
        way: tired.post(f"/countries/QM/agreements/{agreement}/closing/{way}", data=sent).get_data(as_text=True)
        for way in ("termination", "end")
    }
    assert {way: "password_again" in page for way, page in pages.items()} == {"termination": True, "end": False}


def test_the_api_asks_with_a_stable_code_until_the_password_was_given(tired: FlaskClient, member_id: UUID) -> None:
    headers = {"X-CSRF-Token": people.token_of(tired, "/account"), "If-Match": f'"{version_of(member_id)}"'}

    def post(path: str, **body: str) -> Any:
        return tired.post(f"/api/v1{path}", json=body, headers=headers)

    asked = post("/members/QM/steps/suspend", kind="full", reason="Misuse.")
    assert (asked.status_code, asked.get_json()["code"]) == (403, "password_again")
    assert post("/me/password-again", password="wrong").status_code == 422
    assert post("/me/password-again", password=people.PASSWORD).status_code == 204
    assert post("/members/QM/steps/suspend", kind="full", reason="Misuse.").status_code == 200
    assert state_of(member_id) is MemberState.SUSPENDED
