"""The pages of the member file, through HTTP."""

from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member
from sri_admin.members.operations.members import enter_legal_entity
from sri_admin.members.rules.agreement import AgreementState
from sri_admin.members.rules.member import MemberState, Transition
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """A browser of a country liaison."""
    return people.browser(app, people.person("country_liaison"))


def _text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return unescape(answer.get_data(as_text=True))


def _send(client: FlaskClient, address: str, *, form: str | None = None, **values: Any) -> Any:
    return client.post(address, data={"csrf_token": people.token_of(client, form or address), **values})


def _terms(**more: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "kind": "licence",
        "starts_on": (today - timedelta(days=10)).isoformat(),
        "ends_on": (today + timedelta(days=700)).isoformat(),
        "notice_days": "90",
        "cure_days": "14",
        "grace_days": "30",
        "territories": "qm-e, QM-W",
        "exclusive": "true",
        "rights": ["use_name", "train"],
        "programme_types": ["four_point"],
        **more,
    }


def _stored(kind: Any, member_id: UUID) -> list[Any]:
    """Return all rows of one kind of a member, usable after the transaction."""
    with transaction.reading(tenancy.only(member_id)):
        rows = list(db.session.scalars(sa.select(kind).where(kind.member_id == member_id)))
        for row in rows:
            db.session.expunge(row)
        return rows


def test_a_country_is_entered_found_and_shown(staff: FlaskClient) -> None:
    values = {"code": "QM", "name": "Exampleland", "region": "east", "kind": "country", "hosting": "hub"}
    answer = _send(staff, "/countries", form="/countries/new", **values)
    assert answer.headers["Location"] == "/countries/QM"
    assert "Exampleland" in _text(staff, "/countries?q=example")
    shown = _text(staff, "/countries/QM")
    assert "<b>Prospect</b>" in shown.replace("<bdi>", "").replace("</bdi>", "")
    assert "The country was entered with the code" in shown


def test_a_body_is_told_with_its_form_and_its_number(staff: FlaskClient) -> None:
    member_id, director = make.member("QM"), make.actor()
    since = {"country": "QM", "starts_on": clock.today()}
    for told in ({"form": "Association", "registration_no": "QM-0042"}, {"form": "Foundation"}):
        values = {"name": f"The {told['form']}", **told, **since}
        make.writing(
            member_id, lambda values=values: enter_legal_entity(director, make.found(member_id), values=values)
        )
    shown = _text(staff, "/countries/QM")
    assert "Association, registered as QM-0042" in shown.translate({0x2068: None, 0x2069: None})
    assert "<span><bdi>Foundation</bdi></span>" in shown


def test_a_wrong_answer_comes_back_with_everything_else_kept(staff: FlaskClient) -> None:
    answer = _send(
        staff, "/countries", form="/countries/new", code="qm!", name="Exampleland", region="", kind="country"
    )
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert 'href="#f-code"' in page
    assert 'href="#f-region"' in page
    assert 'value="Exampleland"' in page


def test_an_agreement_is_drafted_checked_offered_signed_and_amended(staff: FlaskClient) -> None:
    member_id = make.member("QM")
    for code in ("QM-E", "QM-W"):
        make.extra(code, f"Land of {code}")
    kept = _send(staff, "/countries/QM/agreements/new", **_terms())
    check = kept.headers["Location"]
    assert "Land of QM-E and Land of QM-W" in _text(staff, check).replace("\u2068", "").replace("\u2069", "")
    offered = _send(staff, check, version="1").headers["Location"]
    assert "Offered" in _text(staff, offered)
    _send(staff, f"{offered}/signature", signed_on=clock.today().isoformat(), version="1")
    amended = _send(staff, f"{offered}/amend", **_terms(rights=["use_name", "print"]))
    _send(staff, amended.headers["Location"], version="1")
    rows = _stored(Agreement, member_id)
    assert sorted(row.state for row in rows) == [AgreementState.OFFERED, AgreementState.SIGNED]
    assert "train facilitators" in _text(staff, offered)


def test_contradicting_terms_are_told_at_their_fields(staff: FlaskClient) -> None:
    make.member("QM")
    wrong = _terms(ends_on="2020-01-01", territories="ZZ-9", rights=[])
    answer = _send(staff, "/countries/QM/agreements/new", **wrong)
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert 'href="#f-rights"' in page
    assert "All your other answers are kept" in page
    assert 'value="ZZ-9"' in page


