"""What pages ask of the database does not grow with what there is: counted, as a time would measure the machine."""

import gc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock
from sri_admin.members.rules.member import MemberState
from sri_admin.reporting.rules.months import last_months
from tests.make import meetings, people, statements
from tests.make import members as make
from tests.make import reporting as rep

pytestmark = pytest.mark.usefixtures("database")
# A page that shows one list; others ask every part a few things.
LISTS = ("/countries", "/returns", "/statistics", "/statistics/table", "/search?q=harbour")
OF_COUNTRY = ("", "/meetings", "/numbers", "/returns", "/received/2026-09")
OF_BOARD = ("/meetings", "/communities", "/my-meetings", "/returns", "/returns/2026-10", "/numbers")
FEW: dict[str, Any] = {"meetings_held": 4, "attendances": 40, "first_time_attendances": 5}
TUESDAY = date(2026, 10, 27)
MOST = {
    "/": 22,
    "/countries": 8,
    "/returns": 12,
    "/statistics": 12,
    "/countries/QM/meetings": 12,
    "/countries/QM": 37,
    "board /": 28,
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is the 10th of November 2026."""
    with clock.running(rep.ticking(datetime(2026, 11, 10, 9, 0, tzinfo=UTC))):
        yield


def test_no_page_asks_more_of_the_database_where_there_is_more(app: Flask) -> None:
    rep.catalogue()
    first = _country("QM")
    _work(first, meetings_=1, months=1)
    browsers = _browsers(app, first)
    few = _costs(browsers)
    _work(first, meetings_=4, months=3)
    for code in ("QN", "QO"):
        _work(_country(code), meetings_=2, months=2)
    for number in range(12):  # more than the first page has places for
        make.member(f"QA{number}", MemberState.APPLICANT)
    many = _costs(browsers)
    assert {page: (few[page], cost) for page, cost in many.items() if cost > few[page]} == {}
    assert {page: cost for page, cost in many.items() if cost > MOST.get(page, cost)} == {}


def _country(code: str) -> UUID:
    with clock.running(rep.ticking(datetime(2026, 6, 10, 9, 0, tzinfo=UTC))):
        return make.member(code, MemberState.LICENSED)


def _work(member_id: UUID, *, meetings_: int, months: int) -> None:
    """Let a country meet, log an evening of each meeting, and close some months, the last of them still undecided."""
    for number in range(meetings_):
        held = meetings.meeting(member_id, f"Harbour {number}")
        meetings.logged(member_id, held, TUESDAY)
    for month in last_months(date(2026, 9, 1), months):
        if rep.seen(member_id, month).newest is None:
            rep.accepted(member_id, month, **FEW)
    if rep.seen(member_id, date(2026, 9, 1)).newest is None:
        rep.approved(member_id, date(2026, 9, 1), **FEW)
        rep.received(member_id)


def _browsers(app: Flask, member_id: UUID) -> dict[str, FlaskClient]:
    roles = {"staff": people.person("country_liaison"), "board": people.person("coordinator", member_id)}
    return {name: people.browser(app, somebody) for name, somebody in roles.items()}


def _costs(browsers: dict[str, FlaskClient]) -> dict[str, int]:
    """Return the cost of each page of SRI, and of each page of a board, marked as its own."""
    staff = ("/", *LISTS, *(f"/countries/QM{each}" for each in OF_COUNTRY))
    board = ("/", *(f"/countries/QM{each}" for each in OF_BOARD))
    gc.collect()
    gc.freeze()  # what is here already stays out of every further look for garbage
    try:
        return {
            **{page: _cost(browsers["staff"], page) for page in staff},
            **{f"board {page}": _cost(browsers["board"], page) for page in board},
        }
    finally:
        gc.unfreeze()


def _cost(browser: FlaskClient, page: str) -> int:
    browser.get(page)
    # A session knows a row it has read for as long as Python keeps it, which depends on when garbage is collected.
    gc.collect()
    gc.disable()
    try:
        with statements.counting() as asked:
            answer = browser.get(page)
    finally:
        gc.enable()
    assert answer.status_code == 200, page
    return len(asked)
