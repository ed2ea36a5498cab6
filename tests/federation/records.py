"""Small kinds that travel only in tests, with tables of their own in the databases of the world.

A shelf and its books change together in the member's file; a visit, written where the member works, refers to a shelf
across streams; a stamp is written once; a sign stands in the registry everybody reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from marshmallow import fields, validate
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from sri_admin.federation.kinds import Kind, Missing
from sri_admin.federation.stream_names import HUB_MEMBER, HUB_REGISTRY, MEMBER_OPS
from sri_admin.federation.sync import Wire
from sri_admin.federation.wire import WireUUID
from sri_admin.kernel import actor, ids, tenancy, transaction, work
from sri_admin.kernel.db import NAMES, Base, Versioned, db
from sri_admin.kernel.row_security import protect

DOER = actor.system("test")


class _ProbeBase(Base):
    # Apart from the program's tables, so that these never look like a migration somebody forgot.
    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


class _Row:
    @declared_attr
    def member_id(cls) -> Mapped[UUID]:
        return mapped_column(primary_key=True, sort_order=-2)

    @declared_attr
    def id(cls) -> Mapped[UUID]:
        return mapped_column(primary_key=True, default=ids.new, sort_order=-1)


class Shelf(_Row, Versioned, _ProbeBase):
    """A shelf; its mark is unique in its country."""

    __tablename__ = "probe_shelf"
    __table_args__ = (sa.UniqueConstraint("member_id", "mark", deferrable=True, initially="DEFERRED"),)
    mark: Mapped[str]
    size: Mapped[int]


class Book(_Row, Versioned, _ProbeBase):
    """A book stands on a shelf of the same stream."""

    __tablename__ = "probe_book"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["member_id", "shelf_id"],
            ["probe_shelf.member_id", "probe_shelf.id"],
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    shelf_id: Mapped[UUID]
    title: Mapped[str]


class Visit(_Row, Versioned, _ProbeBase):
    """A visit, perhaps to a shelf of another stream; its mark is unique in its country."""

    __tablename__ = "probe_visit"
    __table_args__ = (sa.UniqueConstraint("member_id", "mark", deferrable=True, initially="DEFERRED"),)
    mark: Mapped[str]
    note: Mapped[str]
    shelf_id: Mapped[UUID | None]


class Stamp(_Row, _ProbeBase):
    """A stamp is made once and never changed."""

    __tablename__ = "probe_stamp"
    mark: Mapped[str]


class Sign(_Row, Versioned, _ProbeBase):
    """A sign everybody reads."""

    __tablename__ = "probe_sign"
    text: Mapped[str]


class ShelfWire(Wire):
    """probe.shelf/1."""

    mark = fields.String(required=True, validate=validate.Length(1, 40))
    size = fields.Integer(strict=True, required=True, validate=validate.Range(0, 1000))


class BookWire(Wire):
    """probe.book/1."""

    shelf_id = WireUUID(required=True)
    title = fields.String(required=True)


class VisitWire(Wire):
    """probe.visit/1."""

    mark = fields.String(required=True, validate=validate.Length(1, 40))
    note = fields.String(required=True)
    shelf_id = WireUUID(allow_none=True)


class LooseVisitWire(VisitWire):
    """probe.visit/1 as a program takes it that does not yet know how long a mark may be."""

    mark = fields.String(required=True)


class StampWire(Wire):
    """probe.stamp/1."""

    mark = fields.String(required=True)


class SignWire(Wire):
    """probe.sign/1."""

    text = fields.String(required=True)


def _lacks_shelf(member_id: UUID, payloads: Mapping[UUID, Mapping[str, Any]]) -> Mapping[UUID, Missing]:
    wanted = {rec: UUID(payload["shelf_id"]) for rec, payload in payloads.items() if payload.get("shelf_id")}
    here = sa.select(Shelf.id).where(Shelf.member_id == member_id, Shelf.id.in_(wanted.values()))
    found = set(db.session.scalars(here))
    return {rec: Missing(shelf) for rec, shelf in wanted.items() if shelf not in found}


SHELF = Kind(name="probe.shelf", model=Shelf, schema=ShelfWire, stream=HUB_MEMBER)
BOOK = Kind(name="probe.book", model=Book, schema=BookWire, stream=HUB_MEMBER)
VISIT = Kind(name="probe.visit", model=Visit, schema=VisitWire, stream=MEMBER_OPS, check=_lacks_shelf)
STAMP = Kind(name="probe.stamp", model=Stamp, schema=StampWire, stream=MEMBER_OPS, append_only=True)
SIGN = Kind(name="probe.sign", model=Sign, schema=SignWire, stream=HUB_REGISTRY)
KINDS = (SIGN, SHELF, BOOK, VISIT, STAMP)
_LOOSE_VISIT = Kind(name=VISIT.name, model=Visit, schema=LooseVisitWire, stream=MEMBER_OPS, check=_lacks_shelf)
_NEW_SHELF = Kind(name=SHELF.name, model=Shelf, schema=ShelfWire, stream=HUB_MEMBER, version=2, up={1: dict})
_NEW_VISIT = Kind(
    name=VISIT.name, model=Visit, schema=VisitWire, stream=MEMBER_OPS, version=2, up={1: dict}, check=_lacks_shelf
)
# What a newer program knows.
NEWER = (SIGN, _NEW_SHELF, BOOK, _NEW_VISIT, STAMP)
# What an older program knows: it writes visits its readers refuse.
OLDER = (SIGN, SHELF, BOOK, _LOOSE_VISIT, STAMP)


@dataclass(frozen=True, kw_only=True)
class Changed(work.Event):
    """A test changed a record."""

    subject_kind = "probe"


def create_tables(owner_url: str) -> None:
    """Create the tables of these kinds, closed to all but their tenant."""
    engine = sa.create_engine(owner_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        _ProbeBase.metadata.create_all(connection)
        for table in _ProbeBase.metadata.tables:
            protect(connection, table)


def put(row: Base) -> UUID:
    """Add a record in the open transaction and tell of it."""
    db.session.add(row)
    return tell(row)


def tell(row: Any) -> UUID:
    """Tell, in the open transaction, that a record was changed."""
    if row.id is None:
        row.id = ids.new()
    work.record(DOER, Changed(member_id=row.member_id, subject=row.id), row)
    return row.id


def remove(row: Any) -> UUID:
    """Remove a record in the open transaction and tell of it."""
    db.session.delete(row)
    return tell(row)


def forget(row: Any) -> UUID:
    """Remove a record in the open transaction and have it forgotten everywhere."""
    work.erase(DOER, Changed(member_id=row.member_id, subject=row.id), row)
    return row.id


def get(model: type[Base], member_id: UUID, rec: UUID) -> Any:
    """Return a record of the open transaction."""
    return db.session.get_one(model, (member_id, rec))


def reach(member_id: UUID) -> tenancy.Reach:
    """Reach everything, writing for one member."""
    with transaction.reading(tenancy.NOWHERE):
        everyone = list(db.session.scalars(sa.select(tenancy.Tenant.id)))
    return tenancy.everywhere(everyone, writing=member_id)
