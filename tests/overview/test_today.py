"""The first page: of SRI, of a board at the hub, of everybody else."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from sri_admin.integrity.rules.finding import Severity
from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.members.rules.member import MemberState, SuspensionKind, Transition
from sri_admin.members.rules.office import Office
from sri_admin.people.rules import Role
from sri_admin.reporting.rules.months import last_months
from tests.make import findings as fnd
from tests.make import members as make
from tests.make import people
from tests.make import reporting as rep

pytestmark = pytest.mark.usefixtures("database")
MOST_STATEMENTS = 28  # every part asks a few things of its own, however many countries there are
_ITEM = re.compile(r"<li>.*?</li>", re.S)
_BOOKKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "select set_config", "set constraints")


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """A browser of a country liaison."""
    return people.browser(app, people.person("country_liaison"))


def _read(browser: FlaskClient, path: str = "/") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def _text(page: str) -> str:
    plain = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
    return plain.replace("\u2068", "").replace("\u2069", "")


def _titles(page: str) -> list[str]:
    return [_text(each) for each in re.findall(r'<ul class="sheet work">.*?</ul>', page, re.S)]


def _rows(page: str) -> list[str]:
    return [
        _text(row)
        for each in re.findall(r'<ul class="sheet work">(.*?)</ul>', page, re.S)
        for row in _ITEM.findall(each)
    ]


def _ending(code: str, days: int) -> UUID:
    """Make a licensed country whose licence ends in some days."""
    member_id = make.member(code, MemberState.IN_FORMATION)
    make.signed(member_id, territories=[code], ends_on=clock.today() + timedelta(days=days))
    make.step(member_id, Transition.LICENSE)
    return member_id


@contextmanager
def _counting() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(_BOOKKEEPING):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_new_hub_is_told_what_to_do_first(staff: FlaskClient) -> None:
    page = _read(staff)
    assert "No countries yet" in page
    assert 'href="/countries/new"' in page


def test_a_hub_in_order_says_that_nothing_waits(staff: FlaskClient) -> None:
    make.member("QM", MemberState.LICENSED)
    text = _text(_read(staff))
    assert "Nothing needs you today." in text
    assert "1 member country" in text
    assert "That is all." in text


def test_an_auditor_of_a_new_hub_is_not_asked_to_enter_anything(app: Flask) -> None:
    page = _read(people.browser(app, people.person("auditor")))
    assert "No countries yet" in page
    assert 'href="/countries/new"' not in page


def test_what_needs_sri_stands_with_reason_and_one_button(staff: FlaskClient) -> None:
    _ending("QM", 58)
    until = clock.today() + timedelta(days=1)
    make.step(make.member("QN", MemberState.LICENSED), Transition.SUSPEND, kind=SuspensionKind.EMERGENCY, until=until)
    make.member("QO", MemberState.APPLICANT)
    page = _read(staff)
    urgent, later = _titles(page)
    assert "Land of QN: the emergency suspension ends" in urgent
    assert re.search(r"Land of QM: licence ends in 58 days.*Land of QO: asks to become a member", later)
    assert "3 things wait for you. 1 cannot wait until tomorrow." in _text(page)
    assert "That is all." in page
    assert [_text(each) for each in re.findall(r'class="btn btn-main[^>]*>(.*?)</a>', page)] == ["Read and decide"]


def test_at_most_ten_rows_are_shown_and_the_rest_is_named(staff: FlaskClient) -> None:
    for number in range(12):
        make.member(f"QA{number}", MemberState.APPLICANT)
    page = _read(staff)
    assert sum(each.count("asks to become a member") for each in _titles(page)) == 10
    assert "That is all. 2 more things follow when these are done." in _text(page)
    assert "12 things wait for you." in _text(page)


def test_at_the_hub_two_flooding_parts_leave_room_for_a_critical_finding(app: Flask) -> None:
    with clock.running(rep.ticking(datetime(2026, 11, 10, 9, 0, tzinfo=UTC))):
        rep.catalogue()
        member_id = make.member("QM", MemberState.LICENSED)
        for number in range(12):
            make.member(f"QA{number}", MemberState.APPLICANT)
        for month in last_months(clock.today(), 12):
            rep.approved(member_id, month)
        rep.received(member_id)
        fnd.done(member_id, fnd.issued(member_id, severity=Severity.CRITICAL))
        page = _read(people.browser(app, people.person("sri_director")))
    rows = _rows(page)
    assert "Land of QM: finding" in rows[0]
    assert [sum(said in each for each in rows) for said in ("return of", "asks to become")] == [7, 1]
    assert re.search(r"16 more things follow.*Monthly returns: 5 more · Countries: 11 more", _text(page))


def test_at_a_board_two_flooding_parts_leave_room_for_what_is_gravest(app: Flask) -> None:
    with clock.running(rep.ticking(datetime(2025, 9, 10, 9, 0, tzinfo=UTC))):
        rep.catalogue()
        member_id = make.member("QM", MemberState.LICENSED)
    with clock.running(rep.ticking(datetime(2026, 11, 10, 9, 0, tzinfo=UTC))):
        snapshot_id = fnd.reviewed(member_id)
        for _number in range(6):
            fnd.issued(member_id, snapshot_id)
        fnd.issued(member_id, snapshot_id, severity=Severity.CRITICAL)
        page = _read(people.browser(app, people.person("chair", member_id)))
    rows = _rows(page)
    assert len(rows) == 10
    assert sum("Return of" in each for each in rows) == 8
    assert sum("Critical" in each for each in rows) == 1
    assert re.search(r"Monthly returns: 4 more · Findings: 6 more", _text(page))


def test_every_country_with_a_seat_sits_in_the_circle_by_name(staff: FlaskClient) -> None:
    for code in ("QP", "QM", "QN", "QO", "QQ", "QR", "QS", "QT"):
        make.member(code, MemberState.LICENSED)
    make.member("QU", MemberState.PROSPECT)
    make.step(make.member("QV", MemberState.LICENSED), Transition.SUSPEND)
    page = _read(staff)
    seated = re.findall(r"<title>Land of (\w+)</title>", page)
    assert seated == ["QM", "QN", "QO", "QP", "QQ", "QR", "QS", "QT", "QV"]
    assert page.count('href="/circle/here"') == page.count('href="/circle/paused"') == 1
    assert 'href="/circle/overdue"' not in page


def test_the_key_leads_to_the_countries_it_counts(staff: FlaskClient) -> None:
    make.member("QM", MemberState.LICENSED)
    _ending("QN", 58)
    here, question = _text(_read(staff, "/circle/here")), _text(_read(staff, "/circle/question"))
    assert "Land of QM" in here
    assert "Land of QN" not in here
    assert "Land of QN: licence ends in 58 days" in question
    assert "No country sits here today" in _read(staff, "/circle/overdue")
    assert staff.get("/circle/elsewhere").status_code == 404


@pytest.mark.parametrize("role", [each.value for each in Role])
def test_the_first_page_opens_for_every_role_and_the_circle_for_staff(app: Flask, role: str) -> None:
    is_board = role in {"member_administrator", "chair", "coordinator", "facilitator", "member_data_officer"}
    place = make.member("QM", MemberState.LICENSED) if is_board else None
    browser = people.browser(app, people.person(role, place))
    assert "What needs you today" in _read(browser)
    assert browser.get("/circle/here").status_code == (403 if is_board else 200)


def test_nobody_is_led_to_signing_in(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_a_board_sees_what_waits_what_is_due_and_what_is_new(app: Flask) -> None:
    member_id = _ending("QM", 58)
    make.office_holder(member_id, Office.CHAIR, ends_on=clock.today() + timedelta(days=20))
    page = _read(people.browser(app, people.person("chair", member_id)))
    (rows,) = _titles(page)
    assert re.search(r"A term of office ends in 20 days: Chair and approver.*Your licence ends in 58 days", rows)
    text = _text(page)
    assert "2 things wait for you." in text
    assert "What is due" in text
    for told in ("The country was licensed", "was signed; it runs to", "was offered"):
        assert told in text
    assert 'href="/countries/QM/agreement"' in page
    assert "member countries" not in text


def test_a_board_without_people_in_office_is_offered_the_first_entry(app: Flask) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    chair, coordinator = (people.browser(app, people.person(role, member_id)) for role in ("chair", "coordinator"))
    assert 'href="/countries/QM/office-holders/new"' in _read(chair)
    assert 'href="/countries/QM/office-holders/new"' not in _read(coordinator)
    assert "See our people" in _read(coordinator)


def test_a_board_whose_people_are_kept_at_its_node_is_not_sent_to_a_closed_form(app: Flask) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    make.move_to_node(member_id)
    page = _read(people.browser(app, people.person("chair", member_id)))
    assert 'href="/countries/QM/office-holders/new"' not in page


def test_a_board_sees_its_own_country_only(app: Flask) -> None:
    make.step(make.member("QN", MemberState.LICENSED), Transition.SUSPEND)
    page = _read(people.browser(app, people.person("chair", make.member("QM", MemberState.LICENSED))))
    assert "Land of QN" not in page
    assert "/countries/QN" not in page
    assert "suspended" not in page


def test_a_suspended_board_reads_why(app: Flask) -> None:
    member_id = make.member("QM", MemberState.SUSPENDED)
    text = _text(_read(people.browser(app, people.person("chair", member_id))))
    assert "Your licence is suspended" in text
    assert "The board asked for it." in text


def test_a_facilitator_is_told_what_can_be_done(app: Flask) -> None:
    member_id = make.member("QM", MemberState.SUSPENDED)
    text = _text(_read(people.browser(app, people.person("facilitator", member_id))))
    assert "See which evenings are yours" in text
    assert "suspended" not in text


def test_sixty_countries_need_no_more_statements_than_one(staff: FlaskClient) -> None:
    for number in range(54):
        make.member(f"QM{number}")
    for code in ("QM", "QN", "QO", "QP", "QQ", "QR"):
        make.office_holder(make.member(code, MemberState.LICENSED))
    _read(staff)
    with _counting() as statements:
        _read(staff)
    assert len(statements) <= MOST_STATEMENTS, statements


def test_news_stand_with_the_newest_first(app: Flask) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    text = _text(_read(people.browser(app, people.person("chair", member_id))))
    told = ["The country was licensed", "Accepted into formation", "The application was received"]
    places = [text.index(each) for each in told]
    assert places == sorted(places)


def test_sixty_seats_stay_light(staff: FlaskClient) -> None:
    seats = [{"state": "here", "label": f"Land of Q{number}", "url": f"/countries/Q{number}"} for number in range(60)]
    template = '{% import "_macros/data.html" as data %}{{ data.ring(seats, "60", "member countries") }}'
    ring = staff.application.jinja_env.from_string(template).render(seats=seats)
    assert len(gzip.compress(ring.encode(), 6)) <= 2048
