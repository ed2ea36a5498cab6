"""What every door does for every route, tried on a small part of our own."""

import re
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import tenancy
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import InvalidError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import Part
from sri_admin.kernel.schema import Schema, fields
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience, Pages, see_other
from sri_admin.web.forms import Form

pages, api = Pages("lamps"), Api("lamps", description="Lamps, for tests.")


class LampIn(Schema):
    colour = fields.String(required=True)
    watts = fields.Integer(required=True)


@pages.get("/lamps", audience=Audience.PUBLIC, template="components.html")
def lamp_list(_actor: Any) -> dict[str, Any]:
    """List the lamps."""
    return {}


@pages.get("/lamps/writing", audience=Audience.PUBLIC, template="components.html")
def lamp_write(_actor: Any) -> dict[str, Any]:
    """Try to write in a GET."""
    db.session.execute(sa.insert(tenancy.Tenant).values(id=UUID(int=1), code="XX", kind="member"))
    return {}


@pages.post("/lamps", audience=Audience.PUBLIC, takes=LampIn)
def lamp_light(_actor: Any, values: dict[str, Any]) -> Any:
    """Light a lamp."""
    if values["watts"] > 100:
        raise InvalidError(_("Too bright."))
    return see_other("lamps.lamp_list", notice=_("Thank you. It is lit."))


@api.post("/lamps", audience=Audience.PUBLIC, takes=LampIn, gives=LampIn, created=True)
def lamp_make(_actor: Any, values: dict[str, Any]) -> Any:
    """Make a lamp."""
    return values


PART = Part(name="lamps", doors=(pages, api))


@pytest.fixture(scope="module")
def _lit(app: Flask) -> None:
    app._got_first_request = False  # routes of this test's own part are added to the running application
    for each in PART.doors:
        each.open(app, "hub")


@pytest.fixture
def browser(_lit: None, client: FlaskClient) -> FlaskClient:
    return client


def token(browser: FlaskClient) -> str:
    page = browser.get("/lamps").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def test_a_get_cannot_write(browser: FlaskClient) -> None:
    answer = browser.get("/lamps/writing")
    assert answer.status_code == 500
    assert "read-only" not in answer.get_data(as_text=True)


def test_a_form_without_our_token_is_refused(browser: FlaskClient) -> None:
    assert browser.post("/lamps", data={"colour": "red", "watts": "5"}).status_code == 403


def test_a_form_from_another_origin_is_refused(browser: FlaskClient) -> None:
    data = {"colour": "red", "watts": "5", "csrf_token": token(browser)}
    assert browser.post("/lamps", data=data, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post("/lamps", data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_good_form_leads_on_and_says_so_once(browser: FlaskClient) -> None:
    answer = browser.post("/lamps", data={"colour": "red", "watts": "٥", "csrf_token": token(browser)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/lamps")
    assert "It is lit." in browser.get("/lamps").get_data(as_text=True)
    assert "It is lit." not in browser.get("/lamps").get_data(as_text=True)


def test_unknown_fields_are_refused_by_name(browser: FlaskClient) -> None:
    answer = browser.post("/api/v1/lamps", json={"colour": "red", "watts": 5, "owner": "x"}, headers=proof(browser))
    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == ["owner"]


def test_problems_are_documents_with_a_stable_code(browser: FlaskClient) -> None:
    answer = browser.post("/api/v1/lamps", data="[1]", headers={**proof(browser), "Content-Type": "application/json"})
    assert answer.content_type == "application/problem+json"
    assert (answer.get_json()["status"], answer.get_json()["code"]) == (400, "unreadable")


def proof(browser: FlaskClient) -> dict[str, str]:
    return {"X-CSRF-Token": token(browser)}


def test_every_answer_forbids_foreign_sources(browser: FlaskClient) -> None:
    for path in ("/lamps", "/nothing", "/healthz", "/static/theme.css"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_an_unknown_address_is_a_page_in_plain_words(browser: FlaskClient) -> None:
    answer = browser.get("/nothing")
    assert answer.status_code == 404
    assert "We could not find that" in answer.get_data(as_text=True)


def test_the_form_keeps_what_was_entered() -> None:
    form = Form()
    assert form.value("colour", "blue") == "blue"
    assert form.errors == []


def test_the_document_of_the_api_names_every_route(browser: FlaskClient) -> None:
    document = browser.get("/api/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"


def test_ready_says_what_is_checked(browser: FlaskClient) -> None:
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.get_json()["database"]) == (200, True)
