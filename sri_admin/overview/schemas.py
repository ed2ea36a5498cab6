"""Shapes of what the first pages are asked."""

from sri_admin.kernel.schema import Schema, fields, validate


class SearchQuery(Schema):
    """What somebody looks for."""

    q = fields.String(validate=validate.Length(max=100))
