"""Keys for people's own programs: one role, at most a year, shown once, withdrawn at once, the JSON API alone."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.rules.member import MemberState
from sri_admin.people.models import PersonalToken, PersonalTokenSeen
from sri_admin.people.operations import programs
from tests.make import members as make
from tests.make.people import Person, browser, country, person, token_of

pytestmark = pytest.mark.usefixtures("database")
PAGE, KEY = "/account/programs", re.compile(r'value="(srip_[\w-]+)"')


@pytest.fixture
def member_id() -> UUID:
    return make.member("QM", MemberState.LICENSED)


@pytest.fixture
def chair(member_id: UUID) -> Person:
    return person("chair", member_id)


def send(client: FlaskClient, **more: str) -> Any:
    ends_on = (clock.today() + timedelta(days=30)).isoformat()
    values = {"name": "Newsletter", "ends_on": ends_on, "csrf_token": token_of(client, PAGE), **more}
    return client.post(PAGE, data=values)


def key_of(client: FlaskClient, mandate: UUID) -> str:
    answer = send(client, mandate_id=str(mandate))
    found = KEY.search(answer.get_data(as_text=True))
    assert found is not None
    return found[1]


def ask(app: Flask, key: str, path: str = "/api/v1/me", method: str = "GET", **more: Any) -> Any:
    return app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {key}", **more}, json={})


def ending(client: FlaskClient) -> str:
    found = re.search(rf"{PAGE}/[0-9a-f-]+/end", client.get(PAGE).get_data(as_text=True))
    assert found is not None
    return found[0]


def test_a_program_comes_in_with_its_key_which_stands_nowhere(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    key = key_of(client, chair.mandate_id)
    told = ask(app, key).get_json()
    assert (told["label"], [each["role"] for each in told["mandates"]]) == (chair.label, ["chair"])
    assert key not in client.get(PAGE).get_data(as_text=True)
    with transaction.reading(tenancy.NOWHERE):
        [row] = db.session.scalars(sa.select(PersonalToken)).all()
    assert key.encode() not in row.token_hash
    assert "last used" in client.get(PAGE).get_data(as_text=True)


def test_it_writes_without_a_form_token_and_within_its_role(app: Flask, chair: Person) -> None:
    key = key_of(browser(app, chair), chair.mandate_id)
    headers = {"Authorization": f"Bearer {key}"}
    body = {"office": "chair", "display_name": "Sam", "starts_on": "2026-01-01"}
    made = app.test_client().post("/api/v1/members/QM/office-holders", json=body, headers=headers)
    assert made.status_code == 201, made.get_json()
    assert ask(app, key, "/api/v1/members").status_code == 403


def test_it_reaches_one_mandate_of_several(app: Flask, chair: Person) -> None:
    other = country("QN")
    give_role(chair, other)
    key = key_of(browser(app, chair), chair.mandate_id)
    assert [each["member"] for each in ask(app, key).get_json()["mandates"]] == ["QM"]
    assert ask(app, key, "/api/v1/members/QN").status_code == 404


def give_role(somebody: Person, place: UUID) -> None:
    from sri_admin.people.models import MandateRow
    from sri_admin.people.rules import Role

    with transaction.writing(tenancy.NOWHERE):
        values = {"account_id": somebody.account_id, "role": Role.CHAIR, "scope": "member", "member_id": place}
        db.session.add(MandateRow(**values, starts_on=date(2021, 1, 1), granted_by="system:test"))


@pytest.mark.parametrize("path", ["/", "/account", "/countries/QM/agreement", "/metrics"])
def test_it_opens_no_page(app: Flask, chair: Person, path: str) -> None:
    key = key_of(browser(app, chair), chair.mandate_id)
    assert ask(app, key, path).status_code == ask(app, "nobody", path).status_code
    assert ask(app, key, path).status_code != 200 or path == "/metrics"


def test_grave_acts_stay_closed_to_it(app: Flask, member_id: UUID) -> None:
    director = person("sri_director")
    key = key_of(browser(app, director), director.mandate_id)
    step = ask(app, key, "/api/v1/members/QM/steps/suspend", "POST", **{"If-Match": '"1"'})
    assert (step.status_code, step.get_json()["code"]) == (403, "password_again")
    headers = {"Authorization": f"Bearer {key}"}
    opened = app.test_client().post("/api/v1/me/password-again", json={"password": "x"}, headers=headers)
    assert (opened.status_code, opened.get_json()["code"]) == (403, "not_allowed")


def test_a_key_that_asks_too_often_has_to_wait_and_others_go_on(
    app: Flask, chair: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_PER_MINUTE", 5)
    client = browser(app, chair)
    keys = [key_of(client, chair.mandate_id) for _each in range(2)]
    assert [ask(app, keys[0]).status_code for _each in range(7)] == [200] * 5 + [429] * 2
    assert int(ask(app, keys[0]).headers["Retry-After"]) <= 60
    assert ask(app, keys[1]).status_code == 200


def test_a_withdrawn_key_is_nobody_at_once(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    key = key_of(client, chair.mandate_id)
    answer = client.post(ending(client), data={"csrf_token": token_of(client, PAGE)})
    assert (answer.status_code, ask(app, key).status_code) == (303, 401)


@pytest.mark.parametrize(
    "change",
    [
        "update account set state = 'blocked'",
        "update mandate set ended_at = now()",
        "update mandate set ends_on = current_date - 1",
        "update personal_token set ends_on = current_date - 1",
    ],
)
def test_it_ends_with_account_role_and_last_day(app: Flask, chair: Person, change: str) -> None:
    key = key_of(browser(app, chair), chair.mandate_id)
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.text(change))
    assert ask(app, key).status_code == 401


@pytest.mark.parametrize("days", [-1, 366])
def test_a_key_lasts_a_year_at_most(app: Flask, chair: Person, days: int) -> None:
    day = (clock.today() + timedelta(days=days)).isoformat()
    answer = send(browser(app, chair), mandate_id=str(chair.mandate_id), ends_on=day)
    assert (answer.status_code, "a year from now" in answer.get_data(as_text=True)) == (422, True)


def test_nobody_makes_a_key_for_a_role_of_somebody_else(app: Flask, chair: Person) -> None:
    other = person("sri_director")
    assert send(browser(app, chair), mandate_id=str(other.mandate_id)).status_code == 422


def test_nobody_withdraws_a_key_of_somebody_else(app: Flask, chair: Person, member_id: UUID) -> None:
    client, other = browser(app, chair), browser(app, person("chair", member_id))
    key = key_of(client, chair.mandate_id)
    answer = other.post(ending(client), data={"csrf_token": token_of(other, PAGE)})
    assert (answer.status_code, ask(app, key).status_code) == (404, 200)


def test_its_use_is_noted_once_a_minute(app: Flask, chair: Person) -> None:
    key = key_of(browser(app, chair), chair.mandate_id)
    for _ in range(3):
        ask(app, key)
    with transaction.reading(tenancy.NOWHERE):
        [first] = db.session.scalars(sa.select(PersonalTokenSeen.seen_at)).all()
    with clock.running(clock.skewed(timedelta(minutes=2))):
        ask(app, key)
        with transaction.reading(tenancy.NOWHERE):
            assert db.session.scalars(sa.select(PersonalTokenSeen.seen_at)).one() > first
