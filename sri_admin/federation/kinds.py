"""Travelling records: one model, one wire schema and one declaration for each kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from marshmallow import INCLUDE, Schema

from sri_admin.federation.stream_names import StreamClass, stream_name
from sri_admin.federation.wire import UndeclarableError, compile_check
from sri_admin.kernel import runtime
from sri_admin.kernel.db import Base
from sri_admin.kernel.text import Text

UpCaster = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Missing:
    """A record refers to another that is not here."""

    reference: UUID


@dataclass(frozen=True)
class Contradiction:
    """A record breaks a rule between records or between its own fields; `reason` is a stable code for a technician."""

    reason: str


Objection = Missing | Contradiction


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of travelling record.

    `check` gets the tenant and the payloads by record id and names what each lacks of other streams, or which rule it
    breaks; `up` holds, by the version it reads, a pure function to the next version. Where streams have topics,
    `topic` names the columns that say which of them a record travels in. `private` is the table of what is kept under
    the same id where a record was entered and never travels: it goes with its record.
    """

    name: str
    model: type[Base]
    schema: type[Schema]
    stream: StreamClass
    version: int = 1
    append_only: bool = False
    check: Callable[[UUID, Mapping[UUID, Mapping[str, Any]]], Mapping[UUID, Objection]] | None = None
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    up: Mapping[int, UpCaster] = field(default_factory=dict)
    topic: tuple[str, ...] = ()
    private: type[Base] | None = None

    def __post_init__(self) -> None:
        if len(self.topic) != self.stream.topics or (self.topic and not self.append_only):
            raise UndeclarableError(f"{self.name}: its topic does not name one stream for good")
        if self.schema.Meta.unknown != INCLUDE:
            raise UndeclarableError(f"{self.name}: a wire schema keeps what it does not know (unknown = INCLUDE)")

    @property
    def oldest(self) -> int:
        """The oldest version that is still read."""
        return min(self.up, default=self.version)

    @property
    def table(self) -> sa.Table:
        """The table of the model."""
        table = self.model.__table__
        assert isinstance(table, sa.Table)
        return table

    @property
    def tables(self) -> tuple[sa.Table, ...]:
        """The table of the model, and before it the one of what is kept beside it."""
        beside = None if self.private is None else self.private.__table__
        return (beside, self.table) if isinstance(beside, sa.Table) else (self.table,)

    @cached_property
    def columns(self) -> tuple[sa.Column[Any], ...]:
        """The columns that travel, in the schema's order."""
        return tuple(self.table.columns[name] for name in self.schema().fields)

    @cached_property
    def accepts(self) -> Callable[[Any], bool]:
        """The wire check, generated once from the schema."""
        return compile_check(self.schema)

    @property
    def is_versioned(self) -> bool:
        """Say whether rows count their changes; others are written once."""
        return "version" in self.table.columns

    def stream_of(self, row: Base) -> str:
        """Return the name of the stream a row travels in."""
        topic = ".".join(to_wire(getattr(row, name)) for name in self.topic)
        return stream_name(self.stream, row.__getattribute__("member_id"), topic)

    def belongs_in(self, cls: StreamClass, name: str, payload: Mapping[str, Any]) -> bool:
        """Say whether a record of this kind may come on a stream."""
        if self.stream is not cls:
            return False
        return not self.topic or name == f"{cls.value}.{'.'.join(str(payload.get(each)) for each in self.topic)}"

    def payload(self, row: Base) -> dict[str, Any]:
        """Return what travels of a row."""
        return {column.key: to_wire(getattr(row, column.key)) for column in self.columns}

    def lifted(self, payload: dict[str, Any], version: int) -> dict[str, Any]:
        """Bring the payload of an older version up to the present one."""
        for step in range(version, self.version):
            payload = self.up[step](payload)
        return payload

    def faults(self, payload: Mapping[str, Any]) -> str:
        """Say what a payload the wire check refused has wrong, for a technician."""
        messages = self.schema().validate(payload)
        return "; ".join(f"{name}: {_first(texts)}" for name, texts in messages.items()) or "refused"


def to_wire(value: Any) -> Any:
    """Write a column's value as it travels."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Text):
        return value.to_wire()
    if isinstance(value, (list, tuple)):
        return [to_wire(each) for each in value]
    return value if isinstance(value, dict) else str(value)


def _first(texts: Any) -> str:
    return str(texts[0]) if isinstance(texts, list) else str(texts)


def all_kinds() -> Sequence[Kind]:
    """Return every kind of this installation in the order a page is applied."""
    return runtime.current().kinds


def by_name() -> dict[str, Kind]:
    """Return the kinds by their names on the wire."""
    return {kind.name: kind for kind in all_kinds()}


def of_row(row: Base) -> Kind | None:
    """Return the kind of a row, or None if it stays here."""
    return next((kind for kind in all_kinds() if type(row) is kind.model), None)


def versions() -> dict[str, tuple[int, int]]:
    """Return, by kind, the oldest and the newest version read here."""
    return {kind.name: (kind.oldest, kind.version) for kind in all_kinds()}
