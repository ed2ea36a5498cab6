"""A return of thousands of values measured whole: filled in, checked, approved and signed at a node, judged at the hub.

The yardstick is COPY of the same values into a plain table, written durably. Goal: design, quality, "return of 5,000
values: parse, validate, store".
"""

import os
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from sri_admin.kernel import actor as actors
from sri_admin.kernel import clock, ids
from sri_admin.kernel.db import db
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.reporting.events import CatalogueEntered
from sri_admin.reporting.jobs import receive_returns
from sri_admin.reporting.models.catalogue import DataSet, IndicatorRow
from sri_admin.reporting.models.returns import ReturnRevision
from sri_admin.reporting.operations import drafts, intake, proposals
from sri_admin.reporting.queries.catalogue import data_set_for
from sri_admin.reporting.queries.drafts import working_on
from sri_admin.reporting.queries.returns import month_of
from sri_admin.reporting.rules.catalogue import MONTHLY, MONTHLY_FROM, Method, TimeAggregation, Unit
from sri_admin.reporting.rules.months import after, last_months
from sri_admin.reporting.rules.standing import IntakeState, State
from sri_admin.reporting.rules.validation import unexplained
from sri_admin.reporting.rules.values import Cell, Explanation, ExplanationCode, ReturnKind, cells_to_wire
from tests.benchmarks.bulk import Row, connected, copy, settle
from tests.benchmarks.stand import Worker, built, serving
from tests.benchmarks.sync import IncompleteError, say, synchronise
from tests.make import members as make
from tests.make import reporting as rep
from tests.make import statements

_EARLIER, _MEASURED, _AT_ONCE, _UNUSUAL = 24, 3, 1_000, 100


class Step(NamedTuple):
    """What a step took by the clock and of its process, and how many statements it sent."""

    seconds: float
    cpu: float
    statements: int


def measure(values: int) -> dict[str, Any]:
    """Close a few months with so many values each, with two years of the same before them."""
    say("building a hub and a node")
    with built(durable=True) as stand, Worker(stand.hub) as hub, Worker(stand.node) as node, serving(stand.hub):
        hub.do(ask_for, values)
        node.do(synchronise)
        node.do(report_earlier, stand.member_id, values)
        closed = [
            _closed(hub, node, stand.member_id, month, values=values) for month in last_months(clock.today(), _MEASURED)
        ]
        copied = min(hub.do(copy_alone, values) for _ in range(_MEASURED))
    middle = {name: statistics.median(each[name].seconds for each in closed) for name in closed[0]}
    whole = sum(middle.values())
    return {
        "values": values,
        "whole_ms": round(whole * 1000, 1),
        "copy_ms": round(copied * 1000, 1),
        "ratio": round(whole / copied, 1),
        "steps_ms": {name: round(seconds * 1000, 1) for name, seconds in middle.items()},
        "cpu_ms": {name: round(statistics.median(each[name].cpu for each in closed) * 1000, 1) for name in middle},
        "statements": {name: step.statements for name, step in closed[-1].items()},
        "load": round(os.getloadavg()[0], 1),
    }


def _closed(hub: Worker, node: Worker, member_id: UUID, month: date, *, values: int) -> dict[str, Step]:
    say(f"closing {month:%Y-%m}")
    return {
        "draft": node.do(fill_in, member_id, month, values),
        "explain": node.do(explain, member_id, month),
        "propose": node.do(propose, member_id, month),
        "approve": node.do(approve, member_id, month),
        "send": node.do(send),
        "receive": hub.do(receive, member_id),
        "accept": hub.do(accept, member_id, month),
    }


def ask_for(values: int) -> None:
    """Let the hub ask for so many values a month: a further edition of the data set."""
    rep.catalogue()
    hub_id = make.hub()
    rows = [_indicator(hub_id, number) for number in range(values)]
    for start in range(0, values, _AT_ONCE):
        _enter(hub_id, rows[start : start + _AT_ONCE])
    asked = DataSet(
        member_id=hub_id,
        id=ids.new(),
        code=MONTHLY,
        edition=2,
        name=Text.of("Everything"),
        from_month=MONTHLY_FROM,
        indicator_ids=[each.id for each in rows],
    )
    _enter(hub_id, [asked])


def _indicator(hub_id: UUID, number: int) -> IndicatorRow:
    said = Text.of(f"Count {number}")
    return IndicatorRow(
        member_id=hub_id,
        id=ids.new(),
        code=f"count_{number:05}",
        edition=1,
        method=Method.ENTERED,
        unit=Unit.PEOPLE,
        over_time=TimeAggregation.SUM,
        name=said,
        counts=said,
        leaves_out=said,
    )


def _enter(hub_id: UUID, rows: list[Any]) -> None:
    def enter() -> None:
        db.session.add_all(rows)
        event = CatalogueEntered(member_id=hub_id, subject=hub_id, indicators=len(rows))
        record(actors.system("bench"), event, *rows)

    make.writing(hub_id, enter)


