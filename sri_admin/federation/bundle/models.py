"""Tables of sticks that people write and read from pages: how far each is, and its files while they are kept."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.blobs import DIGEST_RULE, HoldsFile
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant


class Way(StrEnum):
    """Whether a stick goes out or came in."""

    OUT = "out"
    IN = "in"


class StickState(StrEnum):
    """How far a stick is: files of it are missing, the worker has not come to it, it works, it is done, it was refused.

    Only one that came in is ever collected.
    """

    COLLECTING = "collecting"
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"


class Stick(OfTenant, Base):
    """One bundle that is written or read here; the row stays as a note when its files are gone."""

    __tablename__ = "stick"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "way", "bundle_id"),
        sa.Index("ix_stick_asked_at", "member_id", "asked_at"),
        {"info": {"tenancy": TENANT}},
    )
    way: Mapped[Way] = enum_column(Way)
    state: Mapped[StickState] = enum_column(StickState)
    other_id: Mapped[UUID] = mapped_column(comment="the installation that reads it, or that wrote it")
    about_id: Mapped[UUID | None] = mapped_column(comment="at the hub: the member whose node that is")
    bundle_id: Mapped[UUID | None] = mapped_column(comment="known from the start of one that came in")
    written_at: Mapped[datetime | None]
    volume_bytes: Mapped[int | None] = mapped_column(sa.BigInteger, comment="the largest file that was asked for")
    total: Mapped[int] = mapped_column(comment="files it consists of")
    percent: Mapped[int] = mapped_column(default=0)
    told: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), comment="what became of it")
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    moved_at: Mapped[datetime] = mapped_column(default=clock.now, comment="when something last happened to it")
    expires_at: Mapped[datetime] = mapped_column(comment="until when its files are kept")


class StickVolume(HoldsFile, OfTenant, Base):
    """One file of a stick, as it lies in the store."""

    __tablename__ = "stick_volume"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "stick_id", "number"),
        sa.ForeignKeyConstraint(["member_id", "stick_id"], ["stick.member_id", "stick.id"]),
        sa.Index("ix_stick_volume_sha256", "member_id", "sha256"),
        sa.CheckConstraint(DIGEST_RULE, name="content"),
        {"info": {"tenancy": TENANT}},
    )
    stick_id: Mapped[UUID]
    number: Mapped[int]
    name: Mapped[str]
