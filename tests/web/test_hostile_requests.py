"""Requests no browser of ours would send: answered plainly, never with a fault of ours."""

import io
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from sri_admin.kernel import ids
from sri_admin.members.rules import contact
from sri_admin.people.models import Account
from sri_admin.people.rules import Role
from sri_admin.web import cookies
from tests.make import members as mk
from tests.make.people import PASSWORD, browser, country, person, token_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("tag", ["ar-..-..", "ar-%0d%0aX:1", "ar-" + "a-" * 2000, "ar-zzzzzzzzzzzzzz"])
def test_only_our_own_language_tags_are_remembered(client: FlaskClient, tag: str) -> None:
    answer = client.get(f"/sign-in?lang={tag}")
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] in {"ar", "en"}
    kept = client.get_cookie(cookies.name(cookies.LANGUAGE))
    assert kept is None or kept.value == "ar"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_the_numbers_are_told_to_whoever_asks_on_this_machine(client: FlaskClient, host: str) -> None:
    assert client.get("/metrics", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "hub.example"},  # through a proxy, or a page whose name was made to mean this machine
        {"Host": "localhost.example:8000"},
        {"Host": "127.0.0.1.example"},
        {"Host": "["},
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
    ],
)
def test_what_a_proxy_brings_is_not_asked_on_this_machine(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/metrics", headers=headers).status_code in {400, 404}
    assert client.get("/healthz", headers=headers).status_code in {200, 400}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/api/v1/me", "/.well-known/sri-sync", "/nothing"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example"])
def test_a_name_that_is_not_ours_is_not_answered(client: FlaskClient, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["endpoint=x", "_method=POST", "_external=1&_scheme=javascript", "_anchor=x"])
def test_arguments_of_an_address_stay_arguments_in_the_links_to_other_languages(app: Flask, query: str) -> None:
    answer = browser(app, person(Role.SRI_DIRECTOR)).get(f"/account?{query}")
    assert answer.status_code == 200
    assert f'href="/account?{query.replace("&", "&amp;")}&amp;lang=ar"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/countries/%00/people", "/countries?q=%00", "/countries?region=%00"])
def test_a_character_no_database_holds_is_not_our_fault(app: Flask, path: str) -> None:
    assert browser(app, person(Role.SRI_DIRECTOR)).get(path).status_code in {200, 404}


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_text_no_database_holds_is_refused_from_programs(app: Flask, name: str) -> None:
    client = browser(app, person(Role.SRI_DIRECTOR))
    sent = json.dumps({"code": "QX", "name": name, "region": "Asia", "kind": "country"})
    headers = {"X-CSRF-Token": token_of(client, "/account")}
    answer = client.post("/api/v1/members", data=sent, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "unreadable")


@pytest.mark.parametrize("parts", [{"<b>": {"t": "x"}}, {"ar": {"t": "x", "of": 5}}, {"source": ["en"]}])
def test_a_name_no_node_could_take_is_refused(app: Flask, parts: dict[str, object]) -> None:
    client = browser(app, person(Role.SRI_DIRECTOR))
    sent = {"code": "QX", "name": {"source": "en", "en": {"t": "X"}, **parts}, "region": "Asia", "kind": "country"}
    headers = {"X-CSRF-Token": token_of(client, "/account")}
    assert client.post("/api/v1/members", json=sent, headers=headers).status_code == 422


@pytest.mark.parametrize("origin", ["null", "http://[", "https://evil.example"])
def test_a_form_of_a_page_without_our_origin_is_refused(app: Flask, origin: str) -> None:
    client, somebody = app.test_client(), person(Role.CHAIR, country("QM"))
    sent = {"csrf_token": token_of(client), "sign_in_name": somebody.sign_in_name, "password": PASSWORD}
    assert client.post("/sign-in", data=sent, headers={"Origin": origin}).status_code == 403


def test_an_unreadable_referrer_leads_to_the_first_page(client: FlaskClient) -> None:
    sent = {"csrf_token": token_of(client), "theme": "dark"}
    assert client.post("/theme", data=sent, headers={"Referer": "http://[x"}).location == "/"


def test_an_invitation_under_the_id_of_somebody_elsewhere_tells_nothing(app: Flask) -> None:
    client, page = browser(app, person(Role.MEMBER_ADMINISTRATOR, country("QM"))), "/countries/QM/people/invite"
    elsewhere = person(Role.CHAIR, country("QN"))
    for record_id in (elsewhere.account_id, ids.new()):
        sent = {"display_name": "Dana", "sign_in_name": f"{ids.label('x')}@example.org", "role": "chair"}
        sent |= {"csrf_token": token_of(client, page), "record_id": str(record_id)}
        assert client.post(page, data=sent).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_an_agreement_keeps_to_days_that_can_be_counted_from(app: Flask, day: str) -> None:
    mk.member("QM")
    client = browser(app, person(Role.SRI_DIRECTOR))
    headers = {"X-CSRF-Token": token_of(client, "/account")}
    answer = client.post("/api/v1/members/QM/agreement-drafts", json={"ends_on": day}, headers=headers)
    assert (answer.status_code, answer.json and answer.json["errors"][0]["field"]) == (422, "ends_on")


def test_a_telephone_number_that_is_none_is_shown_as_it_came() -> None:
    assert contact.written("+493012345678") == "+49 30 12345678"
    assert contact.written("ask inside") == "ask inside"


def test_a_fault_of_the_database_is_noted_without_the_values(app: Flask, logged: io.StringIO) -> None:
    client, page = browser(app, person(Role.MEMBER_ADMINISTRATOR, country("QM"))), "/countries/QM/people/invite"
    sent = {"display_name": "Dana Secretive", "sign_in_name": "dana.secretive@example.org", "role": "chair"}
    sent["csrf_token"] = token_of(client, page)

    def forget_language(_mapper: object, _connection: object, account: Account) -> None:
        account.locale = None  # pyright: ignore[reportAttributeAccessIssue] - the fault

    event.listen(Account, "before_insert", forget_language)
    try:
        assert client.post(page, data=sent).status_code == 500
    finally:
        event.remove(Account, "before_insert", forget_language)
    (fault,) = (each for each in map(json.loads, logged.getvalue().splitlines()) if each["event"] == "unexpected_error")
    assert "NotNullViolation: SQLSTATE 23502" in fault["exception"]
    assert "table_name=account column_name=locale" in fault["exception"]
    assert "INSERT INTO account" in fault["exception"]
    assert "Failing row" not in logged.getvalue()
    assert "ecretive" not in logged.getvalue()
