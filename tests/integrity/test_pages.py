"""The pages of assessments: answered as plain forms, signed by somebody else, reviewed by SRI."""

import io
import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.integrity.rules.standing import Stage
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from tests.make import files, people
from tests.make import integrity as it
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def member() -> UUID:
    """A licensed country."""
    return make.member("QM", MemberState.LICENSED)


@pytest.fixture
def cycle(member: UUID) -> UUID:
    """A round the country is called to."""
    return it.called(member)


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return re.sub("[\u2068\u2069]", "", unescape(answer.get_data(as_text=True)))


def send(client: FlaskClient, address: str, **values: Any) -> Any:
    return client.post(address, data={"csrf_token": people.token_of(client, "/account"), **values})


def browser(app: Flask, role: Role, member: UUID | None = None) -> FlaskClient:
    return people.browser(app, people.person(role, member) if member else people.person(role))


def at(cycle: UUID, rest: str = "") -> str:
    return f"/countries/QM/assessments/{cycle}{rest}"


def test_an_answer_is_kept_and_the_next_question_follows(app: Flask, member: UUID, cycle: UUID) -> None:
    somebody = browser(app, Role.COORDINATOR, member)
    answer = send(somebody, at(cycle, "/criteria/separation"), answer="2", statement="Three members.", version="0")
    assert answer.headers["Location"].endswith("/criteria/fidelity")
    assert "Three members.</textarea>" in page(somebody, at(cycle, "/criteria/separation"))


def test_somebody_who_was_faster_is_not_overwritten(app: Flask, member: UUID, cycle: UUID) -> None:
    somebody, where = browser(app, Role.COORDINATOR, member), at(cycle, "/criteria/separation")
    it.answered(member, cycle, "separation", statement="We are five.")
    answer = send(somebody, where, answer="1", statement="We are three.", version="0")
    shown = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert ("We are three." in shown, "We are five." in shown) == (True, True)


def test_evidence_is_kept_here_and_only_the_board_may_open_it(app: Flask, member: UUID, cycle: UUID) -> None:
    somebody, content = browser(app, Role.COORDINATOR, member), files.pdf(seed=3)
    values = {"title": "Minutes", "kind": "minutes", "covers_from": "2025-01-01", "covers_to": "2099-01-01"}
    upload = {"file": (io.BytesIO(content), "names-of-people.pdf")}
    answer = send(somebody, at(cycle, "/criteria/separation/evidence"), **values, **upload)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    shown = page(somebody, at(cycle, "/criteria/separation"))
    address = re.findall(r'href="(/countries/QM/evidence/[^"]+)"', shown)[0]
    assert somebody.get(address).get_data() == content
    refused = {role: browser(app, role).get(address).status_code for role in (Role.SRI_DIRECTOR, Role.INTEGRITY_LEAD)}
    assert set(refused.values()) == {403}


def test_a_file_that_is_no_plain_pdf_is_refused_and_the_answers_stay(app: Flask, member: UUID, cycle: UUID) -> None:
    somebody = browser(app, Role.COORDINATOR, member)
    values = {"title": "Minutes", "kind": "minutes", "covers_from": "2026-01-01", "covers_to": "2026-02-01"}
    upload = {"file": (io.BytesIO(files.running_pdf()), "minutes.pdf")}
    answer = send(somebody, at(cycle, "/criteria/separation/evidence"), **values, **upload)
    assert answer.status_code == 422
    assert 'value="Minutes"' in answer.get_data(as_text=True)


def test_the_second_person_finds_it_on_the_first_page_and_signs(app: Flask, member: UUID, cycle: UUID) -> None:
    it.complete(member, cycle)
    digest = it.proposed(member, cycle)
    chair = browser(app, Role.CHAIR, member)
    assert "Look and sign" in page(chair, "/")
    assert "You sign exactly these answers." in page(chair, at(cycle, "/sign"))
    send(chair, at(cycle, "/sign"), content_sha256=digest)
    assert "Signed off, on its way to SRI" in page(chair, at(cycle))


