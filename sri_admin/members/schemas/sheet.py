"""Shapes of exports and imports at the doors."""

from marshmallow import fields

from sri_admin.kernel.schema import Schema, one_of, validate
from sri_admin.kernel.sheets import FileFormat
from sri_admin.members.rules.agreement import AgreementKind, ShownState
from sri_admin.members.rules.member import Hosting, MemberState
from sri_admin.members.rules.sheets import IMPORTED, ExportState, ImportState, Outcome, SheetKind

SEPARATORS = (",", ";")


class MannerIn(Schema):
    """How a file is written."""

    format = fields.Enum(FileFormat, by_value=True, load_default=FileFormat.XLSX)
    separator = fields.String(load_default=",", validate=one_of(SEPARATORS))
    marked = fields.Boolean(load_default=True)


class ExportFilters(Schema):
    """Which rows are taken out: the filters of the lists."""

    q = fields.String(validate=validate.Length(max=100))
    state = fields.Enum(MemberState, by_value=True)
    region = fields.String(validate=validate.Length(max=20))
    hosting = fields.Enum(Hosting, by_value=True)
    shown = fields.Enum(ShownState, by_value=True)
    agreement_kind = fields.Enum(AgreementKind, by_value=True)


class ExportQuery(ExportFilters):
    """The filters an export begins with, and which table it is."""

    kind = fields.Enum(SheetKind, by_value=True, load_default=SheetKind.MEMBERS)


class ExportIn(MannerIn, ExportFilters):
    """A table to be taken out."""

    id = fields.UUID()
    kind = fields.Enum(SheetKind, by_value=True, required=True)


class ExportOut(Schema):
    """An export as programs see it; once it is ready, its file can be fetched."""

    id = fields.UUID()
    kind = fields.Enum(SheetKind, by_value=True)
    format = fields.Enum(FileFormat, by_value=True)
    state = fields.Enum(ExportState, by_value=True)
    done = fields.Integer()
    total = fields.Integer()
    expires_at = fields.AwareDateTime()


class TemplateQuery(MannerIn):
    """Which empty sheet is asked for."""

    kind = fields.Enum(SheetKind, by_value=True, load_default=SheetKind.MEMBERS, validate=one_of(IMPORTED))


class ImportIn(Schema):
    """A file to be brought in; it is read and checked, and nothing is changed yet."""

    id = fields.UUID()
    kind = fields.Enum(SheetKind, by_value=True, required=True, validate=one_of(IMPORTED))


class ImportQuery(Schema):
    """What a file sent through the API is about, and what it is called."""

    kind = fields.Enum(SheetKind, by_value=True, required=True, validate=one_of(IMPORTED))
    name = fields.String(load_default="sheet", validate=validate.Length(max=200))
    id = fields.UUID()


class DayOrderIn(Schema):
    """How dates like 03/04/2026 are meant."""

    month_first = fields.Boolean(required=True)


class ImportOut(Schema):
    """An import as programs see it."""

    id = fields.UUID()
    kind = fields.Enum(SheetKind, by_value=True)
    state = fields.Enum(ImportState, by_value=True)
    file_name = fields.String()
    encoding = fields.String(allow_none=True)
    is_unclear = fields.Boolean()
    ignored = fields.List(fields.String())
    problem = fields.String(allow_none=True)
    done = fields.Integer()
    total = fields.Integer()


class ImportRowOut(Schema):
    """One row of an import, what becomes of it, and what is wrong with it."""

    number = fields.Integer()
    target = fields.String()
    outcome = fields.Enum(Outcome, by_value=True)
    faults = fields.List(fields.Dict())


class ImportRowList(Schema):
    """The rows of an import."""

    rows = fields.List(fields.Nested(ImportRowOut))
