"""The table of hand-overs, kept at the hub, which alone grants who writes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant


class Direction(StrEnum):
    """Where a member's records go."""

    TO_NODE = "to_node"
    TO_HUB = "to_hub"


class HandoverState(StrEnum):
    """How far a hand-over has come: nothing is written meanwhile, it is complete, or it was called off."""

    CLOSING = "closing"
    DONE = "done"
    CANCELLED = "cancelled"


class Handover(OfTenant, Base):
    """One hand-over of a member's records."""

    __tablename__ = "handover"
    __table_args__ = (
        sa.Index("uq_handover_one_open", "member_id", unique=True, postgresql_where=sa.text("state = 'closing'")),
        {"info": {"tenancy": TENANT}},
    )
    direction: Mapped[Direction] = enum_column(Direction)
    state: Mapped[HandoverState] = enum_column(HandoverState, default=HandoverState.CLOSING)
    node_id: Mapped[UUID]
    reason: Mapped[str]
    started_by: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    accepted: Mapped[bytes | None] = mapped_column(comment="the node's signed acceptance")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
