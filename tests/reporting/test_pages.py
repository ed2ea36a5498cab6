"""The pages of returns as plain forms: a board's month, SRI's decision, and who finds what on the first page."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock
from sri_admin.members.rules.member import MemberState, Transition
from sri_admin.people.rules import Role
from sri_admin.reporting.rules.standing import IntakeState, State
from tests.make import members as make
from tests.make import people
from tests.make import reporting as rep

pytestmark = pytest.mark.usefixtures("database")
MONTH = "/countries/QM/returns/2026-10"
RECEIVED = "/countries/QM/received/2026-10"
HASH, PROPOSAL = re.compile(r'name="values_hash" value="(\w+)"'), re.compile(r'name="proposal_id" value="([\w-]+)"')
ANSWERS = {f"{key}_number": str(number) for key, number in rep.NUMBERS.items()}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is the 10th of November 2026."""
    with clock.running(rep.ticking(datetime(2026, 11, 10, 9, 0, tzinfo=UTC))):
        yield


@pytest.fixture
def member(november: None) -> UUID:
    """A licensed country that reports by months."""
    rep.catalogue()
    return make.member("QM", MemberState.LICENSED)


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return re.sub("[\u2068\u2069]", "", unescape(answer.get_data(as_text=True)))


def send(client: FlaskClient, page: str, address: str, **values: Any) -> Any:
    return client.post(address, data={"csrf_token": people.token_of(client, page), **values})


def test_a_month_is_filled_in_checked_approved_and_accepted(app: Flask, member: UUID) -> None:
    coordinator, chair, officer = (
        people.browser(app, people.person(role, place))
        for role, place in ((Role.COORDINATOR, member), (Role.CHAIR, member), (Role.DATA_OFFICER, None))
    )
    kept = send(coordinator, MONTH, MONTH, **ANSWERS)
    assert kept.headers["Location"] == f"{MONTH}/check"
    assert "The numbers fit together." in text_of(coordinator, f"{MONTH}/check")
    assert send(coordinator, f"{MONTH}/check", f"{MONTH}/propose").status_code == 303
    shown = text_of(chair, MONTH)
    named = {"values_hash": HASH.findall(shown)[0], "proposal_id": PROPOSAL.findall(shown)[0]}
    assert send(chair, MONTH, f"{MONTH}/approval", **named, verdict="approve").status_code == 303
    rep.received(member)
    revision = str(rep.seen(member).rows.revisions[0].id)
    send(officer, RECEIVED, f"{RECEIVED}/decision", revision_id=revision, verdict="accepted")
    assert rep.seen(member).standing.state is State.ACCEPTED
    assert "QM-202610-1" in text_of(chair, MONTH)


def test_a_wrong_answer_comes_back_with_everything_that_was_entered(app: Flask, member: UUID) -> None:
    coordinator = people.browser(app, people.person(Role.COORDINATOR, member))
    answer = send(coordinator, MONTH, MONTH, **{**ANSWERS, "attendances_number": "many"})
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert 'value="many"' in page
    assert 'value="16"' in page


def test_what_is_unusual_is_explained_on_the_check_page(app: Flask, member: UUID) -> None:
    coordinator = people.browser(app, people.person(Role.COORDINATOR, member))
    send(coordinator, MONTH, MONTH, **{**ANSWERS, "attendances_number": "2000"})
    check = f"{MONTH}/check"
    assert "2,000 attendances at 16 meetings are unusual." in text_of(coordinator, check)
    assert send(coordinator, check, f"{MONTH}/propose").status_code == 422
    why = {"attendance_per_meeting_attendances_why": "special_event"}
    assert send(coordinator, check, f"{MONTH}/propose", **why).status_code == 303


def test_everybody_finds_what_waits_for_them_on_the_first_page(app: Flask, member: UUID) -> None:
    rep.proposed(member)
    chair = text_of(people.browser(app, people.person(Role.CHAIR, member)), "/")
    rep.agreed(member, rep.seen(member).rows.proposals[0].id)
    rep.received(member)
    officer = text_of(people.browser(app, people.person(Role.DATA_OFFICER)), "/")
    assert "It is prepared and waits for your approval." in chair
    assert "It arrived and waits to be accepted." in officer


