"""Counting what a piece of work asks of the database: a count stays the same on every machine, a time does not."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from sri_admin.kernel.db import db

_BOOKKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "select set_config", "set constraints")


@dataclass
class Asked:
    """The statements that were sent, in their order, and how many seconds their answers took."""

    statements: list[str] = field(default_factory=list)
    seconds: float = 0.0
    began: float = 0.0

    def note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        """Note a statement, unless it only keeps a transaction in order."""
        if not statement.startswith(_BOOKKEEPING):
            self.statements.append(statement)
        self.began = time.perf_counter()

    def answered(self, *_of_statement: Any) -> None:
        """Note that its answer is here."""
        self.seconds += time.perf_counter() - self.began

    def __len__(self) -> int:
        return len(self.statements)


@contextmanager
def counting() -> Iterator[Asked]:
    """Count the statements sent to the database of the installation whose code is running."""
    asked, engine = Asked(), db.engine
    event.listen(engine, "before_cursor_execute", asked.note)
    event.listen(engine, "after_cursor_execute", asked.answered)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", asked.note)
        event.remove(engine, "after_cursor_execute", asked.answered)
