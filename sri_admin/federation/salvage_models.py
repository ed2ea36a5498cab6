"""The table of lines that stand in no log any more."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant


class SalvageCause(StrEnum):
    """Why a line stands in no log any more."""

    SET_BACK = "set_back"
    HUB_RESTORED = "hub_restored"
    LATE = "late"


class SalvageState(StrEnum):
    """What became of such a line: it waits, was given to its writer, was taken over, came too late, was left out."""

    OPEN = "open"
    HANDED_BACK = "handed_back"
    TAKEN = "taken"
    SUPERSEDED = "superseded"
    DISMISSED = "dismissed"


class SyncSalvage(OfTenant, Base):
    """A line that was written, and then its log went on without it: kept until a person decides."""

    __tablename__ = "sync_salvage"
    __table_args__ = (sa.UniqueConstraint("member_id", "stream", "h"), {"info": {"tenancy": TENANT}})
    stream: Mapped[str]
    epoch: Mapped[int]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    h: Mapped[bytes]
    kind: Mapped[str | None]
    rec: Mapped[UUID | None]
    rev: Mapped[int | None] = mapped_column(sa.BigInteger)
    line: Mapped[bytes] = mapped_column(comment="as its writer made it")
    base_chain: Mapped[bytes | None] = mapped_column(comment="of the lines it was handed back with")
    proof: Mapped[bytes | None] = mapped_column(comment="their writer's word for the last of them")
    source: Mapped[UUID] = mapped_column(comment="the installation it was written at or handed back by")
    cause: Mapped[SalvageCause] = enum_column(SalvageCause)
    state: Mapped[SalvageState] = enum_column(SalvageState, default=SalvageState.OPEN)
    reason: Mapped[str | None] = mapped_column(comment="why it was left out")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
