"""Tables of the sync engine: streams, their lines, and what was set aside or kept for later."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.federation.stream_names import StreamClass
from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant

_PLACES = JSONB(none_as_null=True)


class AsideState(StrEnum):
    """What became of a line that was not applied when it came."""

    OPEN = "open"
    WAITING = "waiting"
    PARKED = "parked"
    SUPERSEDED = "superseded"
    RESOLVED = "resolved"


class SyncStream(OfTenant, Base):
    """One stream as this installation holds it: its own log, or a replica of another's.

    `n` and `chain` are the end of what is here; after the horizon, if there is one, no line is missing. `peer_n` and
    `peer_chain` are the other side: of an own stream what was receipted, of a replica the newest head its writer
    signed.
    """

    __tablename__ = "sync_stream"
    __table_args__ = (sa.UniqueConstraint("member_id", "name"), {"info": {"tenancy": TENANT}})
    name: Mapped[str]
    cls: Mapped[StreamClass] = enum_column(StreamClass)
    own: Mapped[bool]
    epoch: Mapped[int]
    log_id: Mapped[UUID]
    base_chain: Mapped[bytes | None]
    n: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    chain: Mapped[bytes]
    peer_n: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    peer_chain: Mapped[bytes | None]
    statement: Mapped[bytes | None] = mapped_column(comment="the other side's last sealed receipt or checkpoint")
    receipt: Mapped[bytes | None] = mapped_column(comment="the last receipt given for a replica")
    proof: Mapped[bytes | None] = mapped_column(comment="the statement the last page taken ended with")
    closing: Mapped[bool] = mapped_column(default=False, comment="nothing is written while it is handed over")
    trouble: Mapped[str | None] = mapped_column(comment="why the stream was stopped")
    horizon_epoch: Mapped[int | None] = mapped_column(comment="up to here only the newest line of each record is kept")
    horizon_n: Mapped[int | None] = mapped_column(sa.BigInteger)
    horizon_chain: Mapped[bytes | None]
    horizon_records: Mapped[int | None] = mapped_column(sa.BigInteger, comment="lines kept up to the horizon")
    horizon_digest: Mapped[bytes | None] = mapped_column(comment="of these lines (docs/federation.md §15.2)")
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class SyncEpoch(OfTenant, Base):
    """An epoch of a stream that has ended: where, and who wrote it. Its lines stay in `sync_line`."""

    __tablename__ = "sync_epoch"
    __table_args__ = (sa.UniqueConstraint("member_id", "stream_id", "epoch"), {"info": {"tenancy": TENANT}})
    stream_id: Mapped[UUID]
    epoch: Mapped[int]
    log_id: Mapped[UUID]
    base_chain: Mapped[bytes | None]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    chain: Mapped[bytes]
    own: Mapped[bool]
    proof: Mapped[bytes | None] = mapped_column(comment="the statement the last page taken of it ended with")


class SyncLine(Base):
    """One line of a stream, as the bytes that were hashed, with the chain value after it.

    The database lets a line be replaced by its erased form (docs/federation.md §3.3) and by nothing else. Lines up to
    the horizon that came in a snapshot have no chain value.
    """

    __tablename__ = "sync_line"
    __table_args__ = (
        sa.Index("ix_sync_line_record", "member_id", "rec", "rev"),
        {"info": {"tenancy": TENANT, "append_only": True, "forgets": True, "steps_back": True}},
    )
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("tenant.id"), primary_key=True)
    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str | None]
    rec: Mapped[UUID | None]
    rev: Mapped[int | None] = mapped_column(sa.BigInteger)
    ends: Mapped[bool] = mapped_column(comment="last line of its transaction")
    line: Mapped[bytes]
    chain: Mapped[bytes]


class SyncAside(OfTenant, Base):
    """A line that keeps its place but was not applied: set aside for a person, waiting, or kept for a newer program."""

    __tablename__ = "sync_aside"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "stream_id", "epoch", "n"),
        sa.Index("ix_sync_aside_waiting_for", "member_id", "waiting_for"),
        {"info": {"tenancy": TENANT}},
    )
    stream_id: Mapped[UUID]
    epoch: Mapped[int]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str]
    rec: Mapped[UUID | None]
    rev: Mapped[int | None] = mapped_column(sa.BigInteger)
    state: Mapped[AsideState] = enum_column(AsideState)
    code: Mapped[str]
    detail: Mapped[str]
    waiting_for: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]


class SyncEvidence(OfTenant, Base):
    """A signed statement that contradicts another: proof against its writer, kept for people."""

    __tablename__ = "sync_evidence"
    __table_args__ = ({"info": {"tenancy": TENANT, "append_only": True}},)
    stream_id: Mapped[UUID]
    code: Mapped[str]
    statement: Mapped[bytes]
    against: Mapped[bytes | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)


class NodeKey(OfTenant, Versioned, Base):
    """The public key a node signs its lines with, and its life; the hub publishes it in `hub.control`."""

    __tablename__ = "sync_node_key"
    __table_args__ = ({"info": {"tenancy": TENANT}},)
    node_id: Mapped[UUID]
    subject_id: Mapped[UUID] = mapped_column(comment="the member the node serves")
    kid: Mapped[str]
    public_key: Mapped[str] = mapped_column(comment="base64url of 32 bytes")
    revoked: Mapped[bool] = mapped_column(default=False)
    begins: Mapped[dict[str, Any] | None] = mapped_column(_PLACES, comment="by stream, its first epoch and number")
    ends: Mapped[dict[str, Any] | None] = mapped_column(_PLACES, comment="by stream, its last epoch and number")
    ended_because: Mapped[str | None]
    statement: Mapped[str | None] = mapped_column(comment="the rotation that brought it, signed by both keys")


class ControlKey(OfTenant, Versioned, Base):
    """A key of the hub that came to its end; that it was the hub's is said by a root file."""

    __tablename__ = "sync_control_key"
    __table_args__ = (sa.UniqueConstraint("member_id", "kid"), {"info": {"tenancy": TENANT}})
    kid: Mapped[str]
    ends: Mapped[dict[str, Any]] = mapped_column(_PLACES, comment="by stream, its last epoch and number")
    ended_because: Mapped[str]


