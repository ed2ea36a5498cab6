"""The exchange as a job: by itself every few minutes, and at once when somebody asks."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from sri_admin.federation import contact, enrolment, exchange, joining
from sri_admin.federation.client import HttpTransport, Transport
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.federation.lines import ProtocolError
from sri_admin.kernel import clock, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.part import HUB, NODE, Task

SYNC_NOW = "federation.sync_now"
_LOCK_KEY = 7_352_119_004_205
_MINUTE, _HOUR = 60, 3600


def transport() -> Transport:
    """Return the line to the hub of the settings."""
    settings = runtime.current().settings
    return HttpTransport(settings.hub.url, lan_http=settings.web.lan_http)


def sync_now(_actor: Actor, *, asked: bool = False) -> None:
    """Exchange with the hub, unless nothing is connected, another exchange runs, or the hub asked us to wait."""
    row = joining.link()
    if row is None or not (joining.is_in(row) or _is_approved_now()):
        return
    last = contact.with_hub()
    if not asked and last is not None and last.not_before is not None and last.not_before > clock.now():
        return
    synchronise()


def _is_approved_now() -> bool:
    try:
        return joining.collect(transport()) is EnrolmentState.APPROVED
    except ProtocolError as error:
        contact.note_end(code=error.code, detail=error.detail)
        return False


def synchronise() -> exchange.Outcome | None:
    """Exchange with the hub; None if another process is doing so just now."""
    with _alone() as mine:
        return exchange.synchronise(transport()) if mine else None


@contextmanager
def _alone() -> Iterator[bool]:
    # The lock belongs to a connection, not to a transaction: none stays open while the network is awaited.
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK_KEY))))
        try:
            yield mine
        finally:
            if mine:
                connection.scalar(sa.select(sa.func.pg_advisory_unlock(_LOCK_KEY)))


def cron(seconds: int) -> str:
    """Return the cron line, seconds last, that comes nearest to every so many seconds."""
    if seconds < _MINUTE:
        return f"* * * * * */{seconds}"
    if seconds < _HOUR:
        return f"*/{seconds // _MINUTE} * * * * 0"
    return f"0 */{min(seconds // _HOUR, 23)} * * * 0"


def _every() -> str:
    return cron(runtime.current().settings.sync.every_seconds)


TASKS = (
    Task(name=SYNC_NOW, run=sync_now, roles=NODE, every=_every, own_transactions=True, while_restored=True, retries=0),
    Task(name=enrolment.TELL_APPROVED, run=enrolment.tell_approved, roles=HUB),
)