def report_earlier(member_id: UUID, values: int) -> None:
    """Bring in the months before those that are measured, as approved long ago."""
    data_set = rep.read(lambda: data_set_for(clock.today()).id)
    months = last_months(clock.today(), _EARLIER + _MEASURED)[:_EARLIER]
    with connected() as connection:
        copy(connection, ReturnRevision, [_earlier(member_id, data_set, month, values) for month in months])
        settle(connection)


def _earlier(member_id: UUID, data_set: UUID, month: date, values: int) -> Row:
    at = clock.now().replace(year=after(month).year, month=after(month).month, day=3)
    return {
        "member_id": member_id,
        "id": ids.new(),
        "month": month,
        "revision": 1,
        "kind": ReturnKind.ORIGINAL,
        "data_set_id": data_set,
        "cells": cells_to_wire(_cells(values, month)),
        "explanations": [],
        "values_hash": "0" * 64,
        "prepared_by": "usr_preparer",
        "prepared_at": at,
        "approved_by": "usr_approver",
        "approved_role": "chair",
        "approved_at": at + timedelta(hours=1),
        "kid": "0" * 16,
        "signature": "A" * 86,
    }


def _cells(values: int, month: date, *, unusual: bool = False) -> dict[str, Cell]:
    """Return values that vary a little from month to month; every hundredth is far off if it is to be unusual."""
    some = Random(month.toordinal())
    return {
        f"count_{number:05}": Cell.counted(some.randint(95, 105) * (9 if unusual and number % _UNUSUAL == 0 else 1))
        for number in range(values)
    }


def fill_in(member_id: UUID, month: date, values: int) -> Step:
    """Enter every value of a month."""
    preparer, cells = make.actor("coordinator", member_id), _cells(values, month, unusual=True)

    def keep() -> None:
        drafts.keep_draft(preparer, make.found(member_id), month, values={"cells": cells})

    return _step(member_id, keep)


def explain(member_id: UUID, month: date) -> Step:
    """Say why what the rules found is right."""
    preparer = make.actor("coordinator", member_id)

    def keep() -> None:
        member = make.found(member_id)
        work = working_on(month_of(member, month, at_home=True))
        reasons = [
            Explanation(each.rule.value, each.indicator, ExplanationCode.CHECKED)
            for each in unexplained(work.found, work.explanations)
        ]
        assert reasons, "nothing unusual was found"
        drafts.keep_draft(preparer, member, month, values={"explanations": reasons})

    return _step(member_id, keep)


def propose(member_id: UUID, month: date) -> Step:
    """Send a month to the approver."""
    preparer = make.actor("coordinator", member_id)
    return _step(member_id, lambda: proposals.propose(preparer, make.found(member_id), month, values={}).id)


def approve(member_id: UUID, month: date) -> Step:
    """Approve and sign what was proposed."""

    def agree() -> None:
        member = make.found(member_id)
        waits = month_of(member, month, at_home=True).proposal
        assert waits is not None
        values = {"values_hash": waits.values_hash}
        proposals.approve(make.actor("chair", member_id), member, waits, values=values)

    return _step(member_id, agree)


def send() -> Step:
    """Let the node bring to the hub what is new, and fetch what the hub said."""
    with statements.counting() as asked:
        cpu = time.process_time()
        seconds = synchronise().seconds
        return Step(seconds, time.process_time() - cpu, len(asked))


def receive(member_id: UUID) -> Step:
    """Let the hub judge what arrived."""
    return _step(member_id, lambda: receive_returns(actors.system("bench"), member_id=member_id))


def accept(member_id: UUID, month: date) -> Step:
    """Let SRI accept the month; nothing may be wrong with it."""
    officer = make.actor("data_officer")

    def decide() -> None:
        member = make.found(member_id)
        view = month_of(member, month, at_home=False)
        if view.standing.state is not State.RECEIVED or view.newest is None:
            raise IncompleteError(f"{month} stands as {view.standing.state}")
        row, values = view.rows.intakes[view.newest.id], {"verdict": IntakeState.ACCEPTED}
        intake.decide(officer, member, row, values=values)

    return _step(member_id, decide)


def copy_alone(values: int) -> float:
    """Return the seconds COPY takes for as many values, until they are on disk."""
    cells = cells_to_wire(_cells(values, clock.today()))
    with connected() as connection:
        connection.execute("drop table if exists bench_value")
        connection.execute("create table bench_value (indicator text, status text, value int)")
        connection.commit()
        began = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("copy bench_value from stdin") as into:
            for each in cells:
                into.write_row((each["indicator"], each["status"], each["value"]))
        connection.commit()
        return time.perf_counter() - began


def _step(member_id: UUID, act: Callable[[], Any]) -> Step:
    with statements.counting() as asked:
        began, cpu = time.perf_counter(), time.process_time()
        make.writing(member_id, act)
        return Step(time.perf_counter() - began, time.process_time() - cpu, len(asked))
