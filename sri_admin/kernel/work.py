"""The unit of work: what one transaction did, told once, sealed at its end.

Operations only append to it with `record`. When the transaction ends, `kernel.transaction` runs the tail steps over
it (audit, then the sync journal), so that the shared heads they lock are held for moments only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.orm import Session

from sri_admin.kernel import runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.text import Text

_INFO = "sri.work"


def personal(**options: Any) -> Any:
    """Declare an event field that holds personal data: history keeps only a salted digest of it."""
    return field(metadata={"personal": True}, **options)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, in the past tense; subclasses add what changed."""

    subject_kind: ClassVar[str]
    member_id: UUID
    subject: UUID

    @classmethod
    def event_name(cls) -> str:
        """Return `part.EventName`, the stable name in history."""
        return f"{cls.__module__.split('.')[1]}.{cls.__name__}"

    def values(self) -> Iterator[tuple[str, Any, bool]]:
        """Yield (name, plain value, is personal) of every field beyond whom it concerns."""
        for each in fields(self):
            if each.name not in {"member_id", "subject"}:
                yield each.name, plain(getattr(self, each.name)), bool(each.metadata.get("personal"))


def plain(value: Any) -> Any:
    """Turn a domain value into what JSON can hold."""
    if isinstance(value, Text):
        return value.to_wire()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [plain(each) for each in value]
        return sorted(items) if isinstance(value, (set, frozenset)) else items
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@dataclass(frozen=True)
class Recorded:
    """One event, who caused it, and the rows it changed; `erases` if they were removed to be forgotten."""

    actor: Actor
    event: Event
    rows: tuple[Base, ...]
    erases: bool = False


@dataclass
class UnitOfWork:
    """The events of one transaction in order."""

    recorded: list[Recorded] = field(default_factory=list)

    def rows(self) -> list[tuple[Base, Actor]]:
        """Return each changed row once, with the actor who changed it last, in the order of first change."""
        last: dict[int, tuple[Base, Actor]] = {}
        for each in self.recorded:
            last.update({id(row): (row, each.actor) for row in each.rows})
        return list(last.values())

    def is_erased(self, row: Base) -> bool:
        """Say whether a row was removed to be forgotten."""
        return any(each.erases and row in each.rows for each in self.recorded)


def begin(session: Session) -> UnitOfWork:
    """Start the unit of work of a write transaction."""
    unit = session.info[_INFO] = UnitOfWork()
    return unit


def end(session: Session) -> None:
    """Forget the unit of work."""
    session.info.pop(_INFO, None)


def current(session: Session) -> UnitOfWork | None:
    """Return the unit of work of the open write transaction, if there is one."""
    return session.info.get(_INFO)


def record(actor: Actor, event: Event, *rows: Base) -> None:
    """Note that something happened to rows, and let the parts above react to it in the same transaction."""
    _note(Recorded(actor, event, rows))


def erase(actor: Actor, event: Event, *rows: Base) -> None:
    """Remove rows and have what they ever said forgotten, here and wherever they travelled."""
    for row in rows:
        db.session.delete(row)
    _note(Recorded(actor, event, rows, erases=True))


def _note(recorded: Recorded) -> None:
    unit = current(db.session())
    if unit is None:
        raise RuntimeError("record() needs an open write transaction")
    unit.recorded.append(recorded)
    announce(recorded.actor, recorded.event)


def announce(actor: Actor, event: Any) -> None:
    """Tell the handlers of the parts above, without a trace in history."""
    for handler in runtime.current().handlers.get(type(event), ()):
        handler(actor, event)
