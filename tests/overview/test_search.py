"""One box finds what its reader may see, and nothing else."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.members.rules.member import MemberState
from tests.make import materials, people
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")


def found(browser: FlaskClient, text: str) -> str:
    """Return what stands on the page of what was found, without marks."""
    answer = browser.get("/search", query_string={"q": text})
    assert answer.status_code == 200
    body = answer.get_data(as_text=True).split("<h1>")[1]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """A browser of a country liaison."""
    return people.browser(app, people.person("country_liaison"))


def test_staff_find_countries_agreements_people_and_texts(staff: FlaskClient) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    make.office_holder(member_id, display_name="Zoë Lindqvist")
    materials.work()
    for text, expected in {
        "land of qm": "Land of QM",
        "qm-": "QM-",
        "zoe lind": "Zoë Lindqvist",
        "OPENING": "Opening a meeting",
    }.items():
        assert expected in found(staff, text), text


def test_a_board_finds_its_own_and_nobody_elses(app: Flask) -> None:
    own, other = make.member("QM", MemberState.LICENSED), make.member("QN", MemberState.LICENSED)
    make.office_holder(own, display_name="Ada North")
    make.office_holder(other, display_name="Ada South")
    chair = people.browser(app, people.person("chair", own))
    assert "Ada North" in found(chair, "ada")
    assert "Ada South" not in found(chair, "ada")
    assert "Nothing was found" in found(chair, "land of qn")
    assert "QN-" not in found(chair, "qn-").replace("“qn-”", "")


def test_a_facilitator_finds_no_papers_of_the_board(app: Flask) -> None:
    own = make.member("QM", MemberState.LICENSED)
    make.office_holder(own, display_name="Ada North")
    assert "Nothing was found" in found(people.browser(app, people.person("facilitator", own)), "ada")


def test_one_letter_and_signs_of_a_pattern_find_nothing(staff: FlaskClient) -> None:
    make.member("QM", MemberState.LICENSED)
    assert "at least two letters" in found(staff, "q")
    for text in ("%%", "__", "\\\\", "' or 1=1 --"):
        assert "Nothing was found" in found(staff, text), text


def test_what_was_typed_comes_back_as_text(staff: FlaskClient) -> None:
    page = staff.get("/search", query_string={"q": "<b>bold</b>"}).get_data(as_text=True)
    assert "<b>bold</b>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_a_text_that_is_too_long_is_refused_in_words(staff: FlaskClient) -> None:
    assert staff.get("/search", query_string={"q": "x" * 101}).status_code in {400, 422}


def test_the_page_of_a_country_joins_what_every_part_says(staff: FlaskClient) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    people.person("chair", member_id)
    materials.work()
    page = staff.get("/countries/QM").get_data(as_text=True)
    assert "People with access" not in page  # a liaison does not manage access
    assert "1 of 1 works" in re.sub("[\u2068\u2069]", "", page)
    assert re.search(r'href="/countries/QM/materials"[^>]*>Materials<', page)
