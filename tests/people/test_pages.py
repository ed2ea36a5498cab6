"""The doors of people: what a browser is told, and what it is not."""

import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from sri_admin.kernel import clock, installation, tenancy, transaction
from sri_admin.people.operations import access
from sri_admin.people.queries.access import mandate_of
from sri_admin.people.rules import Role
from tests.make.people import PASSWORD, Person, browser, country, person, sign_in, token_of

pytestmark = pytest.mark.usefixtures("database")
LINK = re.compile(r'value="http://localhost:8000(/link/[^"]+)"')
_CHANGING = {"X-Request-Id", "Date", "Content-Length"}


@pytest.fixture
def chair() -> Person:
    return person(Role.CHAIR, country("QM"))


@pytest.fixture
def boss() -> Person:
    return person(Role.MEMBER_ADMINISTRATOR, country("QM"))


def bare(response: TestResponse, *typed: str) -> tuple[int, str, dict[str, str]]:
    """Return an answer without what differs by itself, and without what was typed."""
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", response.get_data(as_text=True))
    for each in typed:
        body = body.replace(each, "")
    return response.status_code, body, {k: v for k, v in response.headers if k not in _CHANGING}


def send(client: FlaskClient, path: str, page: str = "/account", **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token_of(client, page), **data})


def test_signing_in_leads_where_one_wanted_to_go(client: FlaskClient, chair: Person) -> None:
    asked = client.get("/account")
    assert asked.location == "/sign-in?next=%2Faccount"
    answer = sign_in(client, chair.sign_in_name.upper(), next="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_elsewhere(client: FlaskClient, chair: Person, target: str) -> None:
    assert sign_in(client, chair.sign_in_name, next=target).location == "/"


def test_the_cookie_is_named_after_the_installation_and_closed(client: FlaskClient, chair: Person) -> None:
    cookie = sign_in(client, chair.sign_in_name).headers["Set-Cookie"]
    assert cookie.startswith(f"sri_{installation.identity().short}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_known_and_unknown_names_get_the_same_answer(app: Flask, chair: Person) -> None:
    names = (chair.sign_in_name, "nobody@example.org")
    answers = [bare(sign_in(app.test_client(), name, "wrong wrong wrong"), name) for name in names]
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


def test_a_locked_name_gets_the_same_answer_whether_or_not_it_exists(app: Flask, chair: Person) -> None:
    answers = []
    for name in (chair.sign_in_name, "nobody@example.org"):
        for _try in range(5):
            sign_in(app.test_client(), name, "wrong wrong wrong")
        answers.append(re.sub(r"<bdi.*?</bdi>", "", bare(sign_in(app.test_client(), name), name)[1]))
        assert sign_in(app.test_client(), name).status_code == 429
    assert answers[0] == answers[1]


def test_the_password_never_comes_back(client: FlaskClient, chair: Person) -> None:
    answer = sign_in(client, chair.sign_in_name, "wrong wrong wrong")
    assert "wrong wrong wrong" not in answer.get_data(as_text=True)
    assert chair.sign_in_name in answer.get_data(as_text=True)


def test_signing_out_ends_the_session_at_the_server(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    name = f"sri_{installation.identity().short}"
    kept = client.get_cookie(name)
    assert kept is not None
    assert send(client, "/sign-out").location == "/sign-in"
    client.set_cookie(name, kept.value)
    assert client.get("/account").status_code == 303


def test_an_invitation_goes_from_the_page_to_the_first_sign_in(app: Flask, boss: Person) -> None:
    client, page = browser(app, boss), "/countries/QM/people/invite"
    typed = {"display_name": "Dana", "sign_in_name": "dana@example.org", "role": "chair"}
    made = send(client, page, page, **typed)
    found = LINK.search(made.get_data(as_text=True))
    assert found is not None
    newcomer = app.test_client()
    taken = send(newcomer, found[1], found[1], password="seven green kettles sing")
    assert (taken.status_code, taken.location) == (303, "/")
    assert newcomer.get("/account").status_code == 200
    assert app.test_client().get(found[1]).status_code == 404


def test_a_wrong_invitation_comes_back_filled(app: Flask, boss: Person) -> None:
    client, page = browser(app, boss), "/countries/QM/people/invite"
    answer = send(client, page, page, display_name="Dana", sign_in_name="two words", role="chair", ends_on="2020-01-01")
    assert answer.status_code == 422
    assert 'value="two words"' in answer.get_data(as_text=True)
    assert 'href="#f-sign_in_name"' in answer.get_data(as_text=True)


def test_an_invented_link_is_answered_like_a_used_one(app: Flask, boss: Person) -> None:
    client, page = browser(app, boss), f"/countries/QM/people/{boss.account_id}"
    found = LINK.search(send(client, f"{page}/link", page).get_data(as_text=True))
    assert found is not None
    newcomer = app.test_client()
    send(newcomer, found[1], found[1], password="seven green kettles sing")
    used, invented = (
        re.sub(r"<bdi.*?</bdi>", "", bare(app.test_client().get(each))[1].replace(each, "/link"))
        for each in (found[1], "/link/x")
    )
    assert used == invented


def test_grave_acts_ask_for_the_password_again(app: Flask, boss: Person, chair: Person) -> None:
    client, page = browser(app, boss), f"/countries/QM/people/{chair.account_id}"
    token = token_of(client, page)
    with clock.running(clock.skewed(timedelta(minutes=11))):
        answer = client.post(f"{page}/link", data={"csrf_token": token})
        assert (answer.status_code, "password_again" in answer.get_data(as_text=True)) == (403, True)
        again = client.get(page).location
        assert again.startswith("/password-again?next=")
        confirmed = send(client, "/password-again", again, password=PASSWORD, next=page)
        assert confirmed.location == page
        assert client.get(page).status_code == 200


def test_a_wrong_password_opens_nothing(app: Flask, boss: Person) -> None:
    client = browser(app, boss)
    assert send(client, "/password-again", "/password-again", password="wrong").status_code == 422


def test_the_list_says_until_when_and_ends_what_it_says(app: Flask, boss: Person, chair: Person) -> None:
    client = browser(app, boss)
    page = f"/countries/QM/access/{chair.mandate_id}"
    listed = client.get("/countries/QM/people").get_data(as_text=True)
    assert "without end" in listed
    assert "<strong>2 people</strong>" in listed.replace("<b>", "<strong>").replace("</b>", "</strong>")
    assert send(client, f"{page}/extend", page, ends_on="2099-12-31").status_code == 303
    assert "2099" in client.get("/countries/QM/people").get_data(as_text=True)
    assert send(client, f"{page}/end", page, reason="Term over").status_code == 303
    assert str(chair.mandate_id) not in client.get("/countries/QM/people").get_data(as_text=True)


def test_a_persons_page_tells_what_happened(app: Flask, boss: Person, chair: Person) -> None:
    client, page = browser(app, boss), f"/countries/QM/people/{chair.account_id}"
    browser(app, chair)
    send(client, f"{page}/roles", page, role="coordinator")
    told = client.get(page).get_data(as_text=True)
    assert re.search(r"A role was given: .*Coordinator.*National administrator", told, re.DOTALL)
    assert "Signed in." not in told


def test_a_role_that_ends_takes_the_person_out_at_once(app: Flask, boss: Person, chair: Person) -> None:
    client, place = browser(app, chair), country("QM")
    transaction.write(
        tenancy.only(place),
        lambda: access.end_mandate(boss.actor, mandate_of(place, chair.mandate_id), values={"reason": "Term over"}),
    )
    assert client.get("/account").location == "/sign-in?next=%2Faccount"


def test_language_and_theme_are_kept(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    assert send(client, "/account/preferences", locale="en", theme="dark").status_code == 303
    assert 'data-theme="dark"' in client.get("/account").get_data(as_text=True)
    assert send(client, "/account/preferences", locale="xx", theme="dark").status_code == 422


def test_one_browser_signs_another_out(app: Flask, chair: Person) -> None:
    here, there = browser(app, chair), browser(app, chair)
    found = re.search(r'action="(/account/sessions/[^/]+/end)"', here.get("/account").get_data(as_text=True))
    assert found is not None
    assert send(here, found[1]).status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 303)


def test_a_new_password_keeps_this_browser_in(app: Flask, chair: Person) -> None:
    here, there = browser(app, chair), browser(app, chair)
    changed = send(here, "/account/password", current_password=PASSWORD, password="seven green kettles sing")
    assert changed.status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 303)


def test_a_program_learns_who_it_is(app: Flask, chair: Person) -> None:
    told = browser(app, chair).get("/api/v1/me").get_json()
    assert (told["label"], told["home"]) == (chair.label, "QM")
    assert told["mandates"][0]["role"] == "chair"
    assert app.test_client().get("/api/v1/me").status_code == 401


def test_a_page_knows_who_is_there_with_one_statement(app: Flask, chair: Person, database: sa.Connection) -> None:
    client, seen = browser(app, chair), []
    event.listen(database, "before_cursor_execute", lambda *call: seen.append(call[2]))
    client.get("/account")
    assert len([each for each in seen if "account_session.token_hash" in each]) == 1


def test_an_unknown_person_is_not_found(app: Flask, boss: Person) -> None:
    client = browser(app, boss)
    assert client.get(f"/countries/QM/people/{uuid4()}").status_code == 404


def test_logs_hold_no_secret_and_no_name(app: Flask, boss: Person, chair: Person, logged: io.StringIO) -> None:
    client, page = browser(app, boss), f"/countries/QM/people/{chair.account_id}"
    found = LINK.search(send(client, f"{page}/link", page).get_data(as_text=True))
    assert found is not None
    send(app.test_client(), found[1], found[1], password="seven green kettles sing")
    sign_in(app.test_client(), chair.sign_in_name, "wrong wrong wrong")
    written = logged.getvalue()
    secrets = (PASSWORD, "seven green kettles sing", found[1], "argon2", boss.sign_in_name, "wrong wrong wrong")
    assert "people.link_use" in written
    assert [each for each in secrets if each in written] == []
