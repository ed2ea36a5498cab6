"""What holds a member back from something until its cause is dealt with."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.members.rules.block import BlockKind

ONE_OPEN = "ex_member_block_open"


class MemberBlock(Versioned, OfTenant, Base):
    """One block from the moment it is set until it is lifted; set again by the same source it is another row.

    The parts above set and lift it, each source at most once at a time. It travels with the member's file.
    """

    __tablename__ = "member_block"
    __table_args__ = (
        ExcludeConstraint(
            (sa.column("member_id"), "="),
            (sa.column("kind"), "="),
            (sa.column("source_kind"), "="),
            (sa.column("source_id"), "="),
            where=sa.text("lifted_at is null"),
            name=ONE_OPEN,
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("(lifted_at is null) = (lifted_by is null)", name="lifted"),
        sa.Index("ix_member_block_source", "member_id", "source_kind", "source_id"),
        {"info": {"tenancy": TENANT}},
    )
    kind: Mapped[BlockKind] = enum_column(BlockKind)
    source_kind: Mapped[str] = mapped_column(comment="what sets it, such as integrity.finding")
    source_id: Mapped[UUID]
    reason: Mapped[Text] = mapped_column(comment="what holds it back, and what to do")
    set_at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(comment="the role of who lifted it")
