"""Measures pages where there is much: sixty countries with thousands of meetings each and two years of returns.

What counts of each page is the time of the program and how many statements it sends. The yardstick is a page of the
same house that reads nothing of its own: who is signed in, the frame with its menu, a form.
"""

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.meetings.models.meeting import Meeting, MeetingLeader
from sri_admin.meetings.rules.meeting import MeetingState
from sri_admin.reporting.rules.months import last_months
from sri_admin.reporting.schemas import month_at
from tests.benchmarks import crowd, stand
from tests.benchmarks.bulk import connected, copy
from tests.benchmarks.sync import say
from tests.make import people, statements
from tests.make import reporting as rep

_FIRST, _LED = "Q00", 3
_TRIES, _SECONDS, _FEWEST = 40, 12.0, 9
YARDSTICK = "yardstick"


class Page(NamedTuple):
    """A page that is measured: what it is called here, who opens it, and its address."""

    name: str
    role: str
    path: str


class Cost(NamedTuple):
    """What a page cost: statements, milliseconds (middle and 95 %), of them waiting for answers and of this process."""

    statements: int
    p50_ms: float
    p95_ms: float
    sql_ms: float
    cpu_ms: float
    kb: float


def measure(members: int, meetings: int) -> dict[str, Any]:
    """Fill a hub, open each page again and again, and return what each costs beside the yardstick."""
    with stand.alone() as app:
        say(f"filling {members} countries with {meetings} meetings each")
        first = crowd.gathered(members, meetings)[0]
        browsers = {role: _browser(app, role, first) for role in ("country_liaison", "coordinator", "facilitator")}
        costs = {page.name: _cost(browsers[page.role], page) for page in _pages(first)}
    base = costs[YARDSTICK]
    return {
        "members": members,
        "meetings": members * meetings,
        "yardstick_p50_ms": base.p50_ms,
        "pages": {name: {**cost._asdict(), **_ratios(cost, base)} for name, cost in costs.items()},
        "load": round(os.getloadavg()[0], 1),
    }


def _ratios(cost: Cost, base: Cost) -> dict[str, float]:
    """Return a cost in yardsticks, by the clock and, where others use the machine too, by this process alone."""
    return {"ratio": round(cost.p50_ms / base.p50_ms, 1), "cpu_ratio": round(cost.cpu_ms / base.cpu_ms, 1)}


def _browser(app: Flask, role: str, member_id: UUID) -> FlaskClient:
    is_board = role in {"coordinator", "facilitator"}
    somebody = people.person(role, member_id if is_board else None)
    if role == "facilitator":
        _lead(member_id, somebody.account_id)
    return people.browser(app, somebody)


def _lead(member_id: UUID, account_id: UUID) -> None:
    running = sa.select(Meeting.id).where(Meeting.member_id == member_id, Meeting.state == MeetingState.ACTIVE)
    led = rep.read(lambda: list(db.session.scalars(running.limit(_LED))))
    since = clock.today()
    with connected() as connection:
        rows = [
            {"member_id": member_id, "id": each, "meeting_id": each, "account_id": account_id, "since": since}
            for each in led
        ]
        copy(connection, MeetingLeader, rows)
        connection.commit()


def _pages(member_id: UUID) -> Iterator[Page]:
    staff, office, at = "country_liaison", "coordinator", f"/countries/{_FIRST}"
    (*_earlier, waiting, newest), meeting = last_months(clock.today(), 3), _some_meeting(member_id)
    yield Page(YARDSTICK, staff, "/countries/new")
    yield Page("countries", staff, "/countries")
    yield Page("country", staff, at)
    yield Page("first_page", staff, "/")
    yield Page("returns", staff, "/returns")
    yield Page("return", staff, f"{at}/received/{month_at(waiting)}")
    yield Page("statistics_12", staff, "/statistics")
    yield Page("statistics_24", staff, "/statistics?months=24")
    yield Page("statistics_table", staff, "/statistics/table?months=24")
    yield Page("numbers", staff, f"{at}/numbers")
    yield Page("months", staff, f"{at}/returns")
    yield Page("meetings", staff, f"{at}/meetings")
    yield Page("meetings_last", staff, f"{at}/meetings?page=90&sort=-confirmed")
    yield Page("meetings_named", staff, f"{at}/meetings?q=meeting+42")
    yield Page("meeting", staff, f"{at}/meetings/{meeting}")
    yield Page("search", staff, "/search?q=harbour")
    yield Page("board_first_page", office, "/")
    yield Page("board_meetings", office, f"{at}/meetings")
    yield Page("board_meeting", office, f"{at}/meetings/{meeting}")
    yield Page("board_communities", office, f"{at}/communities")
    yield Page("board_own_meetings", office, f"{at}/my-meetings")
    yield Page("board_month", office, f"{at}/returns/{month_at(newest)}")
    yield Page("board_numbers", office, f"{at}/numbers")
    yield Page("own_first_page", "facilitator", "/")
    yield Page("own_meetings", "facilitator", f"{at}/my-meetings")


def _some_meeting(member_id: UUID) -> UUID:
    wanted = sa.select(Meeting.id).where(Meeting.member_id == member_id, Meeting.state == MeetingState.ACTIVE)
    found = rep.read(lambda: db.session.scalar(wanted.limit(1)))
    assert found is not None
    return found


def _cost(browser: FlaskClient, page: Page) -> Cost:
    taken: list[tuple[float, float, float]] = []
    size, sent = _open(browser, page), 0
    until = time.monotonic() + _SECONDS
    while len(taken) < _FEWEST or (len(taken) < _TRIES and time.monotonic() < until):
        with statements.counting() as asked:
            began, cpu = time.perf_counter(), time.process_time()
            size = _open(browser, page)
            taken.append((time.perf_counter() - began, asked.seconds, time.process_time() - cpu))
        sent = len(asked)
    times = sorted(whole for whole, _sql, _cpu in taken)
    cost = Cost(
        statements=sent,
        p50_ms=round(statistics.median(times) * 1000, 1),
        p95_ms=round(times[min(int(len(times) * 0.95), len(times) - 1)] * 1000, 1),
        sql_ms=round(statistics.median(sql for _whole, sql, _cpu in taken) * 1000, 1),
        cpu_ms=round(statistics.median(cpu for _whole, _sql, cpu in taken) * 1000, 1),
        kb=round(size / 1000, 1),
    )
    say(f"{page.name}: {cost}")
    return cost


def _open(browser: FlaskClient, page: Page) -> int:
    answer = browser.get(page.path)
    assert answer.status_code == 200, (page, answer.status_code, answer.get_data(as_text=True))
    return len(answer.data)
