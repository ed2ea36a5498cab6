"""What comes in at the doors of the exchange: a node's hello, what staff enter, what a page is asked for."""

from sri_admin.federation import limits
from sri_admin.federation.key_life import WITHDRAWN
from sri_admin.federation.lines import HASH_TEXT, KIND_TEXT, STREAM_TEXT
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import Schema, fields, validate

_MOST_STREAMS, _MOST_KINDS = 500, 500


class PositionIn(Schema):
    """Where a node stands in one stream."""

    stream = fields.String(
        required=True,
        validate=[validate.Length(max=limits.STREAM_NAME_CHARACTERS), validate.Regexp(rf"^{STREAM_TEXT.pattern}\Z")],
    )
    epoch = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=limits.INTEGER_MAX))
    n = fields.Integer(strict=True, required=True, validate=validate.Range(min=0, max=limits.INTEGER_MAX))
    chain = fields.String(required=True, validate=validate.Regexp(rf"^{HASH_TEXT.pattern}\Z"))


class HelloIn(Schema):
    """What a node says when it comes."""

    node_id = fields.UUID(required=True)
    incarnation = fields.UUID(required=True)
    software = fields.String(required=True, validate=validate.Length(min=1, max=60))
    protocols = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(min=1, max=20))
    schemas = fields.Dict(
        keys=fields.String(
            validate=[validate.Length(max=limits.KIND_CHARACTERS), validate.Regexp(rf"^{KIND_TEXT.pattern}\Z")]
        ),
        values=fields.List(fields.Integer(strict=True), validate=validate.Length(equal=2)),
        required=True,
        validate=validate.Length(max=_MOST_KINDS),
    )
    streams = fields.List(fields.Nested(PositionIn), required=True, validate=validate.Length(max=_MOST_STREAMS))
    trouble = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=60))
    lacks = fields.List(
        fields.String(validate=validate.Regexp(rf"^{HASH_TEXT.pattern}\Z")),
        load_default=list,
        validate=validate.Length(max=limits.FILES_NAMED),
    )
    now = fields.AwareDateTime(required=True)


class ChangesQuery(Schema):
    """Which page of a stream a node asks for."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=limits.CURSOR_CHARACTERS))
    max_changes = fields.Integer(
        load_default=limits.PAGE_CHANGES, validate=validate.Range(min=1, max=limits.PAGE_CHANGES)
    )
    max_bytes = fields.Integer(load_default=limits.PAGE_BYTES, validate=validate.Range(min=1024, max=limits.PAGE_BYTES))


_HASH = validate.Regexp(rf"^{HASH_TEXT.pattern}\Z")


class WholeQuery(Schema):
    """Whether a node that shares no line with the hub any more asks for all there was."""

    whole = fields.Boolean(load_default=False)


class SnapshotQuery(WholeQuery):
    """Which page of which snapshot a node asks for."""

    digest = fields.String(required=True, validate=_HASH)
    epoch = fields.Integer(required=True, validate=validate.Range(min=0, max=limits.INTEGER_MAX))
    n = fields.Integer(required=True, validate=validate.Range(min=0, max=limits.INTEGER_MAX))
    total = fields.String(required=True, validate=_HASH)


class SnapshotIn(Schema):
    """Which snapshot a person lets stand, and why."""

    member_id = fields.UUID(required=True)
    snapshot = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.Length(min=3, max=1000))


class CodeIn(Schema):
    """For which country a code is made."""

    country = fields.String(required=True, validate=validate.Length(min=2, max=10))


class RequestIn(Schema):
    """The code with which a node asks to join by stick."""

    code = fields.String(required=True, validate=validate.Length(min=1, max=100))


class StickIn(Schema):
    """In files of how many MiB a stick is written, and at the hub for which node."""

    size = fields.Integer(required=True, validate=validate.OneOf([16, 64, 4000]))
    node = fields.UUID(load_default=None, allow_none=True)


class StickQuery(Schema):
    """For which node a stick is to be written."""

    node = fields.UUID(load_default=None)


class AloneIn(Schema):
    """Why a restored installation goes on before it heard from the other side."""

    reason = fields.String(required=True, validate=validate.Length(min=10, max=1000))


class ApprovalIn(Schema):
    """That the digits were compared."""

    compared = fields.String(
        required=True,
        validate=validate.Equal("1"),
        error_messages={"required": _l("Compare the digits first, then tick this box.")},  # pyright: ignore[reportArgumentType] - lazy text
    )


_REASON = [validate.Length(min=3, max=1000)]


class GraveIn(Schema):
    """Why a grave act is done."""

    reason = fields.String(required=True, validate=_REASON)


class KeepIn(GraveIn):
    """Which copy of a node goes on."""

    incarnation = fields.UUID(required=True)


class HandoverIn(GraveIn):
    """Where a country's records go."""

    direction = fields.String(required=True, validate=validate.OneOf(["to_node", "to_hub"]))


class SalvageIn(Schema):
    """What was written before a restore and is taken over: one record, or everything of its owner."""

    member_id = fields.UUID(required=True)
    line = fields.UUID(load_default=None, allow_none=True)


class SalvageOutIn(GraveIn):
    """What was written before a restore and is left out."""

    member_id = fields.UUID(required=True)
    line = fields.UUID(required=True)


class WithdrawalIn(Schema):
    """Why a node's keys are withdrawn, and up to which lines they were in good hands."""

    reason = fields.String(required=True, validate=validate.OneOf([each.value for each in WITHDRAWN]))
    ops = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0, max=limits.INTEGER_MAX))
    contrib = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0, max=limits.INTEGER_MAX))