def test_neither_age_nor_a_lost_seat_hides_what_waits_for_sri(app: Flask) -> None:
    with clock.running(rep.ticking(datetime(2025, 3, 10, 9, 0, tzinfo=UTC))):
        rep.catalogue()
        first, second = (make.member(code, MemberState.LICENSED) for code in ("QN", "QP"))
        rep.approved(first, date(2025, 2, 1))
        rep.received(first)
        rep.accepted(second, date(2025, 2, 1))
        rep.asked(second, date(2025, 2, 1))
    for transition in (Transition.BEGIN_WITHDRAWAL, Transition.WITHDRAW):
        make.step(first, transition)
    officer = people.browser(app, people.person(Role.DATA_OFFICER))
    shown, today = text_of(officer, "/returns"), text_of(officer, "/")
    for code in ("QN", "QP"):
        assert f'href="/countries/{code}/received/2025-02"' in shown
        assert f"Land of {code}: return of February 2025" in today


def test_the_board_finds_a_month_of_long_ago_that_sri_returned(app: Flask) -> None:
    with clock.running(rep.ticking(datetime(2025, 3, 10, 9, 0, tzinfo=UTC))):
        rep.catalogue()
        member = make.member("QM", MemberState.LICENSED)
        revision = rep.approved(member, date(2025, 2, 1))
        rep.received(member)
    rep.decided(member, revision, IntakeState.RETURNED)
    assert "Return of February 2025" in text_of(people.browser(app, people.person(Role.CHAIR, member)), "/")


def test_both_sides_see_trend_and_total_with_its_coverage(app: Flask) -> None:
    with clock.running(rep.ticking(datetime(2026, 8, 10, 9, 0, tzinfo=UTC))):
        rep.catalogue()
        member, _other = (make.member(code, MemberState.LICENSED) for code in ("QM", "QN"))
    late = make.member("QP", MemberState.LICENSED)
    rep.accepted(member, attendances=120)
    rep.accepted(member, date(2026, 9, 1), attendances=110)
    rep.approved(late, attendances=70)
    board = text_of(people.browser(app, people.person(Role.CHAIR, member)), "/countries/QM/numbers")
    sri = text_of(people.browser(app, people.person(Role.DATA_OFFICER)), "/statistics?indicator=attendances")
    assert "Returns of the last year that count: 2 of 3 expected." in board
    assert "All months together: 230." in board
    assert "Known for 2 of 3 months." in board
    assert "All months together: 230." in sri
    assert "From 2 of 6 expected returns." in sri


def test_sri_reads_when_a_return_came_and_that_its_approval_is_dated_after_that(app: Flask) -> None:
    with clock.running(rep.ticking(datetime(2026, 9, 10, 9, 0, tzinfo=UTC))):
        rep.catalogue()
        member = make.member("QM", MemberState.LICENSED)
    rep.approved(member)
    with clock.running(rep.ticking(datetime(2026, 11, 9, 9, 0, tzinfo=UTC))):
        rep.received(member)
    officer = people.browser(app, people.person(Role.DATA_OFFICER))
    assert "Received on" in text_of(officer, "/countries/QM")
    assert "9 November 2026" in text_of(officer, "/countries/QM")
    assert "the clock there is wrong" in text_of(officer, RECEIVED)


def test_sri_sees_no_draft_of_a_board(app: Flask, member: UUID) -> None:
    rep.proposed(member)
    officer = people.browser(app, people.person(Role.DATA_OFFICER))
    assert "No report yet" in text_of(officer, RECEIVED)
    assert "Being prepared" not in text_of(officer, "/countries/QM/returns")
    assert "Land of QM" in text_of(officer, "/returns")


def test_a_correction_is_asked_for_and_granted_on_pages(app: Flask, member: UUID) -> None:
    rep.accepted(member)
    chair = people.browser(app, people.person(Role.CHAIR, member))
    officer = people.browser(app, people.person(Role.DATA_OFFICER))
    send(chair, f"{MONTH}/correction", f"{MONTH}/correction", reason="mistake", note="One meeting was left out.")
    assert "You have asked SRI" in text_of(chair, MONTH)
    request = str(rep.seen(member).rows.requests[0].id)
    assert "One meeting was left out." in text_of(officer, RECEIVED)
    send(officer, RECEIVED, f"{RECEIVED}/correction", request_id=request, verdict="granted", until="2026-12-01")
    assert "You may correct this month until the end of 1 December 2026." in text_of(chair, MONTH)


@pytest.mark.parametrize("month", ["2026-13", "2024-01", "2026-12", "x", "2026-1"])
def test_a_month_nobody_reports_on_is_not_found(app: Flask, member: UUID, month: str) -> None:
    chair = people.browser(app, people.person(Role.CHAIR, member))
    text_of(chair, f"/countries/QM/returns/{month}", 404)
