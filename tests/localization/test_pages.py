"""The pages of translation: the workbench as plain forms, SRI's decisions, and who finds what on the first page."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import tenancy, transaction
from sri_admin.materials.rules.blocks import Risk
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from tests.make import localization as loc
from tests.make import materials, people
from tests.make import members as make
from tests.make.materials import CODE

pytestmark = pytest.mark.usefixtures("database")
BENCH = f"/countries/QM/translation/{CODE}/pl"


@pytest.fixture
def member() -> UUID:
    """A licensed country that may translate a released work into Polish."""
    made = make.member("QM", MemberState.LICENSED)
    materials.released(Nobody=Risk.PROGRAM)
    loc.granted(made)
    return made


def browser(app: Flask, role: Role, member: UUID) -> FlaskClient:
    return people.browser(app, people.person(role, member, language="pl"))


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return re.sub("[\u2068\u2069]", "", unescape(answer.get_data(as_text=True)))


def uid(word: str) -> str:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return loc.segment(word).block.uid


def send(client: FlaskClient, act: str, **values: Any) -> Any:
    return client.post(f"{BENCH}/{act}", data={"csrf_token": people.token_of(client, BENCH), **values})


def test_a_wording_is_saved_and_the_next_segment_opens(app: Flask, member: UUID) -> None:
    translator = browser(app, Role.TRANSLATOR, member)
    answer = send(translator, "save", segment=uid("Opening"), text="Otwarcie spotkania")
    assert uid("Welcome") in answer.headers["Location"]
    assert "Waiting for the reviser" in text_of(translator, BENCH)


def test_a_missing_code_comes_back_with_the_text_that_was_entered(app: Flask, member: UUID) -> None:
    translator = browser(app, Role.TRANSLATOR, member)
    answer = send(translator, "save", segment=uid("Thank"), text="Podziękuj za każde słowo.")
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "Podziękuj za każde słowo.</textarea>" in page
    assert "is missing. Insert it where it belongs." in page


def test_what_is_typed_is_kept_for_oneself_alone(app: Flask, member: UUID) -> None:
    translator, other = browser(app, Role.TRANSLATOR, member), browser(app, Role.TRANSLATOR, member)
    send(translator, "keep", segment=uid("Opening"), text="Otwar")
    where = f"{BENCH}?segment={uid('Opening')}"
    assert ("Otwar</textarea>" in text_of(translator, where), "Otwar<" in text_of(other, where)) == (True, False)


def test_a_reviser_approves_what_somebody_else_wrote(app: Flask, member: UUID) -> None:
    made = loc.translated(member, "Ask", "Zapytaj, kto chce zacząć.")
    reviser = browser(app, Role.REVISER, member)
    send(reviser, "review", segment=uid("Ask"), contribution_id=str(made), verdict="approve", seen="none")
    assert "1 of 5 approved" in text_of(reviser, BENCH)


def test_the_workbench_of_another_language_is_closed(app: Flask, member: UUID) -> None:
    loc.granted(member, "ar")
    translator = browser(app, Role.TRANSLATOR, member)
    text_of(translator, f"/countries/QM/translation/{CODE}/ar", 403)
    text_of(translator, f"/countries/QM/translation/{CODE}/fr", 404)


def test_everybody_finds_what_waits_for_them_on_the_first_page(app: Flask, member: UUID) -> None:
    loc.translated(member, "Ask", "Zapytaj, kto chce zacząć.")
    loc.approved(member, "Nobody", "Nikt nie musi mówić.")
    found = {
        role: text_of(people.browser(app, person), "/")
        for role, person in (
            ("translator", people.person(Role.TRANSLATOR, member, language="pl")),
            ("reviser", people.person(Role.REVISER, member, language="pl")),
            ("lead", people.person(Role.INTEGRITY_LEAD)),
        )
    }
    assert "3 segments wait to be translated." in found["translator"]
    assert "1 wording waits for somebody who did not write it." in found["reviser"]
    assert "1 segment waits for SRI to decide on its meaning." in found["lead"]


def test_sri_decides_on_its_page(app: Flask, member: UUID) -> None:
    made = loc.approved(member, "Nobody", "Nikt nie musi mówić.")
    lead = people.browser(app, people.person(Role.INTEGRITY_LEAD))
    where = f"/translation/{CODE}/pl"
    values = {"segment": uid("Nobody"), "contribution_id": str(made), "verdict": "approve"}
    answer = lead.post(f"{where}/decision", data={"csrf_token": people.token_of(lead, where), **values})
    assert answer.status_code == 303
    assert "1 of 5 segments are approved." in text_of(lead, where)


def test_a_language_is_granted_and_a_term_entered_on_their_pages(app: Flask, member: UUID) -> None:
    director = people.browser(app, people.person(Role.SRI_DIRECTOR))
    where = "/countries/QM/languages"
    values = {"language": "ar", "starts_on": "2026-01-01"}
    director.post(where, data={"csrf_token": people.token_of(director, where), **values})
    assert "Arabic" in text_of(director, where)
    term = {"language": "ar", "source": "urge", "target": "رغبة ملحّة", "forbidden": "إدمان"}
    director.post("/terms", data={"csrf_token": people.token_of(director, "/terms"), **term})
    assert "رغبة ملحّة" in text_of(director, "/terms")


def test_the_list_of_translations_leads_to_the_languages_of_a_country(app: Flask, member: UUID) -> None:
    director, auditor = (people.browser(app, people.person(each)) for each in (Role.SRI_DIRECTOR, Role.AUDITOR))
    link = 'href="/countries/QM/languages"'
    assert (link in text_of(director, "/translation"), link in text_of(auditor, "/translation")) == (True, False)


def test_a_long_text_is_shown_around_the_open_segment(app: Flask) -> None:
    member = make.member("QM", MemberState.LICENSED)
    materials.released(text="# Long\n\n" + "\n\n".join(f"Sentence {number}." for number in range(150)))
    loc.granted(member)
    translator = browser(app, Role.TRANSLATOR, member)
    first = text_of(translator, BENCH)
    assert ("Sentence 20." in first, "Sentence 60." in first) == (True, False)
    later = re.search(r'href="([^"]+)">Later segments', first)
    assert later is not None
    further = text_of(translator, later.group(1))
    assert ("Sentence 60." in further, "Earlier segments" in further) == (True, True)
