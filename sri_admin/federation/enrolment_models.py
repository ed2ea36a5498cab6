"""Tables of the exchange: who may enrol, which nodes there are, their tokens, and a node's link to its hub.

They are global: a caller is known by them before a reach is. Those marked `apart` are written on a connection of their
own, so that a refused request still spends its assertion and its place in the bucket.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Dated, Identified, enum_column
from sri_admin.kernel.tenancy import GLOBAL

_APART = {"tenancy": GLOBAL, "apart": True}


class EnrolmentState(StrEnum):
    """How far a request to join has come, at either side."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class NodeState(StrEnum):
    """Whether a node may exchange records: it may, two copies write, it was given up, its keys were withdrawn."""

    ACTIVE = "active"
    FENCED = "fenced"
    RECLAIMED = "reclaimed"
    REVOKED = "revoked"


class EnrolmentCode(Identified, Dated, Base):
    """A code that lets one installation ask, once, to become a member's own node; only its digests are kept."""

    __tablename__ = "enrolment_code"
    __table_args__ = (sa.UniqueConstraint("hint"), {"info": {"tenancy": GLOBAL}})
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("tenant.id"))
    hint: Mapped[str]
    key: Mapped[bytes]
    issued_by: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Enrolment(Identified, Dated, Base):
    """An installation's request to become a member's own node, as it was signed."""

    __tablename__ = "enrolment"
    __table_args__ = (sa.UniqueConstraint("code_id"), {"info": {"tenancy": GLOBAL}})
    code_id: Mapped[UUID] = mapped_column(sa.ForeignKey("enrolment_code.id"))
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("tenant.id"))
    node_id: Mapped[UUID]
    incarnation: Mapped[UUID]
    sign_key: Mapped[bytes]
    auth_key: Mapped[dict[str, Any]]
    software: Mapped[str]
    keeps: Mapped[bool] = mapped_column(server_default=sa.false(), comment="it was in before the hub was set back")
    box_paper: Mapped[bytes | None] = mapped_column(comment="the key sticks are locked with, if it came by stick")
    state: Mapped[EnrolmentState] = enum_column(EnrolmentState)
    decided_at: Mapped[datetime | None]


class Node(Base):
    """A member's own installation, known at the hub; its id is the installation's."""

    __tablename__ = "node"
    __table_args__ = ({"info": {"tenancy": GLOBAL}},)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("tenant.id"))
    incarnation: Mapped[UUID]
    sign_key: Mapped[bytes]
    auth_key: Mapped[dict[str, Any]]
    next_sign_key: Mapped[bytes | None] = mapped_column(comment="takes the place of sign_key with next_auth_key")
    next_auth_key: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="takes the place of auth_key when it is first used"
    )
    state: Mapped[NodeState] = enum_column(NodeState)
    approved_at: Mapped[datetime] = mapped_column(default=clock.now)


class NodeContact(Base):
    """What a node last told about itself."""

    __tablename__ = "node_contact"
    __table_args__ = ({"info": _APART},)
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    software: Mapped[str]
    skew_ms: Mapped[int] = mapped_column(sa.BigInteger)
    heads: Mapped[dict[str, Any]] = mapped_column(comment="how far it had written each stream of its own")
    trouble: Mapped[str | None]
    positions: Mapped[dict[str, Any] | None] = mapped_column(comment="where it stood in every stream it named")
    by_stick: Mapped[bool] = mapped_column(server_default=sa.false(), comment="by stick, not by network")
    lacks: Mapped[list[str]] = mapped_column(JSONB, server_default="[]", comment="digests of the files it waits for")
    schemas: Mapped[dict[str, list[int]] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the oldest and newest version of each kind its program reads"
    )
    differs_since: Mapped[dict[str, str]] = mapped_column(
        JSONB, server_default="{}", comment="by kind of which our program reads another version, since when"
    )


class NodeToken(Base):
    """An access token, by its digest."""

    __tablename__ = "node_token"
    __table_args__ = (sa.Index("ix_node_token_expires_at", "expires_at"), {"info": _APART})
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    node_id: Mapped[UUID]
    scope: Mapped[str]
    expires_at: Mapped[datetime]


class UsedAssertion(Base):
    """An assertion that was shown once and is refused a second time."""

    __tablename__ = "used_assertion"
    __table_args__ = (sa.Index("ix_used_assertion_expires_at", "expires_at"), {"info": _APART})
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class RateBucket(Base):
    """How many requests somebody has left; refilled by the second."""

    __tablename__ = "rate_bucket"
    __table_args__ = ({"info": _APART},)
    holder: Mapped[str] = mapped_column(primary_key=True)
    left: Mapped[float] = mapped_column(sa.Double)
    at: Mapped[datetime]


class HubLink(Identified, Dated, Base):
    """A node's link to its hub: what it asked for and what it was given. At most one row."""

    __tablename__ = "hub_link"
    __table_args__ = ({"info": {"tenancy": GLOBAL}},)
    enrolment_id: Mapped[UUID]
    hub_url: Mapped[str]
    state: Mapped[EnrolmentState] = enum_column(EnrolmentState)
    hub_id: Mapped[UUID | None]
    enrolled_at: Mapped[datetime | None]
    request: Mapped[bytes | None] = mapped_column(comment="the file it asked with, if it asks by stick")
    answer: Mapped[bytes | None] = mapped_column(comment="the hub's file, until the worker has taken it")


class HubContact(Base):
    """How a node's last tries to reach its hub went. One row."""

    __tablename__ = "hub_contact"
    __table_args__ = ({"info": _APART},)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tried_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]
    running_since: Mapped[datetime | None] = mapped_column(comment="the first try since one ended")
    finished_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    skew_ms: Mapped[int] = mapped_column(sa.BigInteger)
    code: Mapped[str | None]
    detail: Mapped[str | None]
    stream: Mapped[str | None]
    by_stick: Mapped[bool] = mapped_column(server_default=sa.false(), comment="by stick, not by network")
    head_at: Mapped[datetime | None] = mapped_column(comment="when the hub signed its newest control head known here")
    seen_at: Mapped[datetime | None] = mapped_column(comment="the latest moment seen since, by any clock")
    software: Mapped[str | None] = mapped_column(comment="the program the hub said it is")
    schemas: Mapped[dict[str, list[int]] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the oldest and newest version of each kind the hub's program reads"
    )
    differs_since: Mapped[dict[str, str]] = mapped_column(
        JSONB, server_default="{}", comment="by kind of which our program reads another version, since when"
    )
