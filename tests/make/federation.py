"""Builders of test records at an installation of the world; each commits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event

from sri_admin.federation import export
from sri_admin.federation.kinds import Kind
from sri_admin.federation.models import SyncAside, SyncLine, SyncStream
from sri_admin.federation.recovery import deciding
from sri_admin.federation.snapshot_models import SyncSnapshot
from sri_admin.federation.snapshots import receiving
from sri_admin.kernel import ids
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.errors import ConflictError
from tests.federation import records
from tests.federation.records import Shelf, Sign, Visit
from tests.federation.world import Site


def shelf(site: Site, member_id: UUID, mark: str = "a", **more: Any) -> UUID:
    """Make a shelf in the member's file."""
    row = {"id": ids.new(), "mark": mark, "size": 1, **more}
    return site.write(member_id, lambda: records.put(Shelf(member_id=member_id, **row)))


def visit(site: Site, member_id: UUID, mark: str = "v", **more: Any) -> UUID:
    """Make a visit among what the member works on."""
    row = {"id": ids.new(), "mark": mark, "note": "", "shelf_id": None, **more}
    return site.write(member_id, lambda: records.put(Visit(member_id=member_id, **row)))


def sign(site: Site, hub_id: UUID, text: str = "s") -> UUID:
    """Make a sign in the registry."""
    return site.write(hub_id, lambda: records.put(Sign(member_id=hub_id, text=text)))


def change(site: Site, kind: Kind, key: tuple[UUID, UUID], **values: Any) -> None:
    """Change a record."""

    def body() -> None:
        row = records.get(kind.model, *key)
        for name, value in values.items():
            setattr(row, name, value)
        records.tell(row)

    site.write(key[0], body)


def remove(site: Site, kind: Kind, key: tuple[UUID, UUID]) -> None:
    """Remove a record."""
    site.write(key[0], lambda: records.remove(records.get(kind.model, *key)))


def rows(site: Site, model: type[Base]) -> dict[UUID, Any]:
    """Return what travels of every row of a model, by id."""
    kind = next(each for each in records.KINDS if each.model is model)

    def read() -> dict[UUID, Any]:
        return {row.__getattribute__("id"): kind.payload(row) for row in db.session.scalars(sa.select(model))}

    return site.read(read)


def asides(site: Site) -> list[tuple[str, str]]:
    """Return state and code of every line that was not applied when it came, in order."""
    wanted = sa.select(SyncAside.state, SyncAside.code).order_by(SyncAside.n)
    return site.read(lambda: [(state.value, code) for state, code in db.session.execute(wanted)])


def lines(site: Site, stream: str) -> list[bytes]:
    """Return the stored lines of a stream."""
    joined = (SyncStream.member_id == SyncLine.member_id) & (SyncStream.id == SyncLine.stream_id)
    wanted = sa.select(SyncLine.line).join(SyncStream, joined).where(SyncStream.name == stream)
    return site.read(lambda: list(db.session.scalars(wanted.order_by(SyncLine.epoch, SyncLine.n))))


def head(site: Site, stream: str) -> int:
    """Return the last number of a stream."""
    return site.read(lambda: next(each.n for each in export.positions() if each.stream == stream))


class Crash(BaseException):
    """The program ends here, as if it had been killed: nothing catches this."""


@contextmanager
def counting(site: Site, *, crash_at: int | None = None) -> Iterator[list[str]]:
    """Note every statement a site sends, and crash before the n-th."""
    sent: list[str] = []

    def before(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)
        if crash_at is not None and len(sent) == crash_at:
            raise Crash

    with site.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", before)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", before)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do several things in threads at the same time; return what each gave or raised."""
    ready = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        ready.wait()
        try:
            found[place] = acts[place]()
        except Exception as error:  # noqa: BLE001 - the caller judges what each thread raised
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


def lines_of(row: SyncStream) -> list[bytes]:
    """Return the lines of a stream's row in the open transaction."""
    wanted = sa.select(SyncLine.line).where(SyncLine.stream_id == row.id).order_by(SyncLine.n)
    return list(db.session.scalars(wanted))


def take_back_permissions(hub: Site, hub_id: UUID) -> None:
    """Let a person decide as the page asks: one by one, and what cannot stand beside what is here is left out."""
    for each in hub.read(lambda: [found.newest.id for found in deciding.offered(hub_id)]):
        try:
            hub.write(hub_id, lambda each=each: deciding.take_over(records.DOER, hub_id, [each]))
        except ConflictError:
            leave_out = partial(deciding.dismiss, records.DOER, hub_id, [each], reason="another stands")
            hub.write(hub_id, leave_out)


def asking() -> list[SyncSnapshot]:
    """Return the snapshots that wait for a person, in an open transaction."""
    return [row for row in receiving.all_here() if row.state == "asking"]


def agree(site: Site) -> None:
    """Let a person agree to every snapshot that waits at a site."""
    asking_here = site.read(lambda: [(row.member_id, row.id) for row in asking()])
    for member_id, snapshot_id in asking_here:
        site.write(member_id, partial(_agree, member_id, snapshot_id))


def _agree(member_id: UUID, snapshot_id: UUID) -> None:
    receiving.agree(records.DOER, receiving.by_id(member_id, snapshot_id), reason="It is as SRI says.")


def damage(site: Site, stream: str, n: int) -> None:
    """Change a byte of a stored line; only its database's owner can."""
    site.uses += 1
    engine = sa.create_engine(site.app.config["OWNER_URL"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("alter table sync_line disable trigger sync_line_erase")
        of_stream = sa.select(SyncStream.id).where(SyncStream.name == stream)
        here = SyncLine.stream_id.in_(of_stream) & (SyncLine.n == n)
        line = connection.scalar(sa.select(SyncLine.line).where(here))
        assert line is not None
        connection.execute(sa.update(SyncLine).where(here).values(line=line.replace(b"put", b"pvt")))
        connection.exec_driver_sql("alter table sync_line enable trigger sync_line_erase")


def rewrite(site: Site, row: SyncStream, content: list[tuple[bytes, bytes]]) -> None:
    """Put other lines and chain values in place of those a stream has; only its database's owner can."""
    site.uses += 1
    engine = sa.create_engine(site.app.config["OWNER_URL"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("alter table sync_line disable trigger sync_line_erase")
        for n, (raw, chain) in enumerate(content, 1):
            here = (SyncLine.stream_id == row.id) & (SyncLine.n == n)
            connection.execute(sa.update(SyncLine).where(here).values(line=raw, chain=chain))
        connection.exec_driver_sql("alter table sync_line enable trigger sync_line_erase")
