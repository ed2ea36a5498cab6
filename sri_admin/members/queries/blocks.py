"""What is read about blocks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.members.models.block import MemberBlock
from sri_admin.members.models.member import Member
from sri_admin.members.rules.block import BlockKind


def open_blocks(member_id: UUID, kind: BlockKind = BlockKind.RENEWAL) -> list[MemberBlock]:
    """Return the blocks of a kind that hold a member back now, the oldest first."""
    wanted = sa.select(MemberBlock).where(
        MemberBlock.member_id == member_id, MemberBlock.kind == kind, MemberBlock.lifted_at.is_(None)
    )
    return list(db.session.scalars(wanted.order_by(MemberBlock.set_at, MemberBlock.id)))


def blocks_of(member_id: UUID, *, limit: int = 20) -> list[MemberBlock]:
    """Return the blocks of a member, lifted or not, the newest first."""
    wanted = sa.select(MemberBlock).where(MemberBlock.member_id == member_id)
    return list(db.session.scalars(wanted.order_by(MemberBlock.set_at.desc(), MemberBlock.id.desc()).limit(limit)))


def find_open_block(member_id: UUID, source: Mapping[str, Any]) -> MemberBlock | None:
    """Return the open block of a source: its kind, source_kind and source_id."""
    return db.session.scalar(
        sa.select(MemberBlock).where(
            MemberBlock.member_id == member_id,
            MemberBlock.kind == source["kind"],
            MemberBlock.source_kind == source["source_kind"],
            MemberBlock.source_id == source["source_id"],
            MemberBlock.lifted_at.is_(None),
        )
    )


def hold_member(member_id: UUID) -> None:
    """Let nobody else set a block or sign for a member until this transaction ends: one of the two comes first."""
    db.session.execute(sa.select(Member.id).where(Member.member_id == member_id).with_for_update())
