"""Shapes of office holders at the doors."""

from marshmallow import fields

from sri_admin.kernel.schema import Schema, validate
from sri_admin.members.rules.office import Office
from sri_admin.members.schemas.member import reason


def address() -> fields.String:
    """Return a field for an e-mail address."""
    return fields.String(validate=[validate.Length(max=254), validate.Email()])


class OfficeHolderIn(Schema):
    """Somebody who takes an office."""

    id = fields.UUID()
    office = fields.Enum(Office, by_value=True, required=True)
    display_name = fields.String(required=True, validate=validate.Length(1, 120))
    starts_on = fields.Date(required=True)
    ends_on = fields.Date()
    email = address()
    phone = fields.String(validate=validate.Length(max=40))
    phone_country = fields.String(validate=validate.Regexp(r"[A-Z]{2}\Z"))
    full_name = fields.String(validate=validate.Length(max=120))
    private_email = address()
    private_phone = fields.String(validate=validate.Length(max=40))


class OfficeEndIn(Schema):
    """When somebody leaves an office, and why."""

    ends_on = fields.Date(required=True)
    reason = reason(required=True)


class OfficeErasureIn(Schema):
    """Why everything about an office holder is erased."""

    reason = reason(required=True)


class OfficeHolderOut(Schema):
    """An office holder as programs see it, without the private half."""

    id = fields.UUID()
    office = fields.Enum(Office, by_value=True)
    display_name = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date(allow_none=True)
    end_reason = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    phone_country = fields.String(allow_none=True)
    version = fields.Integer()


class OfficeHolderList(Schema):
    """The office holders of one member."""

    rows = fields.List(fields.Nested(OfficeHolderOut))