def test_whoever_answered_is_told_that_somebody_else_signs(app: Flask, member: UUID, cycle: UUID) -> None:
    chair = people.person(Role.CHAIR, member)
    it.complete(member, cycle)
    client = people.browser(app, chair)
    send(client, at(cycle, "/criteria/access"), answer="1", version="1")
    send(client, at(cycle, "/propose"))
    assert "Somebody else has to sign them off." in page(client, at(cycle, "/sign"))
    digest = it.look(member, cycle, lambda found: found.proposal.content_sha256 if found.proposal else "")
    assert send(client, at(cycle, "/sign"), content_sha256=digest).status_code == 403


def test_sri_reviews_answer_by_answer_and_the_country_reads_it(app: Flask, member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    lead, board = browser(app, Role.INTEGRITY_LEAD), browser(app, Role.COORDINATOR, member)
    assert "5 answers wait to be reviewed." in page(lead, "/")
    where = at(cycle, "/revisions/1")
    secret = {"note": "Ask the liaison.", "comment": "Two of the three are a couple."}
    send(lead, f"{where}/criteria/separation", verdict="differs", score="1", **secret)
    for uid in it.REVIEWED[1:]:
        send(lead, f"{where}/criteria/{uid}", verdict="agrees")
    assert "Ask the liaison." in page(lead, f"{where}/criteria/separation")
    send(lead, f"{where}/finish")
    shown = page(board, where)
    assert ("Two of the three are a couple." in shown, "Ask the liaison." in shown) == (True, False)
    assert it.look(member, cycle, lambda found: found.stage) is Stage.REVIEWED


def test_a_returned_assessment_says_what_is_asked(app: Flask, member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    lead, board = browser(app, Role.INTEGRITY_LEAD), browser(app, Role.COORDINATOR, member)
    values = {"criteria": ["separation"], "reason": "Who are the three?"}
    send(lead, at(cycle, "/revisions/1/return"), **values)
    assert "Who are the three?" in page(board, at(cycle, "/criteria/separation"))
    assert "Question from SRI" in page(board, at(cycle))


def test_a_round_is_opened_and_closed_on_its_pages(app: Flask, member: UUID) -> None:
    it.adopted()
    lead = browser(app, Role.INTEGRITY_LEAD)
    values = {"name": "Round of 2026", "due_on": "2099-01-31", "covers_from": "2025-01-01", "covers_to": "2025-12-31"}
    answer = send(lead, "/assessments", **values)
    assert answer.status_code == 303
    assert "Round of 2026" in page(lead, "/assessments")
    send(lead, f"{answer.headers['Location']}/close", reason="Everybody handed in.", version="1")
    assert "Closed on" in page(lead, answer.headers["Location"])


def test_the_standard_is_open_to_everybody_who_works_here(app: Flask, member: UUID, cycle: UUID) -> None:
    assert "No one decides alone" in page(browser(app, Role.FACILITATOR, member), "/standard")


def test_no_list_of_sri_shows_an_answer_before_it_is_signed_off(app: Flask, member: UUID, cycle: UUID) -> None:
    it.answered(member, cycle, "separation", statement="Only among ourselves.")
    lead = browser(app, Role.INTEGRITY_LEAD)
    shown = [page(lead, each) for each in (f"/assessments/{cycle}", at(cycle), "/countries/QM/assessments")]
    assert all("Nothing has come yet" in each for each in shown)
    assert not any("Only among ourselves." in each for each in shown)
    page(lead, at(cycle, "/criteria/separation"), 403)


def test_the_page_about_a_country_says_how_its_assessment_stands(app: Flask, member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    shown = page(browser(app, Role.INTEGRITY_LEAD), "/countries/QM")
    assert "Received, waiting for SRI" in shown
    assert 'href="/countries/QM/assessments"' in shown


def test_an_assessment_tells_what_happened_to_it(app: Flask, member: UUID, cycle: UUID) -> None:
    it.complete(member, cycle)
    it.proposed(member, cycle)
    it.given_back(member, cycle, reason="The date is wrong.")
    own, lead = browser(app, Role.CHAIR, member), browser(app, Role.INTEGRITY_LEAD)
    assert "The answers of the assessment were given back: The date is wrong." in page(own, at(cycle))
    assert "The date is wrong." not in page(lead, at(cycle))
