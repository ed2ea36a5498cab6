"""Setting and lifting blocks; the parts above do it, no page or API of this part."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.work import record
from sri_admin.members.events import MemberBlocked, MemberUnblocked
from sri_admin.members.models.block import MemberBlock
from sri_admin.members.models.member import Member
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.blocks import find_open_block, hold_member

Values = Mapping[str, Any]


def set_block(actor: Actor, member: Member, *, values: Values) -> MemberBlock:
    """Hold a member back until the source of the block is dealt with; a source that holds already stays as it is."""
    POLICY.require(actor, "members.block.set", member)
    hold_member(member.member_id)
    known = find_open_block(member.member_id, values)
    if known is not None:
        return known
    block = MemberBlock(
        member_id=member.member_id,
        id=values.get("id") or ids.new(),
        kind=values["kind"],
        source_kind=values["source_kind"],
        source_id=values["source_id"],
        reason=values["reason"],
        set_at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(block)
    record(actor, MemberBlocked(**_about(block), reason=block.reason), block)
    return block


def lift_block(actor: Actor, member: Member, *, values: Values) -> MemberBlock | None:
    """Take back what one source holds; blocks of other sources stay. None if it holds nothing."""
    POLICY.require(actor, "members.block.lift", member)
    block = find_open_block(member.member_id, values)
    if block is None:
        return None
    block.lifted_at, block.lifted_by = clock.now(), actor.role
    record(actor, MemberUnblocked(**_about(block)), block)
    return block


def _about(block: MemberBlock) -> dict[str, Any]:
    return {"member_id": block.member_id, "subject": block.member_id, "kind": block.kind}
