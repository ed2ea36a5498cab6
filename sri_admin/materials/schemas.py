"""Shapes of materials at the doors."""

from marshmallow import fields

from sri_admin.kernel.schema import Schema, validate
from sri_admin.materials.rules.releases import LicenceClass, WorkKind
from sri_admin.members.rules.agreement import ProgrammeType
from sri_admin.program.rules import Point


class WorkIn(Schema):
    """A work to be entered."""

    id = fields.UUID()
    code = fields.String(required=True, validate=validate.Regexp(r"[a-z][a-z0-9-]{2,58}\Z"))
    title = fields.String(required=True, validate=validate.Length(1, 200))
    kind = fields.Enum(WorkKind, by_value=True, required=True)
    points = fields.List(fields.Enum(Point, by_value=True), load_default=list)
    programme_type = fields.Enum(ProgrammeType, by_value=True, required=True)
    licence_class = fields.Enum(LicenceClass, by_value=True, required=True)


class DraftIn(Schema):
    """The text of a draft."""

    markdown = fields.String(required=True)


class JudgementIn(Schema):
    """What is said of the blocks of a draft, one answer a block in the order of the text."""

    uid = fields.List(fields.String(), required=True)
    risk = fields.List(fields.String(), required=True)
    change = fields.List(fields.String(), required=True)


class ReleaseIn(Schema):
    """The number of a release, and what it says of its changes."""

    version_no = fields.String(required=True, validate=validate.Length(max=20))
    notes = fields.String(required=True, validate=validate.Length(1, 2000))


class ReadingQuery(Schema):
    """Which release is read: a language, and a number if it is not the newest."""

    language = fields.String(validate=validate.Length(max=35))
    release = fields.String(validate=validate.Length(max=20))


class ReleaseOut(Schema):
    """A release as programs see it."""

    id = fields.UUID()
    language = fields.String()
    version_no = fields.String()
    notes = fields.String()
    manifest = fields.String()
    signature = fields.String()
    kid = fields.String()
    at = fields.DateTime()


class WorkOut(Schema):
    """A work as programs see it, and how it stands for the member who asks."""

    id = fields.UUID()
    code = fields.String()
    title = fields.Function(lambda work: str(work.title))
    kind = fields.Enum(WorkKind, by_value=True)
    points = fields.List(fields.String())
    programme_type = fields.String()
    licence_class = fields.Enum(LicenceClass, by_value=True)
    current_version = fields.String(allow_none=True)
    languages = fields.List(fields.String())
    version = fields.Integer()


class WorkStandingOut(Schema):
    """A work and why a member may have it or not."""

    work = fields.Nested(WorkOut)
    standing = fields.Function(lambda row: row.standing.value)


class WorkRows(Schema):
    """The catalogue as one member sees it."""

    rows = fields.List(fields.Nested(WorkStandingOut))


class WorkList(Schema):
    """The catalogue."""

    rows = fields.List(fields.Nested(WorkOut))


class ReleaseRows(Schema):
    """The releases of a work."""

    rows = fields.List(fields.Nested(ReleaseOut))


class DraftOut(Schema):
    """A draft as programs see it."""

    id = fields.UUID()
    markdown = fields.String()
    blocks = fields.List(fields.Dict())
    version = fields.Integer()
