"""Which records of returns travel. What breaks a rule between fields is refused by the table's constraints.

A revision whose data set is not here yet waits for it. Whether a revision may be received at all (hash, signature,
order, grant, hard rules) is asked once its row stands: `rules.arrival` says what becomes of it, and both sides see it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from marshmallow import INCLUDE, RAISE, Schema, fields, validate

from sri_admin.federation.kinds import Contradiction, Kind, Missing, Objection
from sri_admin.federation.stream_names import HUB_MEMBER, HUB_REGISTRY, MEMBER_OPS
from sri_admin.federation.wire import WireDate, WireInstant, WireText, WireUUID
from sri_admin.kernel.db import db
from sri_admin.reporting.models.catalogue import DataSet, IndicatorRow
from sri_admin.reporting.models.returns import CorrectionGrant, CorrectionRequest, ReturnIntake, ReturnRevision
from sri_admin.reporting.rules.arrival import Fault
from sri_admin.reporting.rules.catalogue import Method, TimeAggregation, Unit
from sri_admin.reporting.rules.standing import CorrectionReason, GrantVerdict, IntakeState
from sri_admin.reporting.rules.values import LONGEST_NOTE, MOST, Cell, ExplanationCode, ReturnKind, Status

_CODE = validate.Regexp(r"^[a-z][a-z0-9_.]{0,59}\Z")
_HASH = validate.Regexp(r"^[0-9a-f]{64}\Z")
_EDITION = validate.Range(1, 9999)
_COUNT = validate.Range(0, MOST)
_REASON = validate.Length(max=1000)


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


class Inside(Schema):
    """A part of a record that is hashed: nothing in it may be unknown."""

    class Meta:
        """Refuse what the hash would not cover."""

        unknown = RAISE


class IndicatorWire(Wire):
    """reporting.indicator/1."""

    code = fields.String(required=True, validate=_CODE)
    edition = fields.Integer(strict=True, required=True, validate=_EDITION)
    method = fields.Enum(Method, by_value=True, required=True)
    unit = fields.Enum(Unit, by_value=True, required=True)
    over_time = fields.Enum(TimeAggregation, by_value=True, required=True)
    name = WireText(required=True)
    counts = WireText(required=True)
    leaves_out = WireText(required=True)


class DataSetWire(Wire):
    """reporting.data_set/1."""

    code = fields.String(required=True, validate=_CODE)
    edition = fields.Integer(strict=True, required=True, validate=_EDITION)
    name = WireText(required=True)
    from_month = WireDate(required=True)
    indicator_ids = fields.List(WireUUID(), required=True, validate=validate.Length(1))


class CellWire(Inside):
    """What is said of one indicator."""

    indicator = fields.String(required=True, validate=_CODE)
    status = fields.Enum(Status, by_value=True, required=True)
    value = fields.Integer(strict=True, required=True, allow_none=True, validate=_COUNT)


class ExplanationWire(Inside):
    """Why an unusual value is right."""

    rule = fields.String(required=True, validate=_CODE)
    indicator = fields.String(required=True, validate=_CODE)
    code = fields.Enum(ExplanationCode, by_value=True, required=True)
    note = fields.String(required=True, validate=validate.Length(max=LONGEST_NOTE))


class RevisionWire(Wire):
    """reporting.return_revision/1."""

    month = WireDate(required=True)
    revision = fields.Integer(strict=True, required=True, validate=_EDITION)
    kind = fields.Enum(ReturnKind, by_value=True, required=True)
    data_set_id = WireUUID(required=True)
    cells = fields.List(fields.Nested(CellWire), required=True, validate=validate.Length(1))
    explanations = fields.List(fields.Nested(ExplanationWire), required=True)
    expected = fields.Integer(strict=True, allow_none=True, validate=_COUNT)
    logged = fields.Integer(strict=True, allow_none=True, validate=_COUNT)
    correction_id = WireUUID(allow_none=True)
    values_hash = fields.String(required=True, validate=_HASH)
    prepared_by = fields.String(required=True)
    prepared_at = WireInstant(required=True)
    approved_by = fields.String(required=True)
    approved_role = fields.String(required=True)
    approved_at = WireInstant(required=True)
    kid = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{16}\Z"))
    signature = fields.String(required=True, validate=validate.Length(max=100))


class IntakeWire(Wire):
    """reporting.return_intake/1."""

    revision_id = WireUUID(required=True)
    month = WireDate(required=True)
    revision = fields.Integer(strict=True, required=True, validate=_EDITION)
    values_hash = fields.String(required=True, validate=_HASH)
    authors = fields.List(fields.String(), required=True)
    state = fields.Enum(IntakeState, by_value=True, required=True)
    fault = fields.Enum(Fault, by_value=True, allow_none=True)
    received_at = WireInstant(required=True)
    reason = fields.String(required=True, validate=_REASON)
    decided_by = fields.String(allow_none=True)
    decided_role = fields.String(allow_none=True)
    decided_at = WireInstant(allow_none=True)


class RequestWire(Wire):
    """reporting.correction_request/1."""

    month = WireDate(required=True)
    revision = fields.Integer(strict=True, required=True, validate=_EDITION)
    reason = fields.Enum(CorrectionReason, by_value=True, required=True)
    note = fields.String(required=True, validate=validate.Length(1, LONGEST_NOTE))
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class GrantWire(Wire):
    """reporting.correction_grant/1."""

    request_id = WireUUID(required=True)
    month = WireDate(required=True)
    asked_by = fields.String(required=True)
    verdict = fields.Enum(GrantVerdict, by_value=True, required=True)
    until = WireDate(allow_none=True)
    reason = fields.String(required=True, validate=_REASON)
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


def _objections(_member_id: UUID, payloads: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, Objection]:
    asked = {record: UUID(payload["data_set_id"]) for record, payload in payloads.items()}
    here = set(db.session.scalars(sa.select(DataSet.id).where(DataSet.id.in_(set(asked.values())))))
    found: dict[UUID, Objection] = {
        record: Missing(data_set) for record, data_set in asked.items() if data_set not in here
    }
    broken = {record: reason for record, payload in payloads.items() if (reason := _contradiction(payload))}
    return {**found, **{record: Contradiction(reason) for record, reason in broken.items()}}


def _contradiction(payload: Mapping[str, Any]) -> str | None:
    cells = payload["cells"]
    if payload["approved_by"] == payload["prepared_by"]:
        return "own_approval"
    if len({each["indicator"] for each in cells}) != len(cells):
        return "value_twice"
    if not all(Cell(Status(each["status"]), each["value"]).is_sound for each in cells):
        return "status_without_its_number"
    return None if payload["month"].endswith("-01") else "no_month"


INDICATOR = Kind(name="reporting.indicator", model=IndicatorRow, schema=IndicatorWire, stream=HUB_REGISTRY)
DATA_SET = Kind(name="reporting.data_set", model=DataSet, schema=DataSetWire, stream=HUB_REGISTRY)
REVISION = Kind(
    name="reporting.return_revision",
    model=ReturnRevision,
    schema=RevisionWire,
    stream=MEMBER_OPS,
    append_only=True,
    check=_objections,
)
INTAKE = Kind(name="reporting.return_intake", model=ReturnIntake, schema=IntakeWire, stream=HUB_MEMBER)
REQUEST = Kind(
    name="reporting.correction_request",
    model=CorrectionRequest,
    schema=RequestWire,
    stream=MEMBER_OPS,
    append_only=True,
)
GRANT = Kind(
    name="reporting.correction_grant", model=CorrectionGrant, schema=GrantWire, stream=HUB_MEMBER, append_only=True
)
KINDS = (INDICATOR, DATA_SET, REVISION, INTAKE, REQUEST, GRANT)
