"""Measures the workbench: a text of many segments, saved segment by segment by a translator.

What counts is the time of the program for one turn: the form that saves, and the page that follows. The yardstick is
the least a turn can do: write one row durably, and read every row of the text.
"""

import statistics
import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask.testing import FlaskClient

from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.localization.models import Contribution
from sri_admin.localization.queries.texts import text_of
from sri_admin.materials.queries.works import work_by_code
from sri_admin.members.rules.member import MemberState
from tests.benchmarks import stand
from tests.make import localization as loc
from tests.make import materials, people
from tests.make import members as make

_BENCH = f"/countries/QM/translation/{materials.CODE}/pl"
_REPEATS = 50


def measure(segments: int) -> dict[str, Any]:
    """Translate a text of so many segments, one after the other; times in milliseconds."""
    with stand.alone() as app:
        member_id = make.member("QM", MemberState.LICENSED)
        paragraphs = [f"Sentence number {number} says something else." for number in range(segments - 1)]
        materials.released(text="# A long text\n\n" + "\n\n".join(paragraphs))
        loc.granted(member_id)
        browser = people.browser(app, people.person("translator", member_id, language="pl"))
        turns, size = _work(browser, _segments())
        least = statistics.median(_least(member_id) for _ in range(_REPEATS)) * 1000
    turns.sort()
    return {
        "segments": segments,
        "turn_p50_ms": round(statistics.median(turns), 1),
        "turn_p95_ms": round(turns[int(len(turns) * 0.95)], 1),
        "largest_page_kb": round(size / 1000, 1),
        "least_p50_ms": round(least, 1),
        "ratio": round(statistics.median(turns) / least, 1),
    }


def _segments() -> list[tuple[str, str]]:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        text = text_of(work_by_code(materials.CODE), "pl")
        assert text is not None
        return [(each.block.uid, each.block.text) for each in text.segments]


def _work(browser: FlaskClient, segments: list[tuple[str, str]]) -> tuple[list[float], int]:
    token, turns, size = people.token_of(browser, _BENCH), [], 0
    for uid, source in segments:
        record_id = str(ids.new())
        values = {"csrf_token": token, "record_id": record_id, "segment": uid, "text": f"{source} (pl)"}
        began = time.perf_counter()
        page = browser.post(f"{_BENCH}/save", data=values, follow_redirects=True)
        turns.append((time.perf_counter() - began) * 1000)
        assert page.status_code == 200, page.get_data(as_text=True)
        size = max(size, len(page.data))
    return turns, size


def _least(member_id: UUID) -> float:
    began = time.perf_counter()
    with db.engine.begin() as connection:
        tenancy_set = sa.text("select set_config('app.members', :all, true), set_config('app.member', :one, true)")
        connection.execute(tenancy_set, {"all": f"{{{member_id}}}", "one": str(member_id)})
        connection.execute(sa.insert(Contribution).values(**_row(member_id)))
        connection.execute(sa.select(Contribution.text).where(Contribution.member_id == member_id)).all()
    return time.perf_counter() - began


def _row(member_id: UUID) -> dict[str, Any]:
    return {
        "member_id": member_id,
        "id": ids.new(),
        "work_id": ids.new(),
        "language": "pl",
        "block_uid": "yardstick",
        "revision": "0" * 32,
        "text": "x",
        "seen": [],
        "at": clock.now(),
        "actor": "usr_yardstick",
        "role": "translator",
    }
