"""Shapes of standards and assessments at the doors."""

from marshmallow import fields

from sri_admin.integrity.rules.answers import LONGEST_REASON, LONGEST_STATEMENT, Answer
from sri_admin.integrity.rules.evidence import LONGEST_TITLE, EvidenceKind
from sri_admin.integrity.rules.review import LONGEST_COMMENT, Verdict
from sri_admin.integrity.rules.standing import Stage
from sri_admin.kernel.schema import Schema, one_of, validate

_LONG = validate.Length(max=LONGEST_COMMENT)


class NothingIn(Schema):
    """No answers: the form itself is the act."""


class CycleIn(Schema):
    """A round to be opened."""

    name = fields.String(required=True, validate=validate.Length(1, 120))
    due_on = fields.Date(required=True)
    covers_from = fields.Date(required=True)
    covers_to = fields.Date(required=True)


class RoundEndIn(Schema):
    """Why a round ends."""

    reason = fields.String(required=True, validate=validate.Length(1, 1000))


class CriterionAnswerIn(Schema):
    """What is answered to one criterion so far; `then` says where the form leads."""

    answer = fields.Enum(Answer, by_value=True)
    reason = fields.String(validate=validate.Length(max=LONGEST_REASON))
    statement = fields.String(validate=validate.Length(max=LONGEST_STATEMENT))
    then = fields.String(validate=one_of(("next", "evidence")))


class EvidenceIn(Schema):
    """What a file shows."""

    title = fields.String(required=True, validate=validate.Length(1, LONGEST_TITLE))
    kind = fields.Enum(EvidenceKind, by_value=True, required=True)
    covers_from = fields.Date(required=True)
    covers_to = fields.Date(required=True)


class EvidenceNamingIn(Schema):
    """Whether an answer names a piece of evidence."""

    named = fields.Boolean(required=True)


class SignOffIn(Schema):
    """Exactly which answers are signed off."""

    content_sha256 = fields.String(required=True, validate=validate.Length(equal=64))


class AnswersBackIn(Schema):
    """Why answers go back; the operation asks for the reason, so that its sentence fits."""

    reason = fields.String(validate=validate.Length(max=1000))


class ItemReviewIn(Schema):
    """What SRI says of one answer."""

    verdict = fields.Enum(Verdict, by_value=True, required=True)
    score = fields.Enum(Answer, by_value=True)
    comment = fields.String(validate=_LONG)
    note = fields.String(validate=_LONG)


class SnapshotReturnIn(Schema):
    """Why an assessment goes back, and which answers that is about."""

    reason = fields.String(validate=_LONG)
    criteria = fields.List(fields.String(validate=validate.Length(max=40)))


class AssessmentOut(Schema):
    """How a country's assessment in one round stands, for programs."""

    cycle_id = fields.UUID(attribute="cycle.id")
    name = fields.String(attribute="cycle.name")
    due_on = fields.Date(attribute="call.due_on")
    stage = fields.Enum(Stage, by_value=True)
    revision = fields.Integer()


class AssessmentRows(Schema):
    """The assessments of a country."""

    rows = fields.List(fields.Nested(AssessmentOut))


class SnapshotItemOut(Schema):
    """An answer that was signed off, and what SRI says of it."""

    criterion = fields.Function(lambda row: row.item.uid)
    answer = fields.Function(lambda row: row.item.answer.value)
    statement = fields.Function(lambda row: row.item.statement)
    reason = fields.Function(lambda row: row.item.reason)
    evidence = fields.Function(lambda row: [each.sha256 for each in row.item.evidence])
    verdict = fields.Function(lambda row: row.review.verdict.value if row.review else None)
    score = fields.Function(lambda row: row.settled.value if row.settled else None)
    comment = fields.Function(lambda row: row.review.comment if row.review else "")


class SnapshotOut(Schema):
    """A snapshot and its reviews."""

    id = fields.UUID(attribute="snapshot.id")
    revision = fields.Integer(attribute="snapshot.revision")
    content_sha256 = fields.String(attribute="snapshot.content_sha256")
    signed_at = fields.DateTime(attribute="snapshot.at")
    items = fields.List(fields.Nested(SnapshotItemOut))


class CriterionAnswerOut(Schema):
    """An answer as it is kept so far."""

    criterion = fields.String()
    answer = fields.Enum(Answer, by_value=True)
    statement = fields.String()
    reason = fields.String()
    version = fields.Integer()


class ItemReviewOut(Schema):
    """A review as it was kept."""

    id = fields.UUID()
    criterion = fields.String()
    verdict = fields.Enum(Verdict, by_value=True)
    at = fields.DateTime()
