"""Tables of pruning and snapshots: when a stream had reached where, and a snapshot while it comes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant


class SnapshotState(StrEnum):
    """How far a snapshot is: its pages come, it waits for a person, a person agreed, it stands."""

    COMING = "coming"
    ASKING = "asking"
    AGREED = "agreed"
    DONE = "done"


class SyncMark(OfTenant, Base):
    """A moment at which the lines of a stream up to a place were in safe hands: the clock of pruning."""

    __tablename__ = "sync_mark"
    __table_args__ = (sa.UniqueConstraint("member_id", "stream_id", "epoch", "n"), {"info": {"tenancy": TENANT}})
    stream_id: Mapped[UUID]
    epoch: Mapped[int]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    chain: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(default=clock.now)


class SyncSnapshot(OfTenant, Base):
    """The last snapshot of a stream that was taken here, or is being taken; at most one a stream."""

    __tablename__ = "sync_snapshot"
    __table_args__ = (sa.UniqueConstraint("member_id", "stream"), {"info": {"tenancy": TENANT}})
    stream: Mapped[str]
    state: Mapped[SnapshotState] = enum_column(SnapshotState, default=SnapshotState.COMING)
    manifest: Mapped[bytes] = mapped_column(comment="as it was signed")
    records: Mapped[int] = mapped_column(sa.BigInteger, comment="lines it has in all")
    held: Mapped[int] = mapped_column(sa.BigInteger, default=0, comment="lines that are here")
    after_epoch: Mapped[int] = mapped_column(default=0, comment="place of the last line that is here")
    after_n: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    total: Mapped[bytes] = mapped_column(comment="digest of the lines that are here")
    removes: Mapped[int | None] = mapped_column(sa.BigInteger, comment="records that would go, once all is here")
    standing: Mapped[int | None] = mapped_column(sa.BigInteger, comment="records that stood before")
    begun_at: Mapped[datetime] = mapped_column(default=clock.now)
    moved_at: Mapped[datetime] = mapped_column(default=clock.now)


class SyncSnapshotLine(Base):
    """One line of a snapshot that is still coming."""

    __tablename__ = "sync_snapshot_line"
    __table_args__ = ({"info": {"tenancy": TENANT}},)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("tenant.id"), primary_key=True)
    snapshot_id: Mapped[UUID] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str | None]
    rec: Mapped[UUID | None]
    rev: Mapped[int | None] = mapped_column(sa.BigInteger)
    ends: Mapped[bool] = mapped_column(comment="last line of its transaction")
    removal: Mapped[bool] = mapped_column(comment="it removes its record")
    line: Mapped[bytes]
