"""What the pages of keeping are asked for."""

from sri_admin.kernel.schema import Schema, fields, validate


class DownloadQuery(Schema):
    """Which page of the log of downloads."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
