"""Floors of versions: from a day on, nodes whose program is below one keep their own lines of that kind to themselves.

The hub writes them into `hub.control` long before, so a node reads them in time (docs/federation.md §17.3). A floor
looks at the program, not at the line: what was written before the update goes over after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa

from sri_admin.federation import kinds, versions
from sri_admin.federation.answers import RefusedError
from sri_admin.federation.events import FloorSet
from sri_admin.federation.models import SchemaFloor
from sri_admin.federation.policy import POLICY
from sri_admin.federation.stream_names import parse_name
from sri_admin.federation.versions import Demand, Spans
from sri_admin.kernel import clock, ids, tenancy, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l

NOTICE: Final = timedelta(days=60)
BELOW: Final = "below_floor"


def demand(actor: Actor, kind: str, *, version: int, starts_on: date) -> SchemaFloor:
    """Demand of every node that from a day on its program reads at least a version of a kind."""
    POLICY.require(actor, "federation.floor.set")
    hub_id = tenancy.hub_tenant().id
    row = db.session.scalar(sa.select(SchemaFloor).where(SchemaFloor.kind == kind).with_for_update())
    _check(kind, version, starts_on, row)
    if row is None:
        row = SchemaFloor(member_id=hub_id, id=ids.new(), kind=kind)
        db.session.add(row)
    if (row.lowest, row.starts_on) != (version, starts_on):
        row.lowest, row.starts_on = version, starts_on
        told = FloorSet(member_id=hub_id, subject=row.id, kind=kind, lowest=version, starts_on=starts_on.isoformat())
        work.record(actor, told, row)
    return row


def _check(kind: str, version: int, starts_on: date, row: SchemaFloor | None) -> None:
    known = kinds.versions().get(kind)
    if known is None:
        raise InvalidError([FieldError("kind", _l("The program at the hub knows no such kind of record."))])
    if not 1 <= version <= known[1]:
        raise InvalidError([FieldError("version", _l("The program at the hub itself must read this version."))])
    is_softer = row is not None and version <= row.lowest and starts_on >= row.starts_on
    if not is_softer and starts_on < clock.today() + NOTICE:
        raise InvalidError([FieldError("starts_on", _l("Countries need sixty days to update. Choose a later day."))])


def every() -> Sequence[SchemaFloor]:
    """Return every floor, the earliest first."""
    return db.session.scalars(sa.select(SchemaFloor).order_by(SchemaFloor.starts_on, SchemaFloor.kind)).all()


def unmet(told: Mapping[str, Sequence[int]]) -> list[Demand]:
    """Return the floors a program that reads these versions does not reach, the earliest first."""
    today = clock.today()
    return [
        Demand(each.kind, each.lowest, each.starts_on, _newest(told, each.kind), each.starts_on <= today)
        for each in every()
        if versions.is_below(told, {each.kind: each.lowest})
    ]


def _newest(told: Mapping[str, Sequence[int]], kind: str) -> int | None:
    return told[kind][1] if kind in told else None


def held_back(names: Iterable[str], told: Spans) -> set[str]:
    """Return which of these streams a floor that is in force keeps a program of these versions from sending."""
    known = kinds.by_name()
    classes = [known[each.kind].stream for each in unmet(told) if each.in_force and each.kind in known]
    return {name for name in names if parse_name(name)[0] in classes}


def require(stream: str, told: Spans | None) -> None:
    """Refuse lines of a stream from a program that is below a floor, or has never said what it reads."""
    if held_back([stream], told or {}):
        raise RefusedError(BELOW, "the program is older than the hub demands for a kind of this stream")
