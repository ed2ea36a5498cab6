"""Which records of materials travel: the card to everybody, the key with the other keys, the content by entitlement."""

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation.kinds import Kind
from sri_admin.federation.stream_names import HUB_CONTROL, HUB_MATERIALS, HUB_REGISTRY
from sri_admin.federation.wire import WireBoolean, WireInstant, WireText, WireUUID
from sri_admin.materials.models import Document, Release, ReleaseKey, Work
from sri_admin.materials.rules.releases import VERSION, LicenceClass, WorkKind

_TOPIC = ("programme_type", "licence_class")
_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
_VERSION = validate.Regexp(rf"^{VERSION.pattern}\Z")
_MOST_CHARACTERS = 900_000


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


class WorkWire(Wire):
    """materials.work/1."""

    code = fields.String(required=True, validate=validate.Length(1, 60))
    title = WireText(required=True)
    kind = fields.Enum(WorkKind, by_value=True, required=True)
    points = fields.List(fields.String(), required=True)
    programme_type = fields.String(required=True, validate=validate.Length(1, 40))
    licence_class = fields.Enum(LicenceClass, by_value=True, required=True)
    current_version = fields.String(allow_none=True, validate=_VERSION)
    languages = fields.List(fields.String(), required=True)


class ReleaseKeyWire(Wire):
    """materials.release_key/1."""

    kid = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{16}\Z"))
    public_key = fields.String(required=True, validate=validate.Length(max=64))
    revoked = WireBoolean(required=True)


class ReleaseWire(Wire):
    """materials.release/1."""

    work_id = WireUUID(required=True)
    programme_type = fields.String(required=True, validate=validate.Length(1, 40))
    licence_class = fields.Enum(LicenceClass, by_value=True, required=True)
    language = fields.String(required=True, validate=_LANGUAGE)
    version_no = fields.String(required=True, validate=_VERSION)
    source_id = WireUUID(allow_none=True)
    manifest = fields.String(required=True, validate=validate.Length(2, 20_000))
    signature = fields.String(required=True, validate=validate.Length(max=100))
    kid = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{16}\Z"))
    notes = fields.String(required=True, validate=validate.Length(max=4000))
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class DocumentWire(Wire):
    """materials.document/1."""

    release_id = WireUUID(required=True)
    programme_type = fields.String(required=True, validate=validate.Length(1, 40))
    licence_class = fields.Enum(LicenceClass, by_value=True, required=True)
    path = fields.String(required=True, validate=validate.Length(1, 100))
    content = fields.String(required=True, validate=validate.Length(2, _MOST_CHARACTERS))


WORK = Kind(name="materials.work", model=Work, schema=WorkWire, stream=HUB_REGISTRY)
RELEASE_KEY = Kind(name="materials.release_key", model=ReleaseKey, schema=ReleaseKeyWire, stream=HUB_CONTROL)
RELEASE = Kind(
    name="materials.release",
    model=Release,
    schema=ReleaseWire,
    stream=HUB_MATERIALS,
    append_only=True,
    topic=_TOPIC,
)
DOCUMENT = Kind(
    name="materials.document",
    model=Document,
    schema=DocumentWire,
    stream=HUB_MATERIALS,
    append_only=True,
    topic=_TOPIC,
)
KINDS = (RELEASE_KEY, WORK, RELEASE, DOCUMENT)