class Grant(OfTenant, Versioned, Base):
    """Who writes one epoch of a stream, and on which end of the epoch before it."""

    __tablename__ = "sync_grant"
    __table_args__ = (sa.UniqueConstraint("member_id", "stream", "epoch"), {"info": {"tenancy": TENANT}})
    stream: Mapped[str]
    epoch: Mapped[int]
    log_id: Mapped[UUID]
    node_id: Mapped[UUID | None] = mapped_column(comment="the node that writes; absent for the hub")
    base_n: Mapped[int | None] = mapped_column(sa.BigInteger, comment="last number of the epoch before it")
    base_chain: Mapped[str | None] = mapped_column(comment="hex")


class BoxKey(OfTenant, Versioned, Base):
    """The public key bundles for an installation are locked with; the hub publishes its own and those of nodes."""

    __tablename__ = "sync_box_key"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "holder_id", deferrable=True, initially="DEFERRED"),
        {"info": {"tenancy": TENANT}},
    )
    holder_id: Mapped[UUID] = mapped_column(comment="the installation that can open what is locked")
    public_key: Mapped[str] = mapped_column(comment="base64url of 32 bytes")


class SchemaFloor(OfTenant, Versioned, Base):
    """From a day on the hub takes a kind only from nodes whose program reads at least this version of it."""

    __tablename__ = "sync_schema_floor"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "kind", deferrable=True, initially="DEFERRED"),
        {"info": {"tenancy": TENANT}},
    )
    kind: Mapped[str]
    lowest: Mapped[int]
    starts_on: Mapped[date]
