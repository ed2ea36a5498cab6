"""The record that is measured: `bench.report/1`, 13 fields and 356 bytes of payload, declared nowhere else.

In one process it travels one way: from the hub to a node or from the node to the hub.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from random import Random
from uuid import UUID

import sqlalchemy as sa
from marshmallow import fields, validate
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.federation.kinds import Kind
from sri_admin.federation.stream_names import StreamClass
from sri_admin.federation.sync import Wire
from sri_admin.federation.wire import WireBoolean, WireDate, WireInstant, WireUUID
from sri_admin.kernel import actor, ids, tenancy, transaction, work
from sri_admin.kernel.db import NAMES, Base, Versioned, db, enum_column
from sri_admin.kernel.part import Part
from sri_admin.kernel.row_security import protect

PAYLOAD_BYTES = 356
TRANSACTION_ROWS = 500
TWIN, OPEN_TWIN = "bench_report_twin", "bench_report_open"
_DOER = actor.system("bench")
_PHRASES = (
    "A quiet evening with good questions",
    "Two newcomers stayed for tea afterwards",
    "The cost-benefit tool took half of the time",
    "We began late because the room was locked",
    "Everybody shared one thing that went well",
    "Next week somebody else will lead the check-in",
    "The urge log helped most of those who came",
    "The video call dropped twice and came back",
)


class Programme(StrEnum):
    """What the meeting was about."""

    FOUR_POINT = "four_point"
    FAMILY = "family_and_friends"
    YOUTH = "youth"
    INSIDE = "inside_out"


class Standing(StrEnum):
    """How far the report has come."""

    SENT = "sent"
    CHECKED = "checked"
    CLOSED = "closed"


class _Apart(Base):
    # Apart from the program's tables, which migrations have to make.
    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


class Report(Versioned, _Apart):
    """A report of one meeting."""

    __tablename__ = "bench_report"
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID]
    facilitator_id: Mapped[UUID]
    held_on: Mapped[date]
    sent_at: Mapped[datetime]
    programme: Mapped[Programme] = enum_column(Programme)
    standing: Mapped[Standing] = enum_column(Standing)
    language: Mapped[str]
    territory: Mapped[str]
    attended: Mapped[int]
    newcomers: Mapped[int]
    minutes: Mapped[int]
    online: Mapped[bool]
    remark: Mapped[str]


class ReportWire(Wire):
    """bench.report/1."""

    meeting_id = WireUUID(required=True)
    facilitator_id = WireUUID(required=True)
    held_on = WireDate(required=True)
    sent_at = WireInstant(required=True)
    programme = fields.Enum(Programme, by_value=True, required=True)
    standing = fields.Enum(Standing, by_value=True, required=True)
    language = fields.String(required=True, validate=validate.Length(2, 35))
    territory = fields.String(required=True, validate=validate.Length(2, 12))
    attended = fields.Integer(strict=True, required=True, validate=validate.Range(0, 10_000))
    newcomers = fields.Integer(strict=True, required=True, validate=validate.Range(0, 10_000))
    minutes = fields.Integer(strict=True, required=True, validate=validate.Range(1, 1_440))
    online = WireBoolean(required=True)
    remark = fields.String(required=True, validate=validate.Length(max=500))


@dataclass(frozen=True, kw_only=True)
class ReportsSent(work.Event):
    """Reports were entered."""

    subject_kind = "report"
    number: int


@cache
def kind(stream: StreamClass) -> Kind:
    """Return the kind as it travels in a stream."""
    return Kind(name="bench.report", model=Report, schema=ReportWire, stream=stream)


def part(stream: StreamClass) -> Part:
    """Return the part that brings the kind into an installation."""
    return Part(name="benchmarks", kinds=(kind(stream),))


def make_tables(connection: sa.Connection) -> None:
    """Make the table as its owner, one just like it, and one without row-level security, which COPY cannot pass."""
    table().create(connection)
    connection.exec_driver_sql("create table bench_report_twin (like bench_report including all)")
    connection.exec_driver_sql("create table bench_report_open (like bench_report including all)")
    protect(connection, Report.__tablename__)
    protect(connection, TWIN)


def table() -> sa.Table:
    """Return the table of reports."""
    made = Report.__table__
    assert isinstance(made, sa.Table)
    return made


def fill(member_id: UUID, number: int, *, seed: int) -> None:
    """Enter reports through the unit of work and the journal, as any operation does."""
    made = reports(member_id, seed)
    reach = tenancy.only(member_id)
    while number > 0:
        rows = [next(made) for _ in range(min(number, TRANSACTION_ROWS))]
        transaction.write(reach, lambda rows=rows: _enter(member_id, rows))
        db.session.expunge_all()
        number -= len(rows)


def _enter(member_id: UUID, rows: list[Report]) -> None:
    db.session.add_all(rows)
    event = ReportsSent(member_id=member_id, subject=rows[0].id, number=len(rows))
    work.record(_DOER, event, *rows)


def reports(member_id: UUID, seed: int) -> Iterator[Report]:
    """Yield reports without end, equal for equal seeds but for their ids."""
    chance = Random(seed)
    while True:
        report = _report(member_id, chance)
        report.remark = _remark(chance, PAYLOAD_BYTES - _size(report))
        yield report


def _report(member_id: UUID, chance: Random) -> Report:
    held = date(2024, 1, 1) + timedelta(days=chance.randrange(1_000))
    sent = datetime(held.year, held.month, held.day, 18, tzinfo=UTC) + timedelta(seconds=chance.randrange(400_000))
    return Report(
        member_id=member_id,
        id=ids.new(),
        version=1,
        meeting_id=UUID(int=chance.getrandbits(128), version=4),
        facilitator_id=UUID(int=chance.getrandbits(128), version=4),
        held_on=held,
        sent_at=sent,
        programme=chance.choice(list(Programme)),
        standing=chance.choice(list(Standing)),
        language=chance.choice(("en", "da", "ar", "pt-BR")),
        territory=chance.choice(("QM", "QM-N", "QM-S")),
        attended=chance.randint(2, 30),
        newcomers=chance.randint(0, 6),
        minutes=chance.choice((60, 75, 90, 120)),
        online=chance.random() < 0.3,
        remark="",
    )


def _size(report: Report) -> int:
    payload = kind(StreamClass.MEMBER_OPS).payload(report)
    return len(json.dumps(payload, separators=(",", ":")))


def _remark(chance: Random, size: int) -> str:
    text = ". ".join(chance.choice(_PHRASES) for _ in range(3))
    return text[:size].ljust(size, ".")
