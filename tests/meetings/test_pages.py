"""The pages of meetings: the board's list and steps, a facilitator's log, the grid of a month, who sees what."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.queries.logs import find_log
from sri_admin.meetings.rules.log import Outcome
from sri_admin.meetings.rules.meeting import MeetingState, Settlement, Step
from sri_admin.people.rules import Role
from tests.make import meetings as meet
from tests.make import members as make
from tests.make import people
from tests.make.people import Person

pytestmark = pytest.mark.usefixtures("database", "_in_april")
NOW = datetime(2026, 4, 15, 9, 0, tzinfo=UTC)
TUESDAY = date(2026, 4, 14)
LIST = "/countries/QM/meetings"
HELD = {"outcome": "held", "people": "9", "first_time": "2", "led_by": "me"}


@pytest.fixture
def _in_april() -> Iterator[None]:
    with clock.running(clock.fixed(NOW)):
        yield


@pytest.fixture
def member() -> UUID:
    return make.member("QM")


@pytest.fixture
def library(member: UUID) -> UUID:
    """A meeting on Tuesdays at 18:30."""
    return meet.meeting(member)


@pytest.fixture
def sam(member: UUID, library: UUID) -> Person:
    """The facilitator who leads it."""
    somebody = people.person(Role.FACILITATOR, member)
    meet.leader(member, library, somebody.account_id)
    return somebody


def coordinator(app: Flask, member: UUID) -> FlaskClient:
    return people.browser(app, people.person(Role.COORDINATOR, member))


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return said(answer)


def said(answer: TestResponse) -> str:
    return re.sub("[\u2068\u2069]", "", unescape(answer.get_data(as_text=True)))


def send(client: FlaskClient, address: str, *, of: str | None = None, **values: Any) -> TestResponse:
    return client.post(address, data={"csrf_token": people.token_of(client, of or address), **values})


def log_of(member: UUID, meeting_id: UUID, on: date = TUESDAY) -> MeetingLog | None:
    with transaction.reading(tenancy.only(member)):
        log = find_log(meet.found(member, meeting_id), on)
        if log is not None:
            transaction.detach(log)
        return log


def logs_kept(member: UUID) -> int:
    with transaction.reading(tenancy.only(member)):
        return db.session.query(MeetingLog).count()


def evening(meeting_id: UUID, on: date = TUESDAY) -> str:
    return f"{LIST}/{meeting_id}/log/{on}"


MEETING = {
    "name": "Market hall",
    "programme_type": "four_point",
    "languages": ["en", "ar"],
    "venue": "in_person",
    "settlement": "town",
    "access": "public_open",
    "weekday": "4",
    "starts_at": "19:00",
    "minutes": "90",
    "every_weeks": "2",
    "first_on": "2026-04-02",
    "time_zone": "Europe/Warsaw",
}


def test_a_meeting_is_proposed_approved_and_runs(app: Flask, member: UUID) -> None:
    place, board = meet.community(member), coordinator(app, member)
    answer = send(board, LIST, of=f"{LIST}/new", community_id=str(place), **MEETING)
    where = answer.headers["Location"]
    assert "Proposed since 15 April 2026" in text_of(board, where)
    for step in ("approve", "activate"):
        send(board, f"{where}/steps/{step}", on="2026-04-15")
    shown = text_of(board, where)
    assert "Active since 15 April 2026" in shown
    assert "every second week" in shown
    assert "The meeting was approved" in shown


def test_a_form_with_a_mistake_comes_back_with_every_other_answer(app: Flask, member: UUID) -> None:
    place, board = meet.community(member), coordinator(app, member)
    values = {**MEETING, "starts_at": "seven", "community_id": str(place)}
    answer = send(board, LIST, of=f"{LIST}/new", **values)
    assert answer.status_code == 422
    assert "Write the hour like 18:30." in said(answer)
    assert 'value="Market hall"' in said(answer)


def test_two_people_who_correct_a_meeting_see_both_texts(app: Flask, member: UUID, library: UUID) -> None:
    board, where = coordinator(app, member), f"{LIST}/{library}/edit"
    place = str(meet.community(member, "Hills"))
    for name in ("Old library", "New library"):
        answer = send(board, where, version="3", community_id=place, **{**MEETING, "name": name})
    assert answer.status_code == 409
    assert ("New library" in said(answer), "Old library" in said(answer)) == (True, True)


def test_a_hold_needs_a_reason_and_shows_the_return(app: Flask, member: UUID, library: UUID) -> None:
    board, where = coordinator(app, member), f"{LIST}/{library}/steps/hold"
    assert "Choose the reason that fits best." in said(send(board, where, on="2026-04-15"))
    send(board, where, on="2026-04-15", reason="holiday", expected_return="2026-06-12")
    shown = text_of(board, f"{LIST}/{library}")
    assert ("On hold until 12 Jun 2026" in shown, "Holidays" in shown) == (True, True)


def test_the_list_is_filtered_sorted_and_searched(app: Flask, member: UUID, library: UUID) -> None:
    hills = meet.community(member, "Hills")
    meet.meeting(member, "Žižka barn", community_id=hills, settlement=Settlement.VILLAGE, weekday=5)
    meet.meeting(member, "Night shift", state=MeetingState.PROPOSED, weekday=1)
    board = coordinator(app, member)

    def shown(query: str) -> list[str]:
        page = text_of(board, f"{LIST}?{query}")
        places = {name: page.find(f">{name}<") for name in ("Harbour library", "Žižka barn", "Night shift")}
        return sorted((name for name, place in places.items() if place > 0), key=lambda name: places[name])

    assert shown("") == ["Night shift", "Harbour library", "Žižka barn"]
    assert shown("q=zizka") == shown("weekday=5") == shown("settlement=village") == ["Žižka barn"]
    assert shown(f"community_id={hills}") == ["Žižka barn"]
    assert shown("state=proposed") == ["Night shift"]
    assert shown("sort=-name") == ["Žižka barn", "Night shift", "Harbour library"]
    assert "No meeting fits" in text_of(board, f"{LIST}?q=nothing")


def test_one_tap_confirms_that_a_meeting_runs(app: Flask, member: UUID, library: UUID) -> None:
    board, before = coordinator(app, member), f"{LIST}?unconfirmed=true"
    assert "Not confirmed since 7 Jan 2025" in text_of(board, before)
    send(board, f"{LIST}/{library}/steps/confirm", of=before)
    assert "Harbour library" not in text_of(board, before).split("</form>")[-1]
    assert "15 Apr 2026" in text_of(board, LIST)


def test_communities_are_shown_as_a_tree_and_close_no_circle(app: Flask, member: UUID) -> None:
    land = meet.community(member, "Northland")
    town = meet.community(member, "Harbour", parent_id=land)
    board, places = coordinator(app, member), "/countries/QM/communities"
    page = text_of(board, places)
    assert page.index("Northland") < page.index("Harbour")
    assert "tree-1" in page
    answer = send(board, f"{places}/{land}", name="Northland", kind="region", parent_id=str(town), version="1")
    assert answer.status_code == 422
    assert "This community would lie within itself." in said(answer)


def test_a_facilitator_logs_an_evening_and_sees_that_it_is_saved(
    app: Flask, member: UUID, library: UUID, sam: Person
) -> None:
    phone = people.browser(app, sam)
    assert f"log/{TUESDAY}" in text_of(phone, "/countries/QM/my-meetings")
    answer = send(phone, evening(library), **HELD)
    saved = text_of(phone, answer.headers["Location"])
    assert "9 people came, 2 for the first time." in saved
    assert "1 of 4 meetings in April 2026" in saved
    assert "Tuesday 21 April 2026" in saved.replace(",", "")
    log = log_of(member, library)
    assert log is not None
    assert (log.people, log.first_time, log.led_by) == (9, 2, ["me"])


@pytest.mark.parametrize("digits", ["١٢", "12"])
def test_native_digits_are_numbers(app: Flask, member: UUID, library: UUID, sam: Person, digits: str) -> None:
    send(people.browser(app, sam), evening(library), **{**HELD, "people": digits})
    log = log_of(member, library)
    assert log is not None
    assert log.people == 12


def test_what_was_not_counted_is_kept_as_such(app: Flask, member: UUID, library: UUID, sam: Person) -> None:
    values = {"outcome": "held", "people_uncounted": "true", "first_time": "0"}
    answer = send(people.browser(app, sam), evening(library), **values)
    assert "Nobody counted how many came." in text_of(people.browser(app, sam), answer.headers["Location"])
    log = log_of(member, library)
    assert log is not None
    assert (log.people, log.first_time) == (None, 0)


def test_a_forgotten_number_is_asked_for_and_the_other_answers_stay(app: Flask, library: UUID, sam: Person) -> None:
    answer = send(people.browser(app, sam), evening(library), **{**HELD, "people": ""})
    assert answer.status_code == 422
    assert "Say how many people came" in said(answer)
    assert 'value="2"' in said(answer)


def test_a_double_click_saves_once(app: Flask, member: UUID, library: UUID, sam: Person) -> None:
    phone = people.browser(app, sam)
    token = people.token_of(phone, evening(library))
    answers = [phone.post(evening(library), data={"csrf_token": token, **HELD}) for _click in range(2)]
    assert {each.headers["Location"] for each in answers} == {f"{evening(library)}/saved"}
    assert logs_kept(member) == 1


def test_answers_are_changed_and_taken_back(app: Flask, member: UUID, library: UUID, sam: Person) -> None:
    phone = people.browser(app, sam)
    send(phone, evening(library), **HELD)
    assert 'value="9"' in text_of(phone, evening(library))
    send(phone, evening(library), **{**HELD, "people": "8"})
    log = log_of(member, library)
    assert log is not None
    assert (log.people, log.revision, logs_kept(member)) == (8, 2, 2)
    send(phone, f"{evening(library)}/back", of=f"{evening(library)}/saved")
    assert log_of(member, library) is None
    text_of(phone, f"{evening(library)}/saved", 404)


def test_a_facilitator_sees_only_the_meetings_that_are_led(
    app: Flask, member: UUID, library: UUID, sam: Person
) -> None:
    other = meet.meeting(member, "Market hall")
    phone = people.browser(app, sam)
    assert "Market hall" not in text_of(phone, "/countries/QM/my-meetings")
    text_of(phone, evening(other), 403)
    assert send(phone, evening(other), of="/account", **HELD).status_code == 403
    text_of(phone, LIST, 403)


def test_a_facilitator_without_a_meeting_is_told_whom_to_ask(app: Flask, member: UUID) -> None:
    phone = people.browser(app, people.person(Role.FACILITATOR, member))
    assert "Your coordinator says which meetings you lead." in text_of(phone, "/countries/QM/my-meetings")


def test_an_evening_to_come_offers_no_form(app: Flask, library: UUID, sam: Person) -> None:
    page = text_of(people.browser(app, sam), evening(library, date(2026, 4, 21)))
    assert "This evening is still to come." in page
    assert "f-people" not in page


@pytest.mark.parametrize("day", ["tomorrow", "20260414", "2026-W16-2", "2026-02-30"])
def test_an_address_without_a_day_is_nowhere(app: Flask, library: UUID, sam: Person, day: str) -> None:
    text_of(people.browser(app, sam), f"{LIST}/{library}/log/{day}", 404)


def test_a_month_is_typed_from_paper_in_one_go(app: Flask, member: UUID, library: UUID) -> None:
    board, where = coordinator(app, member), f"{LIST}/{library}/months/2026-04"
    values = {"outcome_7": "held", "people_7": "?", "first_time_7": "1", "people_14": "6", "first_time_14": "0"}
    assert send(board, where, **values).status_code == 303
    seventh, fourteenth = (log_of(member, library, date(2026, 4, day)) for day in (7, 14))
    assert seventh is not None
    assert fourteenth is not None
    assert (seventh.people, seventh.first_time, fourteenth.people, fourteenth.first_time) == (None, 1, 6, 0)
    assert fourteenth.outcome is Outcome.HELD
    send(board, where, **values)
    assert logs_kept(member) == 2


def test_a_row_that_is_wrong_saves_nothing_and_is_named(app: Flask, member: UUID, library: UUID) -> None:
    board, where = coordinator(app, member), f"{LIST}/{library}/months/2026-04"
    for wrong in ({"people_14": "six"}, {"people_14": "3", "first_time_14": "4"}, {"outcome_14": "held"}):
        answer = send(board, where, people_7="5", first_time_7="1", **wrong)
        assert answer.status_code == 422
        assert re.search('id="f-(people|first_time)_14-error"', said(answer))
    assert logs_kept(member) == 0


def test_the_grid_shows_the_evenings_that_are_over(app: Flask, member: UUID, library: UUID) -> None:
    board = coordinator(app, member)
    page = text_of(board, f"{LIST}/{library}/months/2026-04")
    assert (page.count("<select"), "The month after" in page) == (2, False)
    assert "The month after" in text_of(board, f"{LIST}/{library}/months/2026-03")


def test_everybody_finds_what_waits_for_them_on_the_first_page(app: Flask, member: UUID, sam: Person) -> None:
    meet.meeting(member, "Market hall", state=MeetingState.PROPOSED)
    held = meet.meeting(member, "Barn")
    meet.step(member, held, Step.HOLD, on=date(2026, 3, 1), expected_return=date(2026, 4, 1))
    facilitator = text_of(people.browser(app, sam), "/")
    board = text_of(coordinator(app, member), "/")
    assert "2 evenings are not logged yet" in facilitator
    assert "wait to be approved" not in facilitator
    assert "1 meeting waits to be approved." in board
    assert "1 meeting was to go on by now." in board
    assert "Nobody has said for 90 days that 1 meeting still runs." in board
    assert "not logged yet" not in board


def test_who_leads_a_meeting_is_named_and_ended(app: Flask, member: UUID, library: UUID) -> None:
    somebody = people.person(Role.FACILITATOR, member, display_name="Kim of the library")
    board, where = coordinator(app, member), f"{LIST}/{library}"
    assert send(board, f"{where}/leaders", of=where).status_code == 422
    send(board, f"{where}/leaders", of=where, account_id=str(somebody.account_id))
    page = text_of(board, where)
    assert "Leads it no longer" in page
    send(people.browser(app, somebody), evening(library), **HELD)
    end = re.search(r'action="([^"]+/end)"', page)
    assert end is not None
    send(board, end.group(1), of=where)
    text_of(people.browser(app, somebody), evening(library), 403)


def test_sri_reads_the_meetings_of_a_country_but_no_log(app: Flask, member: UUID, library: UUID, sam: Person) -> None:
    send(people.browser(app, sam), evening(library), **HELD)
    director = people.browser(app, people.person(Role.SRI_DIRECTOR))
    assert "Harbour library" in text_of(director, LIST)
    page = text_of(director, f"{LIST}/{library}")
    assert "was logged" not in page
    assert "Who leads it" not in page
    for address in (evening(library), f"{LIST}/{library}/months/2026-04", f"{LIST}/new"):
        text_of(director, address, 403)


def test_where_a_node_serves_the_country_its_meetings_are_only_read(app: Flask, member: UUID, library: UUID) -> None:
    make.move_to_node(member)
    board = coordinator(app, member)
    page = text_of(board, LIST)
    assert "The country keeps its meetings at its own node." in page
    assert "Enter a meeting" not in page
    text_of(board, f"{LIST}/{library}/edit", 409)


def test_a_facilitator_with_nothing_to_log_is_led_to_the_meetings(
    app: Flask, member: UUID, library: UUID, sam: Person
) -> None:
    for day in (date(2026, 4, 7), TUESDAY):
        meet.logged(member, library, day)
    page = text_of(people.browser(app, sam), "/")
    assert "See which evenings are yours" in page
    assert "Open my account" not in page


def test_one_box_finds_a_meeting_for_those_who_may_read_it(app: Flask, member: UUID, library: UUID) -> None:
    other = coordinator(app, make.member("QN"))
    found = {
        name: "Harbour library" in text_of(browser, "/search?q=harbour+lib").split("<h1>")[1]
        for name, browser in (
            ("coordinator", coordinator(app, member)),
            ("director", people.browser(app, people.person(Role.SRI_DIRECTOR))),
            ("facilitator", people.browser(app, people.person(Role.FACILITATOR, member))),
            ("other", other),
        )
    }
    assert found == {"coordinator": True, "director": True, "facilitator": False, "other": False}
