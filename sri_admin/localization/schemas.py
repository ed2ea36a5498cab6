"""Shapes of translations at the doors."""

from typing import Any

from marshmallow import fields

from sri_admin.kernel.schema import Schema, validate
from sri_admin.localization.rules.standing import Verdict

_tag = validate.Regexp(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


class WorkbenchQuery(Schema):
    """Which segment is open, and which ones are shown."""

    segment = fields.String(validate=validate.Length(max=60))
    show = fields.String(validate=validate.OneOf(["all", "todo", "changed", "critical", "review"]))


class SegmentIn(Schema):
    """Which segment, as the page showed it: the revision of its source and what had been said of it."""

    segment = fields.String(required=True, validate=validate.Length(max=60))
    revision = fields.String(validate=validate.Length(max=64))
    seen = fields.List(fields.String(validate=validate.Length(max=60)))


class TranslationIn(SegmentIn):
    """A wording to be contributed."""

    id = fields.UUID()
    text = fields.String(required=True, validate=validate.Length(1, 20_000))
    waiver = fields.String(validate=validate.Length(max=1000))
    show = fields.String(validate=validate.Length(max=20))


class KeepIn(Schema):
    """What has been typed so far."""

    segment = fields.String(required=True, validate=validate.Length(max=60))
    revision = fields.String(validate=validate.Length(max=64))
    seen = fields.List(fields.String(validate=validate.Length(max=60)))
    text = fields.String(validate=validate.Length(max=20_000))
    waiver = fields.String(validate=validate.Length(max=1000))
    show = fields.String(validate=validate.Length(max=20))


class VerdictIn(SegmentIn):
    """What is said of a wording."""

    contribution_id = fields.UUID(required=True)
    verdict = fields.Enum(Verdict, by_value=True, required=True)
    note = fields.String(validate=validate.Length(max=1000))
    show = fields.String(validate=validate.Length(max=20))


class LanguageGrantIn(Schema):
    """A language to be granted."""

    language = fields.String(required=True, validate=_tag)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date()


class TermIn(Schema):
    """A word of the glossary."""

    language = fields.String(required=True, validate=_tag)
    source = fields.String(required=True, validate=validate.Length(1, 120))
    target = fields.String(required=True, validate=validate.Length(1, 120))
    forbidden = fields.String(validate=validate.Length(max=300))
    note = fields.String(validate=validate.Length(max=500))


class TranslationReleaseIn(Schema):
    """The number of a translated release, and what it says."""

    version_no = fields.String(required=True, validate=validate.Length(max=20))
    notes = fields.String(required=True, validate=validate.Length(1, 2000))


def _wordings(row: Any) -> list[dict[str, str]]:
    standing = row.standing
    found = {each.version_id: each.text for each in standing.approvals}
    found |= {each.id: each.text for each in (*standing.candidates, *filter(None, [standing.waits]))}
    return [{"id": each, "text": text} for each, text in found.items()]


class SegmentOut(Schema):
    """A segment as programs see it."""

    segment = fields.Function(lambda row: row.block.uid)
    place = fields.Integer()
    source = fields.Function(lambda row: row.block.text)
    revision = fields.Function(lambda row: row.block.revision)
    risk = fields.Function(lambda row: row.block.risk.value)
    state = fields.Function(lambda row: row.standing.state.value)
    text = fields.Function(lambda row: row.standing.text)
    wordings = fields.Function(
        _wordings, metadata={"description": "the contributed wordings that wait or compete, with their ids"}
    )


class SegmentRows(Schema):
    """The segments of a text."""

    rows = fields.List(fields.Nested(SegmentOut))


class ContributionOut(Schema):
    """A contributed wording."""

    id = fields.UUID()
    language = fields.String()
    block_uid = fields.String()
    revision = fields.String()
    text = fields.String()
    at = fields.DateTime()


class TranslationReviewOut(Schema):
    """What a reviser said of a wording."""

    id = fields.UUID()
    contribution_id = fields.UUID()
    verdict = fields.Enum(Verdict, by_value=True)
    note = fields.String()
    at = fields.DateTime()


class TranslationDecisionOut(TranslationReviewOut):
    """What SRI decided on a wording, with the text itself."""

    language = fields.String()
    block_uid = fields.String()
    revision = fields.String()
    text = fields.String()


class LanguageGrantOut(Schema):
    """A language a country may translate into."""

    id = fields.UUID()
    language = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date(allow_none=True)


class LanguageGrantRows(Schema):
    """The languages of a country, the newest first."""

    rows = fields.List(fields.Nested(LanguageGrantOut))


class TermOut(Schema):
    """A word of the glossary."""

    source = fields.String()
    target = fields.String()
    forbidden = fields.List(fields.String())
    note = fields.String()


class TermRows(Schema):
    """The glossary of a language."""

    rows = fields.List(fields.Nested(TermOut))


class TranslationReleaseOut(Schema):
    """A signed release of a translation."""

    id = fields.UUID()
    language = fields.String()
    version_no = fields.String()
    notes = fields.String()
    kid = fields.String()
    at = fields.DateTime()
