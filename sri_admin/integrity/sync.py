"""Which records of standards and assessments travel, and what the hub refuses of what a country sends."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation import streams
from sri_admin.federation.kinds import Contradiction, Kind, Missing, Objection
from sri_admin.federation.stream_names import HUB_MEMBER, HUB_REGISTRY, MEMBER_OPS
from sri_admin.federation.wire import WireBoolean, WireDate, WireInstant, WireText, WireUUID
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.evidence import Evidence
from sri_admin.integrity.models.finding import ActionReport, CorrectiveAction, Finding, FindingReply, FindingStep
from sri_admin.integrity.models.review import AssessmentStep, ItemReview
from sri_admin.integrity.models.standard import AssessmentCall, AssessmentCycle, Criterion, StandardEdition
from sri_admin.integrity.queries.arriving import objection_to
from sri_admin.integrity.queries.replying import objection_to_action, objection_to_reply, objection_to_report
from sri_admin.integrity.queries.standards import find_cycle
from sri_admin.integrity.rules.answers import Answer
from sri_admin.integrity.rules.edition import Metric, Zone
from sri_admin.integrity.rules.evidence import LARGEST, LONGEST_TITLE, Custody, EvidenceKind
from sri_admin.integrity.rules.finding import Cause, Move, Reply, Severity
from sri_admin.integrity.rules.review import LONGEST_COMMENT, Verdict
from sri_admin.integrity.rules.snapshot import LONGEST
from sri_admin.integrity.rules.standing import CycleState, Step
from sri_admin.members.rules.office import Office

_UID = validate.Regexp(r"^[a-z][a-z0-9_]{0,39}\Z")
_DIGEST = validate.Regexp(r"^[0-9a-f]{64}\Z")
_REASON = validate.Length(max=2000)
_ID = validate.Regexp(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


class DoneWire(Wire):
    """Who did it, as what, and when."""

    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class EditionWire(Wire):
    """integrity.edition/1."""

    code = fields.String(required=True, validate=validate.Length(1, 60))
    edition_no = fields.String(required=True, validate=validate.Length(1, 20))
    names = WireText(required=True)
    in_force_from = WireDate(required=True)
    is_draft = WireBoolean(required=True)


class CriterionWire(Wire):
    """integrity.criterion/1."""

    edition_id = WireUUID(required=True)
    uid = fields.String(required=True, validate=_UID)
    place = fields.Integer(strict=True, required=True, validate=validate.Range(1, 999))
    ref = fields.String(required=True, validate=validate.Length(1, 20))
    title = WireText(required=True)
    prompt = WireText(required=True)
    expectation = WireText(required=True)
    zone = fields.Enum(Zone, by_value=True, required=True)
    is_critical = WireBoolean(required=True)
    metric = fields.Enum(Metric, by_value=True, allow_none=True)


class CycleWire(Wire):
    """integrity.cycle/1."""

    edition_id = WireUUID(required=True)
    name = fields.String(required=True, validate=validate.Length(1, 120))
    opens_on = WireDate(required=True)
    due_on = WireDate(required=True)
    covers_from = WireDate(required=True)
    covers_to = WireDate(required=True)
    state = fields.Enum(CycleState, by_value=True, required=True)
    closed_on = WireDate(allow_none=True)


class CallWire(DoneWire):
    """integrity.call/1."""

    cycle_id = WireUUID(required=True)
    edition_id = WireUUID(required=True)
    due_on = WireDate(required=True)


class EvidenceWire(DoneWire):
    """integrity.evidence/1: what there is and its digest; the file never travels, nor does the name it had."""

    title = fields.String(required=True, validate=validate.Length(1, LONGEST_TITLE))
    kind = fields.Enum(EvidenceKind, by_value=True, required=True)
    covers_from = WireDate(required=True)
    covers_to = WireDate(required=True)
    custody = fields.Enum(Custody, by_value=True, required=True)
    sha256 = fields.String(required=True, validate=_DIGEST)
    size = fields.Integer(strict=True, required=True, validate=validate.Range(1, LARGEST))
    media_type = fields.String(required=True, validate=validate.Regexp(r"^application/pdf\Z"))


class SnapshotWire(DoneWire):
    """integrity.snapshot/1."""

    cycle_id = WireUUID(required=True)
    edition_id = WireUUID(required=True)
    revision = fields.Integer(strict=True, required=True, validate=validate.Range(1, 999))
    content = fields.String(required=True, validate=validate.Length(2, LONGEST))
    content_sha256 = fields.String(required=True, validate=_DIGEST)
    answered_by = fields.List(fields.String(), required=True, validate=validate.Length(1, 200))
    proposed_by = fields.String(required=True)
    proposed_at = WireInstant(required=True)
    kid = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{16}\Z"))
    signature = fields.String(required=True, validate=validate.Length(max=100))


class ReviewWire(DoneWire):
    """integrity.item_review/1."""

    snapshot_id = WireUUID(required=True)
    criterion = fields.String(required=True, validate=_UID)
    verdict = fields.Enum(Verdict, by_value=True, required=True)
    score = fields.Enum(Answer, by_value=True, allow_none=True)
    comment = fields.String(required=True, validate=validate.Length(max=LONGEST_COMMENT))
    authors = fields.List(fields.String(), required=True)


class StepWire(DoneWire):
    """integrity.step/1."""

    snapshot_id = WireUUID(required=True)
    place = fields.Integer(strict=True, required=True, validate=validate.Range(1, 999))
    step = fields.Enum(Step, by_value=True, required=True)
    reason = fields.String(required=True, validate=_REASON)
    criteria = fields.List(fields.String(), required=True)


class FindingWire(DoneWire):
    """integrity.finding/1."""

    ref_no = fields.String(required=True, validate=validate.Length(1, 60))
    snapshot_id = WireUUID(required=True)
    criterion = fields.String(required=True, validate=_UID)
    severity = fields.Enum(Severity, by_value=True, required=True)
    title = WireText(required=True)
    requirement = WireText(required=True)
    observed = WireText(required=True)
    due_on = WireDate(allow_none=True)
    reviewers = fields.List(fields.String(), required=True)


class FindingStepWire(DoneWire):
    """integrity.finding_step/1."""

    finding_id = WireUUID(required=True)
    place = fields.Integer(strict=True, required=True, validate=validate.Range(1, 999))
    move = fields.Enum(Move, by_value=True, required=True)
    reason = fields.String(required=True, validate=_REASON)
    severity = fields.Enum(Severity, by_value=True, allow_none=True)
    due_on = WireDate(allow_none=True)
    about = WireUUID(allow_none=True)
    issuer = fields.String(required=True)
    reviewers = fields.List(fields.String(), required=True)
    doers = fields.List(fields.String(), required=True)


class ReplyWire(DoneWire):
    """integrity.finding_reply/1."""

    finding_id = WireUUID(required=True)
    reply = fields.Enum(Reply, by_value=True, required=True)
    reason = fields.String(required=True, validate=_REASON)


class ActionWire(DoneWire):
    """integrity.corrective_action/1."""

    finding_id = WireUUID(required=True)
    cause = fields.Enum(Cause, by_value=True, allow_none=True)
    cause_text = fields.String(required=True, validate=_REASON)
    what = fields.String(required=True, validate=_REASON)
    office = fields.Enum(Office, by_value=True, required=True)
    due_on = WireDate(required=True)


class ReportWire(DoneWire):
    """integrity.action_report/1."""

    finding_id = WireUUID(required=True)
    action_id = WireUUID(required=True)
    done_on = WireDate(required=True)
    statement = fields.String(required=True, validate=validate.Length(1, 2000))
    evidence_ids = fields.List(fields.String(validate=_ID), required=True)


def _known_cycle(_member_id: UUID, payloads: Mapping[UUID, Mapping[str, Any]]) -> Mapping[UUID, Objection]:
    """A call waits for its round, which comes in the registry."""
    wanted = {rec: UUID(payload["cycle_id"]) for rec, payload in payloads.items()}
    return {rec: Missing(cycle_id) for rec, cycle_id in wanted.items() if find_cycle(cycle_id) is None}


Judge = Callable[[UUID, UUID, Mapping[str, Any]], UUID | str | None]
Check = Callable[[UUID, Mapping[UUID, Mapping[str, Any]]], Mapping[UUID, Objection]]


def judged_by(judge: Judge) -> Check:
    """SRI takes only what a country could have written itself; whoever reviews it judges, nobody else."""

    def check(member_id: UUID, payloads: Mapping[UUID, Mapping[str, Any]]) -> Mapping[UUID, Objection]:
        if not streams.writes_here(HUB_MEMBER, member_id):
            return {}
        return _objections({rec: judge(member_id, rec, payload) for rec, payload in payloads.items()})

    return check


def _objections(judged: Mapping[UUID, UUID | str | None]) -> Mapping[UUID, Objection]:
    return {
        rec: Missing(each) if isinstance(each, UUID) else Contradiction(f"integrity.{each}")
        for rec, each in judged.items()
        if each is not None
    }


EDITION = Kind(
    name="integrity.edition", model=StandardEdition, schema=EditionWire, stream=HUB_REGISTRY, append_only=True
)
CRITERION = Kind(
    name="integrity.criterion", model=Criterion, schema=CriterionWire, stream=HUB_REGISTRY, append_only=True
)
CYCLE = Kind(name="integrity.cycle", model=AssessmentCycle, schema=CycleWire, stream=HUB_REGISTRY)
CALL = Kind(
    name="integrity.call",
    model=AssessmentCall,
    schema=CallWire,
    stream=HUB_MEMBER,
    append_only=True,
    check=_known_cycle,
)
EVIDENCE = Kind(name="integrity.evidence", model=Evidence, schema=EvidenceWire, stream=MEMBER_OPS, append_only=True)
SNAPSHOT = Kind(
    name="integrity.snapshot",
    model=AssessmentSnapshot,
    schema=SnapshotWire,
    stream=MEMBER_OPS,
    append_only=True,
    check=judged_by(objection_to),
)
ITEM_REVIEW = Kind(
    name="integrity.item_review", model=ItemReview, schema=ReviewWire, stream=HUB_MEMBER, append_only=True
)
STEP = Kind(name="integrity.step", model=AssessmentStep, schema=StepWire, stream=HUB_MEMBER, append_only=True)
FINDING = Kind(name="integrity.finding", model=Finding, schema=FindingWire, stream=HUB_MEMBER, append_only=True)
FINDING_STEP = Kind(
    name="integrity.finding_step", model=FindingStep, schema=FindingStepWire, stream=HUB_MEMBER, append_only=True
)
FINDING_REPLY = Kind(
    name="integrity.finding_reply",
    model=FindingReply,
    schema=ReplyWire,
    stream=MEMBER_OPS,
    append_only=True,
    check=judged_by(objection_to_reply),
)
CORRECTIVE_ACTION = Kind(
    name="integrity.corrective_action",
    model=CorrectiveAction,
    schema=ActionWire,
    stream=MEMBER_OPS,
    append_only=True,
    check=judged_by(objection_to_action),
)
ACTION_REPORT = Kind(
    name="integrity.action_report",
    model=ActionReport,
    schema=ReportWire,
    stream=MEMBER_OPS,
    append_only=True,
    check=judged_by(objection_to_report),
)
FINDING_KINDS = (FINDING, FINDING_STEP, FINDING_REPLY, CORRECTIVE_ACTION, ACTION_REPORT)
KINDS = (EDITION, CRITERION, CYCLE, CALL, EVIDENCE, SNAPSHOT, ITEM_REVIEW, STEP, *FINDING_KINDS)
