"""A text from the first wording to the signed release, by programs alone."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.materials.rules.blocks import Risk
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from tests.make import localization as loc
from tests.make import materials
from tests.make import members as make
from tests.make.materials import CODE
from tests.make.people import browser, person, token_of

MEMBER, TEXT = f"/api/v1/members/QM/translation/{CODE}/pl", f"/api/v1/translations/{CODE}/pl"
POLISH = {
    "Opening": "Otwarcie spotkania",
    "Welcome": "Powitaj wszystkich i powiedz, ile trwa spotkanie: {1}90 minut{/1}.",
    "Nobody": "Nikt nie musi mówić. Powiedz to dwa razy.",
    "Ask": "Zapytaj, kto chce zacząć.",
    "Thank": "Podziękuj {name} za każde słowo.",
}


@pytest.fixture
def member(database: Any) -> UUID:
    """A licensed country, and a released work with one segment of risk “program”."""
    materials.released(Nobody=Risk.PROGRAM)
    return make.member("QM", MemberState.LICENSED)


def send(client: FlaskClient, path: str, **values: Any) -> Any:
    answer = client.post(path, json=values, headers={"X-CSRF-Token": token_of(client, "/account")})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def rows(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["rows"]


def test_programs_bring_a_text_from_its_grant_to_its_release(app: Flask, member: UUID) -> None:
    manager = browser(app, person(Role.MATERIALS_MANAGER))
    send(manager, "/api/v1/members/QM/languages", language="pl", starts_on="2026-01-01")
    assert [row["language"] for row in rows(manager, "/api/v1/members/QM/languages")] == ["pl"]
    send(manager, "/api/v1/terms", language="pl", source="begin", target="zacząć")
    assert rows(manager, "/api/v1/terms/pl")[0]["target"] == "zacząć"

    translator = browser(app, person(Role.TRANSLATOR, member, language="pl"))
    for row in rows(translator, MEMBER):
        text = next(text for word, text in POLISH.items() if word in row["source"])
        send(translator, MEMBER, segment=row["segment"], revision=row["revision"], text=text)

    reviser = browser(app, person(Role.REVISER, member, language="pl"))
    for row in rows(reviser, MEMBER):
        [wording] = row["wordings"]
        send(reviser, f"{MEMBER}/reviews", segment=row["segment"], contribution_id=wording["id"], verdict="approve")

    lead = browser(app, person(Role.INTEGRITY_LEAD))
    [critical] = [row for row in rows(lead, TEXT) if row["state"] == "integrity"]
    [wording] = critical["wordings"]
    decision = send(
        lead, f"{TEXT}/decisions", segment=critical["segment"], contribution_id=wording["id"], verdict="approve"
    )
    assert decision["text"] == POLISH["Nobody"]
    assert {row["state"] for row in rows(lead, TEXT)} == {"approved"}
    assert send(manager, f"{TEXT}/releases", version_no="1.0.0", notes="The first in Polish.")["language"] == "pl"


def test_a_program_cannot_release_around_a_missing_decision(app: Flask, member: UUID) -> None:
    loc.granted(member)
    loc.furnished(member)
    manager = browser(app, person(Role.MATERIALS_MANAGER))
    values = {"version_no": "1.0.0", "notes": "Too early."}
    headers = {"X-CSRF-Token": token_of(manager, "/account")}
    answer = manager.post(f"{TEXT}/releases", json=values, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_approved")
