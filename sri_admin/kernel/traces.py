"""How a fault is written into the log: where it happened and what it was, without the values it happened to.

A database quotes rows and values in its messages ("Failing row contains …"), and SQLAlchemy repeats them. Of its faults
only the kind, the SQLSTATE, the names the server gives and the statement without its values are written.
"""

import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, StatementError

Raised = tuple[type[BaseException], BaseException, TracebackType | None]
_CAUSE: Final = "The above exception was the direct cause of the following exception:"
_CONTEXT: Final = "During handling of the above exception, another exception occurred:"
_NAMES: Final = ("schema_name", "table_name", "column_name", "constraint_name", "datatype_name")


def written(exc_info: Raised) -> str:
    """Write an exception with what led to it, as Python does, but for the words of databases."""
    return "\n".join(_lines(exc_info[1], set()))


def said(error: BaseException) -> str:
    """Return what an exception may say in the log."""
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return str(error)  # no server was reached, so no row is quoted
    if isinstance(error, psycopg.Error):
        names = (f"{name}={value}" for name in _NAMES if (value := getattr(error.diag, name)))
        return " ".join((f"SQLSTATE {error.sqlstate or 'unknown'}", *names))
    if isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.Error):
        return f"{type(error.orig).__name__}: {said(error.orig)} [SQL: {error.statement}]"
    if isinstance(error, StatementError):
        return f"{type(error.orig).__name__} [SQL: {error.statement}]"
    return str(error)


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines(before, seen)
        yield f"\n{_CAUSE if error.__cause__ else _CONTEXT}\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    words = said(error)
    yield f"{type(error).__qualname__}: {words}" if words else type(error).__qualname__
    for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _lines(each, seen)
