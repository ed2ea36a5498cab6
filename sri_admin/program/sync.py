"""Points and methods travel in the registry."""

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation.kinds import Kind
from sri_admin.federation.stream_names import HUB_REGISTRY
from sri_admin.federation.wire import WireText
from sri_admin.program.models import ProgramMethod, ProgramPoint
from sri_admin.program.rules import Point


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


class PointWire(Wire):
    """program.point/1."""

    code = fields.Enum(Point, by_value=True, required=True)
    place = fields.Integer(strict=True, required=True, validate=validate.Range(1, 99))
    names = WireText(required=True)


class MethodWire(Wire):
    """program.method/1."""

    code = fields.String(required=True, validate=validate.Length(1, 60))
    names = WireText(required=True)
    points = fields.List(fields.String(), required=True)


POINT = Kind(name="program.point", model=ProgramPoint, schema=PointWire, stream=HUB_REGISTRY)
METHOD = Kind(name="program.method", model=ProgramMethod, schema=MethodWire, stream=HUB_REGISTRY)
KINDS = (POINT, METHOD)
