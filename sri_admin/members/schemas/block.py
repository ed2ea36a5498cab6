"""Shapes of blocks at the doors."""

from marshmallow import fields

from sri_admin.kernel.schema import Schema
from sri_admin.members.rules.block import BlockKind


class BlockOut(Schema):
    """What holds a member back, in the caller's language."""

    id = fields.UUID()
    kind = fields.Enum(BlockKind, by_value=True)
    source_kind = fields.String()
    source_id = fields.UUID()
    reason = fields.String()
    set_at = fields.DateTime()
    lifted_at = fields.DateTime(allow_none=True)


class BlockList(Schema):
    """The blocks of a member, the newest first."""

    rows = fields.List(fields.Nested(BlockOut))
