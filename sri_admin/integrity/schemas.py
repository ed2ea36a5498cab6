"""Shapes of standards, assessments and findings at the doors."""

from marshmallow import fields

from sri_admin.integrity.rules.answers import LONGEST_REASON, LONGEST_STATEMENT, Answer
from sri_admin.integrity.rules.evidence import LONGEST_TITLE, EvidenceKind
from sri_admin.integrity.rules.finding import DECISIONS, LONGEST_TEXT, VERIFICATIONS, Cause, Move, Reply, Severity
from sri_admin.integrity.rules.review import LONGEST_COMMENT, Verdict
from sri_admin.integrity.rules.standing import Stage
from sri_admin.kernel.schema import Schema, one_of, validate
from sri_admin.members.rules.office import Office

_LONG = validate.Length(max=LONGEST_COMMENT)
_TEXT = validate.Length(1, LONGEST_TEXT)
_MAYBE = validate.Length(max=LONGEST_TEXT)


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


class FindingIn(Schema):
    """What was found."""

    id = fields.UUID()
    severity = fields.Enum(Severity, by_value=True, required=True)
    observed = fields.String(required=True, validate=_TEXT)


class ReplyIn(Schema):
    """What a country says to a finding."""

    id = fields.UUID()
    reply = fields.Enum(Reply, by_value=True, required=True)
    reason = fields.String(validate=_MAYBE)


class ActionIn(Schema):
    """What a country will do about a finding."""

    id = fields.UUID()
    cause = fields.Enum(Cause, by_value=True)
    cause_text = fields.String(validate=_MAYBE)
    what = fields.String(required=True, validate=_TEXT)
    office = fields.Enum(Office, by_value=True, required=True)
    due_on = fields.Date(required=True)


class ReportIn(Schema):
    """That an action is done."""

    id = fields.UUID()
    done_on = fields.Date(required=True)
    statement = fields.String(required=True, validate=_TEXT)
    evidence_ids = fields.List(fields.UUID())


class ExtensionIn(Schema):
    """More time, and why."""

    due_on = fields.Date(required=True)
    reason = fields.String(required=True, validate=_TEXT)


class DecisionIn(Schema):
    """What becomes of a disputed finding, and why."""

    move = fields.Enum(Move, by_value=True, required=True, validate=one_of(DECISIONS))
    severity = fields.Enum(Severity, by_value=True)
    reason = fields.String(required=True, validate=_TEXT)


class VerificationIn(Schema):
    """Whether what was done is effective."""

    report_id = fields.UUID(required=True)
    move = fields.Enum(Move, by_value=True, required=True, validate=one_of(VERIFICATIONS))
    reason = fields.String(validate=_MAYBE)


class FindingQuery(Schema):
    """Which findings are asked for."""

    show = fields.String(validate=one_of(["open", "all"]))


class FindingOut(Schema):
    """A finding and how it stands now."""

    id = fields.UUID(attribute="finding.id")
    ref_no = fields.String(attribute="finding.ref_no")
    snapshot_id = fields.UUID(attribute="finding.snapshot_id")
    criterion = fields.String(attribute="finding.criterion")
    title = fields.String(attribute="finding.title")
    requirement = fields.String(attribute="finding.requirement")
    observed = fields.String(attribute="finding.observed")
    issued_at = fields.DateTime(attribute="finding.at")
    severity = fields.Enum(Severity, by_value=True, attribute="standing.severity")
    state = fields.String(attribute="standing.state.value")
    due_on = fields.Date(attribute="standing.due_on", allow_none=True)
    report_id = fields.UUID(attribute="standing.report_id", allow_none=True)


class FindingRows(Schema):
    """The findings of a country, the newest first."""

    rows = fields.List(fields.Nested(FindingOut))
