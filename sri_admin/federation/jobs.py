"""The exchange as a job: by itself every few minutes, and at once when somebody asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
import structlog

from sri_admin.federation import contact, enrolment, exchange, fetching, files, joining, revocation
from sri_admin.federation.client import HttpTransport, Transport
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.outcome import Outcome
from sri_admin.kernel import jobs as queue
from sri_admin.kernel import runtime, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.part import HUB, NODE, Task

SYNC_NOW = "federation.sync_now"
FETCH_FILES = "federation.fetch_files"
VERIFY_FILES = "federation.verify_files"
SWEEP_FILES = "federation.sweep_files"
_EXCHANGING, _FETCHING = 7_352_119_004_205, 7_352_119_004_206
_FETCHING_TIME = timedelta(minutes=5)
_NO_LINE = frozenset({"not_enrolled", "unreachable", "timeout", "not_trusted"})
log = structlog.get_logger(__name__)
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
    if asked or not contact.must_wait():
        synchronise()


def _is_approved_now() -> bool:
    try:
        return joining.collect(transport()) is EnrolmentState.APPROVED
    except ProtocolError as error:
        contact.note_end(code=error.code, detail=error.detail)
        return False


def synchronise() -> Outcome | None:
    """Exchange with the hub; None if another process is doing so just now."""
    with _alone(_EXCHANGING) as mine:
        outcome = exchange.synchronise(transport()) if mine else None
    if outcome is not None and outcome.code not in _NO_LINE and files.wanted():
        _fetch_soon()
    return outcome


def fetch_files(_actor: Actor) -> None:
    """Fetch files for a while, unless somebody does so already, and go on later; records never wait for this."""
    with _alone(_FETCHING) as mine:
        if not mine or joining.link() is None or not files.wanted():
            return
        try:
            client = exchange.connected(transport())
        except ProtocolError as error:
            log.info("files_wait", reason=error.code)
            return
        left = fetching.fetch_all(client, within=_FETCHING_TIME)
    if any(each.trouble is None for each in left):
        _fetch_soon()


def verify_files(_actor: Actor) -> None:
    """Read every file once a day, and fetch anew what is damaged at a node."""
    files.verify()


def sweep_files(_actor: Actor) -> None:
    """Remove files nothing refers to any more."""
    files.sweep()


def _fetch_soon() -> None:
    transaction.write(tenancy.NOWHERE, lambda: queue.defer(FETCH_FILES, once=FETCH_FILES))


@contextmanager
def _alone(key: int) -> Iterator[bool]:
    # The lock belongs to a connection, not to a transaction: none stays open while the network is awaited.
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))))
        try:
            yield mine
        finally:
            if mine:
                connection.scalar(sa.select(sa.func.pg_advisory_unlock(key)))


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
    Task(name=FETCH_FILES, run=fetch_files, roles=NODE, own_transactions=True, retries=0),
    Task(name=VERIFY_FILES, run=verify_files, every="17 2 * * *", own_transactions=True, retries=0),
    Task(name=SWEEP_FILES, run=sweep_files, every="47 2 * * *", own_transactions=True, retries=0),
    Task(name=revocation.TELL_WITHDRAWN, run=revocation.tell_withdrawn, roles=HUB),
    Task(name=enrolment.TELL_APPROVED, run=enrolment.tell_approved, roles=HUB),
    Task(name=enrolment.HAND_OVER, run=enrolment.hand_over, roles=HUB),
)
