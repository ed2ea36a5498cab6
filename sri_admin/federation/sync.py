"""The kinds the engine itself sends in `hub.control`: keys of nodes, and who writes which stream."""

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation.key_life import EndReason
from sri_admin.federation.kinds import Kind
from sri_admin.federation.limits import INTEGER_MAX, KIND_CHARACTERS
from sri_admin.federation.lines import HASH_TEXT, KIND_TEXT, STREAM_TEXT
from sri_admin.federation.models import BoxKey, ControlKey, Grant, NodeKey, SchemaFloor
from sri_admin.federation.stream_names import HUB_CONTROL
from sri_admin.federation.wire import WireBoolean, WireDate, WireUUID


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


def _places(*, required: bool = False) -> fields.Dict:
    # By stream, an epoch and a number.
    number = fields.Integer(strict=True, validate=validate.Range(0, INTEGER_MAX))
    place = fields.List(number, validate=validate.Length(equal=2))
    stream = fields.String(validate=validate.Regexp(rf"^{STREAM_TEXT.pattern}\Z"))
    return fields.Dict(keys=stream, values=place, required=required, allow_none=not required)


def _reason(*, required: bool = False) -> fields.String:
    rule = validate.OneOf([each.value for each in EndReason])
    return fields.String(required=required, allow_none=not required, validate=rule)


class NodeKeyWire(Wire):
    """federation.node_key/1."""

    node_id = WireUUID(required=True)
    subject_id = WireUUID(required=True)
    kid = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{16}\Z"))
    public_key = fields.String(required=True, validate=validate.Length(max=64))
    revoked = WireBoolean(required=True)
    begins = _places()
    ends = _places()
    ended_because = _reason()
    statement = fields.String(allow_none=True, validate=validate.Length(max=4096))


class ControlKeyWire(Wire):
    """federation.control_key/1."""

    kid = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{16}\Z"))
    ends = _places(required=True)
    ended_because = _reason(required=True)


class GrantWire(Wire):
    """federation.grant/1."""

    stream = fields.String(required=True, validate=validate.Regexp(rf"^{STREAM_TEXT.pattern}\Z"))
    epoch = fields.Integer(strict=True, required=True, validate=validate.Range(1, INTEGER_MAX))
    log_id = WireUUID(required=True)
    node_id = WireUUID(allow_none=True)
    base_n = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, INTEGER_MAX))
    base_chain = fields.String(allow_none=True, validate=validate.Regexp(rf"^{HASH_TEXT.pattern}\Z"))


class BoxKeyWire(Wire):
    """federation.box_key/1."""

    holder_id = WireUUID(required=True)
    public_key = fields.String(required=True, validate=validate.Length(max=64))


class SchemaFloorWire(Wire):
    """federation.schema_floor/1."""

    kind = fields.String(
        required=True, validate=[validate.Length(max=KIND_CHARACTERS), validate.Regexp(rf"^{KIND_TEXT.pattern}\Z")]
    )
    lowest = fields.Integer(strict=True, required=True, validate=validate.Range(1, 10_000))
    starts_on = WireDate(required=True)


NODE_KEY = Kind(name="federation.node_key", model=NodeKey, schema=NodeKeyWire, stream=HUB_CONTROL)
CONTROL_KEY = Kind(name="federation.control_key", model=ControlKey, schema=ControlKeyWire, stream=HUB_CONTROL)
GRANT = Kind(name="federation.grant", model=Grant, schema=GrantWire, stream=HUB_CONTROL)
BOX_KEY = Kind(name="federation.box_key", model=BoxKey, schema=BoxKeyWire, stream=HUB_CONTROL)
SCHEMA_FLOOR = Kind(name="federation.schema_floor", model=SchemaFloor, schema=SchemaFloorWire, stream=HUB_CONTROL)
KINDS = (NODE_KEY, CONTROL_KEY, GRANT, BOX_KEY, SCHEMA_FLOOR)
