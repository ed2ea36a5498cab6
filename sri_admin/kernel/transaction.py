"""The only place that commits. Everything else asks one of three doors: read, write, apart.

A write ends in this order: flush, tail steps (audit, then journal, each locking its head for moments), the deferred
constraints, COMMIT. Raising rolls everything back; a lost race is tried once more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import psycopg.errors as pg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from sri_admin.kernel import remembered, runtime, tenancy, work
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, ConflictError, StaleError, UnavailableError
from sri_admin.kernel.tenancy import Reach

T = TypeVar("T")

_RACES = (pg.SerializationFailure, pg.DeadlockDetected, pg.LockNotAvailable, pg.UniqueViolation)
# A server that stops, starts, was promoted elsewhere or stands behind a pooler that waits for it.
_UNREACHABLE = (pg.OperationalError, pg.ReadOnlySqlTransaction)
_CLASHES = (pg.UniqueViolation, pg.ExclusionViolation, pg.ForeignKeyViolation, pg.CheckViolation)


@contextmanager
def reading(reach: Reach) -> Iterator[Session]:
    """Open a read-only transaction; a stray write fails in the database."""
    session = db.session()
    _refuse_nesting(session)
    tenancy.confine(session, replace(reach, read_only=True))
    try:
        yield session
    except DBAPIError as error:
        if isinstance(error.orig, pg.ReadOnlySqlTransaction):
            raise RuntimeError("a reading transaction tried to write") from error  # noqa: TRY004 - a fault of the program
        raise
    finally:
        session.rollback()
        remembered.forget(session)
        tenancy.confine(session, tenancy.NOWHERE)


@contextmanager
def writing(reach: Reach) -> Iterator[work.UnitOfWork]:
    """Open a write transaction and commit it, with everything its unit of work owes, when the block ends."""
    session = db.session()
    _refuse_nesting(session)
    tenancy.confine(session, reach)
    unit = work.begin(session)
    try:
        yield unit
        session.flush()
        for step in runtime.current().tail_steps:
            step(unit)
        session.flush()
        session.execute(sa.text("set constraints all immediate"))
        session.commit()
    finally:
        session.rollback()
        remembered.forget(session)
        work.end(session)
        tenancy.confine(session, tenancy.NOWHERE)


def write(reach: Reach, body: Callable[[], T]) -> T:
    """Run a body in a write transaction; a lost race is run once more, a broken constraint becomes a clear error."""
    try:
        return _attempt(reach, body)
    except (DBAPIError, StaleDataError) as error:
        if not isinstance(getattr(error, "orig", None), _RACES) or known_clash(error) is not None:
            raise translated(error) from error
    try:
        return _attempt(reach, body)
    except (DBAPIError, StaleDataError) as error:
        raise translated(error) from error


def _attempt(reach: Reach, body: Callable[[], T]) -> T:
    with writing(reach):
        return body()


@contextmanager
def apart(*, durable: bool = True) -> Iterator[Session]:
    """Open a short transaction on a connection of its own, committed whatever becomes of the one around it.

    One that is not durable does not wait for the disk: what it wrote may be lost with the server, never half.
    """
    with Session(db.engine, expire_on_commit=False) as session:
        tenancy.confine(session, replace(tenancy.NOWHERE, durable=durable))
        with session.begin():
            yield session


def detach(row: object) -> None:
    """Let a row that was read outlive its transaction, as a plain value."""
    db.session.expunge(row)


def known_clash(error: BaseException) -> AppError | None:
    """Return the error a part declared for a broken constraint."""
    name = _constraint(error)
    make = runtime.current().constraints.get(name) if name else None
    return make() if make else None


def translated(error: BaseException) -> BaseException:
    """Turn a database error into one of ours where a person can act on it; anything else stays what it is."""
    if isinstance(error, StaleDataError):
        return StaleError()
    known = known_clash(error)
    if known is not None:
        return known
    cause = getattr(error, "orig", None)
    if isinstance(cause, _CLASHES):
        return ConflictError()
    is_lost = isinstance(error, DBAPIError) and (error.connection_invalidated or isinstance(cause, _UNREACHABLE))
    return UnavailableError() if is_lost or isinstance(cause, _RACES) else error


def _constraint(error: BaseException) -> str | None:
    cause = getattr(error, "orig", None)
    return cause.diag.constraint_name if isinstance(cause, pg.Error) else None


def _refuse_nesting(session: Session) -> None:
    if work.current(session) is not None:
        raise RuntimeError("a transaction is already open: operations never open one")