def test_two_people_at_one_draft_see_both_texts_and_nothing_is_lost(app: Flask, staff: FlaskClient) -> None:
    member_id = make.member("QM")
    draft_id = make.draft(member_id)
    address = f"/countries/QM/agreement-drafts/{draft_id}"
    colleague = people.browser(app, people.person("sri_director"))
    _send(colleague, address, **_terms(territories="QM", notice_days="60", version="1"))
    mine = _send(staff, address, **_terms(territories="QM", notice_days="77", version="1"))
    page = unescape(mine.get_data(as_text=True))
    assert mine.status_code == 409
    assert ">77<" in page
    assert ">60<" in page
    _send(staff, address, **_terms(territories="QM", notice_days="77", rights="use_name,train", version="2"))
    assert [row.values["notice_days"] for row in _stored(AgreementDraft, member_id)] == [77]


def test_a_step_says_what_it_means_and_asks_for_a_reason(staff: FlaskClient) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    assert "It deletes nothing" in _text(staff, "/countries/QM/steps/suspend")
    without = _send(staff, "/countries/QM/steps/suspend", kind="full")
    assert without.status_code == 422
    assert "The board will read this sentence" in without.get_data(as_text=True)
    _send(staff, "/countries/QM/steps/suspend", kind="full", reason="The name was misused.")
    assert [row.state for row in _stored(Member, member_id)] == [MemberState.SUSPENDED]
    assert "The licence was suspended: The name was misused." in _plain(_text(staff, "/countries/QM"))


@pytest.mark.parametrize("transition", Transition)
def test_every_step_has_its_page(staff: FlaskClient, transition: Transition) -> None:
    make.member("QM", MemberState.LICENSED)
    assert _text(staff, f"/countries/QM/steps/{transition}")


def test_a_description_changed_by_two_shows_both_texts(staff: FlaskClient) -> None:
    member_id, director = make.member("QM"), make.actor()
    new = {"region": "north"}
    make.writing(member_id, lambda: make.members.describe_member(director, make.found(member_id), values=new))
    values = {"name": "Exampleland", "region": "south", "listing": "full", "version": "1"}
    answer = _send(staff, "/countries/QM/edit", **values)
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert ">north<" in page
    assert ">south<" in page


def test_a_board_reads_its_agreement_and_keeps_its_own_people(app: Flask) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    board = people.browser(app, people.person("member_administrator", member_id))
    assert "Active" in _text(board, "/countries/QM/agreement")
    values = {"office": "chair", "display_name": "Sam", "starts_on": "2025-01-01", "phone": "+49 30 1234567"}
    answer = _send(board, "/countries/QM/office-holders", form="/countries/QM/office-holders/new", **values)
    assert answer.status_code == 303
    assert "+49 30 1234567" in _text(board, "/countries/QM/office-holders")


def test_a_telephone_number_without_a_country_is_asked_about(app: Flask) -> None:
    member_id = make.member("QM")
    board = people.browser(app, people.person("chair", member_id))
    values = {"office": "chair", "display_name": "Sam", "starts_on": "2025-01-01", "phone": "030 1234567"}
    answer = _send(board, "/countries/QM/office-holders", form="/countries/QM/office-holders/new", **values)
    assert answer.status_code == 422
    assert "Which country is this number in?" in answer.get_data(as_text=True)


def test_an_office_holder_is_corrected_and_the_term_ended(app: Flask) -> None:
    member_id = make.member("QM")
    holder_id = make.office_holder(member_id)
    board = people.browser(app, people.person("chair", member_id))
    address = f"/countries/QM/office-holders/{holder_id}"
    values = {"office": "chair", "display_name": "Sami", "starts_on": "2025-01-01", "version": "1"}
    assert _send(board, address, **values).status_code == 303
    stale = _send(board, address, **{**values, "display_name": "Samira"})
    assert stale.status_code == 409
    assert ">Sami<" in stale.get_data(as_text=True)
    assert "An office holder was corrected" in _text(board, address)
    ended = _send(board, f"{address}/end", ends_on="2026-01-01", reason="The term was over.", version="2")
    assert ended.status_code == 303
    page = _text(board, "/countries/QM/office-holders")
    for words in ("Before", "What happened", "A new office holder was entered", "A term of office ended"):
        assert words in page


