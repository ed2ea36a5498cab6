"""The table of recovery: the incarnations of nodes the hub has met."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import GLOBAL


class IncarnationState(StrEnum):
    """Which copy of a node this is: the one that writes, one before it, one that waits, one that was given up."""

    CURRENT = "current"
    EARLIER = "earlier"
    WAITING = "waiting"
    GIVEN_UP = "given_up"


class NodeIncarnation(Base):
    """A copy of a node that the hub has met, and its signed announcement."""

    __tablename__ = "node_incarnation"
    __table_args__ = ({"info": {"tenancy": GLOBAL}},)
    node_id: Mapped[UUID] = mapped_column(sa.ForeignKey("node.id"), primary_key=True)
    incarnation: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[IncarnationState] = enum_column(IncarnationState)
    statement: Mapped[bytes | None] = mapped_column(comment="the node's signed announcement")
    announced_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime | None]
