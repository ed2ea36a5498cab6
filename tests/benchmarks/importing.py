"""A whole sheet brought in: read in a confined process, judged row by row, done as the operations do it.

The yardstick is COPY of the same rows into their own table, written durably and with its constraints.
"""

import os
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import ids, jobs, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.text import Text
from sri_admin.members.models.sheet import ImportRow
from sri_admin.members.models.territory import TerritoryExtra
from sri_admin.members.operations import imports
from sri_admin.members.queries.imports import import_by_id
from sri_admin.members.rules.sheets import Outcome, SheetKind
from tests.benchmarks import stand
from tests.benchmarks.bulk import Row, connected, copy
from tests.benchmarks.sync import IncompleteError, say
from tests.make import members as make
from tests.make import people, statements

_TWIN_COUNTRY = "ZZ"


class Step(NamedTuple):
    """What a step took of the clock and of this process, and how many statements it sent."""

    seconds: float
    cpu: float
    statements: int


def measure(places: int, countries: int) -> dict[str, Any]:
    """Bring in places, then countries, each checked and done; milliseconds and statements a row."""
    with stand.alone():
        told = {
            **_told("place", places, *_brought(SheetKind.PLACES, _places(places))),
            **_told("country", countries, *_brought(SheetKind.MEMBERS, _countries(countries))),
        }
        copied = copy_alone(make.hub(), places)
    return {
        **told,
        "copy_ms_a_place": round(copied * 1000 / places, 3),
        "place_ratio": round(told["place_apply_ms"] / (copied * 1000 / places), 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _told(name: str, number: int, check: Step, apply: Step) -> dict[str, float]:
    steps = (("check", check), ("apply", apply))
    return {
        f"{name}_{step}_{what}": value
        for step, took in steps
        for what, value in (
            ("ms", round(took.seconds * 1000 / number, 2)),
            ("cpu_ms", round(took.cpu * 1000 / number, 2)),
            ("statements", round(took.statements / number, 2)),
        )
    }


def _places(number: int) -> Iterator[str]:
    yield "code,name"
    # Codes ISO leaves to its users: QM to QZ, each with up to three letters or digits behind.
    yield from (f"Q{'MNOPQRSTUVWXYZ'[each % 14]}-{each // 14:03},Place number {each}" for each in range(number))


def _countries(number: int) -> Iterator[str]:
    yield "code,name,kind,hosting,region,default_locale,time_zone,fiscal_month,fiscal_day,listing"
    yield from (f"R{each:04},Country number {each},country,hub,east,en,UTC,1,1,full" for each in range(number))


def _brought(kind: SheetKind, lines: Iterator[str]) -> tuple[Step, Step]:
    say(f"bringing in {kind}")
    hub_id, doer = make.hub(), people.person("country_liaison").actor
    values = {"kind": kind, "file_name": "list.csv", "content": "\n".join(lines).encode()}
    made = make.writing(hub_id, lambda: imports.begin_import(doer, hub_id, values=values).id)
    check = _timed(imports.CHECK, hub_id, made)
    make.writing(hub_id, lambda: imports.apply_import(doer, import_by_id(hub_id, made, lock=True)) and None)
    apply = _timed(imports.APPLY, hub_id, made)
    with transaction.reading(tenancy.only(hub_id)):
        outcomes = set(db.session.scalars(sa.select(ImportRow.outcome).where(ImportRow.import_id == made)))
    if outcomes != {Outcome.CREATED}:
        raise IncompleteError(f"{kind}: {outcomes}")
    return check, apply


def _timed(task: str, hub_id: UUID, import_id: UUID) -> Step:
    run = partial(jobs.perform, runtime.current().tasks[task], {"member_id": str(hub_id), "import_id": str(import_id)})
    with statements.counting() as asked:
        began, cpu = time.perf_counter(), time.process_time()
        run()
        return Step(time.perf_counter() - began, time.process_time() - cpu, len(asked))


def copy_alone(hub_id: UUID, number: int) -> float:
    """Return the seconds COPY takes for as many places, until they are on disk."""
    rows: list[Row] = [
        {
            "member_id": hub_id,
            "id": ids.new(),
            "version": 1,
            "code": f"{_TWIN_COUNTRY}-{each:03}",
            "country": _TWIN_COUNTRY,
            "names": Text.of(f"Place number {each}"),
        }
        for each in range(number)
    ]
    with connected() as connection:
        began = time.perf_counter()
        copy(connection, TerritoryExtra, rows)
        connection.commit()
        return time.perf_counter() - began