def test_where_a_node_keeps_the_people_the_hub_says_so_and_only_reads(staff: FlaskClient) -> None:
    make.move_to_node(make.member("QM"))
    page = _text(staff, "/countries/QM/office-holders")
    assert "The country keeps this list at its own node." in page
    assert "office-holders/new" not in page
    _text(staff, "/countries/QM/office-holders/new", 409)


STAFF_PAGES = (
    "/countries",
    "/countries/new",
    "/countries/QM",
    "/countries/QM/edit",
    "/countries/QM/agreements",
    "/countries/QM/agreements/new",
    "/countries/QM/agreements/{agreement}",
    "/countries/QM/agreements/{agreement}/amend",
    "/countries/QM/agreements/{agreement}/signature",
    "/countries/QM/agreements/{agreement}/withdrawal",
    "/countries/QM/agreements/{agreement}/closing/end",
    "/countries/QM/agreements/{agreement}/closing/termination",
    "/countries/QM/agreements/{agreement}/notes/new",
    "/countries/QM/agreement-drafts/{draft}",
    "/countries/QM/agreement-drafts/{draft}/check",
    "/countries/QM/steps/suspend",
    "/agreements",
)
BOARD_PAGES = (
    "/countries/QM/agreement",
    "/countries/QM/office-holders",
    "/countries/QM/office-holders/new",
    "/countries/QM/office-holders/{holder}",
    "/countries/QM/office-holders/{holder}/end",
    "/countries/QM/office-holders/{holder}/erase",
)
READ_ONLY = {"/countries", "/countries/QM", "/countries/QM/agreements", "/agreements", *BOARD_PAGES[:2]}


@pytest.mark.parametrize(
    ("role", "at_home", "staff_pages", "board_pages"),
    [
        ("country_liaison", False, 200, 200),
        ("sri_director", False, 200, 200),
        ("member_administrator", True, 403, 200),
        ("chair", True, 403, 200),
        ("facilitator", True, 403, 403),
        (None, False, 303, 303),
    ],
)
def test_each_role_opens_what_is_for_it(
    app: Flask, role: str | None, at_home: bool, staff_pages: int, board_pages: int
) -> None:
    addresses = _addresses()
    place = addresses["member"] if at_home else None
    browser = people.browser(app, people.person(role, place)) if role else app.test_client()
    for page in STAFF_PAGES:
        assert browser.get(page.format(**addresses)).status_code == staff_pages, page
    for page in BOARD_PAGES:
        assert browser.get(page.format(**addresses)).status_code == board_pages, page


def test_an_auditor_reads_and_changes_nothing(app: Flask) -> None:
    addresses = _addresses()
    auditor = people.browser(app, people.person("auditor"))
    for page in (*STAFF_PAGES, *BOARD_PAGES):
        is_reading = page in READ_ONLY or page.endswith("/agreements/{agreement}")
        assert auditor.get(page.format(**addresses)).status_code == (200 if is_reading else 403), page


def test_another_countrys_board_learns_nothing_not_even_that_it_exists(app: Flask) -> None:
    addresses = _addresses()
    stranger = people.browser(app, people.person("member_administrator", make.member("QN")))
    for page in BOARD_PAGES:
        mine, nowhere = page.format(**addresses), page.format(**addresses).replace("QM", "QX")
        assert [stranger.get(each).status_code for each in (mine, nowhere)] == [404, 404], page


def test_long_lists_need_few_statements(app: Flask, staff: FlaskClient) -> None:
    for number in range(12):
        make.signed(make.member(f"Q{number}"), territories=[f"QM-{number}"])
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "select set_config", "set constraints")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for page in ("/countries", "/agreements", "/countries/Q1"):
            statements.clear()
            _text(staff, page)
            # The page about a country asks every part a few things, however much there is of each.
            assert len(statements) <= (40 if page == "/countries/Q1" else 12), (page, statements)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _addresses() -> dict[str, Any]:
    member_id = make.member("QM", MemberState.LICENSED)
    (agreement,) = _stored(Agreement, member_id)
    holder, draft = make.office_holder(member_id), make.draft(member_id)
    return {"member": member_id, "agreement": agreement.id, "holder": holder, "draft": draft}


def _plain(page: str) -> str:
    for mark in ("<bdi>", "</bdi>", "\u2068", "\u2069"):
        page = page.replace(mark, "")
    return page
