"""Which records of standards and assessments travel, and what the hub refuses of what a country sends."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation import streams
from sri_admin.federation.kinds import Contradiction, Kind, Missing, Objection
from sri_admin.federation.stream_names import HUB_MEMBER, HUB_REGISTRY, MEMBER_OPS
from sri_admin.federation.wire import WireBoolean, WireDate, WireInstant, WireText, WireUUID
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.evidence import Evidence
from sri_admin.integrity.models.review import AssessmentStep, ItemReview
from sri_admin.integrity.models.standard import AssessmentCall, AssessmentCycle, Criterion, StandardEdition
from sri_admin.integrity.queries.arriving import objection_to
from sri_admin.integrity.queries.standards import find_cycle
from sri_admin.integrity.rules.answers import Answer
from sri_admin.integrity.rules.edition import Metric, Zone
from sri_admin.integrity.rules.evidence import LARGEST, LONGEST_TITLE, Custody, EvidenceKind
from sri_admin.integrity.rules.review import LONGEST_COMMENT, Verdict
from sri_admin.integrity.rules.snapshot import LONGEST
from sri_admin.integrity.rules.standing import CycleState, Step

_UID = validate.Regexp(r"^[a-z][a-z0-9_]{0,39}\Z")
_DIGEST = validate.Regexp(r"^[0-9a-f]{64}\Z")
_REASON = validate.Length(max=2000)


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


def _known_cycle(_member_id: UUID, payloads: Mapping[UUID, Mapping[str, Any]]) -> Mapping[UUID, Objection]:
    """A call waits for its round, which comes in the registry."""
    wanted = {rec: UUID(payload["cycle_id"]) for rec, payload in payloads.items()}
    return {rec: Missing(cycle_id) for rec, cycle_id in wanted.items() if find_cycle(cycle_id) is None}


def _sound_snapshot(member_id: UUID, payloads: Mapping[UUID, Mapping[str, Any]]) -> Mapping[UUID, Objection]:
    """SRI takes only what a country could have signed off itself; whoever reviews it judges, nobody else."""
    if not streams.writes_here(HUB_MEMBER, member_id):
        return {}
    judged = {rec: objection_to(member_id, rec, payload) for rec, payload in payloads.items()}
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
    check=_sound_snapshot,
)
ITEM_REVIEW = Kind(
    name="integrity.item_review", model=ItemReview, schema=ReviewWire, stream=HUB_MEMBER, append_only=True
)
STEP = Kind(name="integrity.step", model=AssessmentStep, schema=StepWire, stream=HUB_MEMBER, append_only=True)
KINDS = (EDITION, CRITERION, CYCLE, CALL, EVIDENCE, SNAPSHOT, ITEM_REVIEW, STEP)
