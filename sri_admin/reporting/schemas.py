"""Shapes of returns at the doors."""

import re
from datetime import date
from typing import Any

from marshmallow import fields

from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.schema import Schema, validate
from sri_admin.reporting.rules.arrival import Fault
from sri_admin.reporting.rules.standing import Answer, CorrectionReason, GrantVerdict, IntakeState
from sri_admin.reporting.rules.validation import RULES, Severity
from sri_admin.reporting.rules.values import LONGEST_NOTE, MOST, ExplanationCode, Indicator, Status

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_HASH = validate.Regexp(r"[0-9a-f]{64}\Z")
_reason = validate.Length(max=1000)
# What a form says beside a number; whether a counted number is a zero follows from the number.
COUNTED, SAID = "counted", (Status.ESTIMATED, Status.NOT_COLLECTED, Status.NOT_APPLICABLE)
SOFT_RULES = tuple(rule.code.value for rule in RULES if rule.severity is Severity.SOFT)


def month_in(address: str) -> date:
    """Return the month an address names, such as 2026-03; NotFoundError if it names none."""
    found = _MONTH.fullmatch(address)
    if found is None or found.group(1) == "0000":
        raise NotFoundError
    return date(int(found.group(1)), int(found.group(2)), 1)


def month_at(month: date) -> str:
    """Write a month as it stands in addresses."""
    return f"{month:%Y-%m}"


def _answers() -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for each in Indicator:
        asked[f"{each}_number"] = fields.Integer(validate=validate.Range(0, MOST))
        asked[f"{each}_status"] = fields.String(validate=validate.OneOf([COUNTED, *SAID]))
    return asked


def _reasons() -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for rule in SOFT_RULES:
        for each in Indicator:
            asked[f"{rule}_{each}_why"] = fields.Enum(ExplanationCode, by_value=True)
            asked[f"{rule}_{each}_note"] = fields.String(validate=validate.Length(max=LONGEST_NOTE))
    return asked


class ReturnIn(Schema.from_dict(_answers(), name="ReturnAnswers")):
    """The values of a month as a form sends them; `follow` names one that is to follow the logs again."""

    follow = fields.Enum(Indicator, by_value=True)


class ProposalIn(Schema.from_dict(_reasons(), name="ReturnReasons")):
    """Why what the soft rules found is right, and the wish to send the values that were shown to the approver."""

    shown = fields.String(validate=_HASH)


class ApprovalIn(Schema):
    """What the approver says of the values that were shown, named by their hash."""

    proposal_id = fields.UUID(required=True)
    values_hash = fields.String(required=True, validate=_HASH)
    verdict = fields.Enum(Answer, by_value=True, required=True)
    reason = fields.String(validate=_reason)


class ReturnDecisionIn(Schema):
    """What SRI says of a revision."""

    revision_id = fields.UUID(required=True)
    verdict = fields.Enum(IntakeState, by_value=True, required=True)
    reason = fields.String(validate=_reason)


class CorrectionIn(Schema):
    """Why an accepted month has to be corrected."""

    reason = fields.Enum(CorrectionReason, by_value=True, required=True)
    note = fields.String(required=True, validate=validate.Length(1, LONGEST_NOTE))


class CorrectionAnswerIn(Schema):
    """What SRI says of a request to correct."""

    request_id = fields.UUID(required=True)
    verdict = fields.Enum(GrantVerdict, by_value=True, required=True)
    until = fields.Date()
    reason = fields.String(validate=_reason)


class NumbersQuery(Schema):
    """Which indicator, over how many months."""

    indicator = fields.String(validate=validate.OneOf([each.value for each in Indicator]))
    months = fields.Integer(validate=validate.OneOf([12, 24]))


class ReturnCellIn(Schema):
    """What is said of an indicator; without a status it follows the logs again."""

    indicator = fields.Enum(Indicator, by_value=True, required=True)
    status = fields.Enum(Status, by_value=True, allow_none=True)
    value = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, MOST))


class ReturnExplanationIn(Schema):
    """Why what a soft rule found is right."""

    rule = fields.String(required=True, validate=validate.OneOf(SOFT_RULES))
    indicator = fields.Enum(Indicator, by_value=True, required=True)
    code = fields.Enum(ExplanationCode, by_value=True, required=True)
    note = fields.String(validate=validate.Length(max=LONGEST_NOTE))


class ReturnDraftIn(Schema):
    """Values of a month to be kept, as the version of the draft one has seen says."""

    version = fields.Integer(strict=True)
    cells = fields.List(fields.Nested(ReturnCellIn), required=True)
    explanations = fields.List(fields.Nested(ReturnExplanationIn))


class ReturnApprovalIn(Schema):
    """The hash of the values that are approved."""

    values_hash = fields.String(required=True, validate=_HASH)


class ReturnSendingIn(Schema):
    """Nothing is said but the wish itself."""


class ReturnCellOut(Schema):
    """What is said of an indicator."""

    indicator = fields.String()
    status = fields.String()
    value = fields.Integer(allow_none=True)


class ReturnDraftOut(Schema):
    """A draft as programs see it."""

    month = fields.Date()
    version = fields.Integer()
    cells = fields.List(fields.Nested(ReturnCellOut))


class ReturnProposalOut(Schema):
    """A proposal as programs see it."""

    id = fields.UUID()
    month = fields.Date()
    revision = fields.Integer()
    kind = fields.String()
    values_hash = fields.String()
    cells = fields.List(fields.Nested(ReturnCellOut))


class ReturnRevisionOut(ReturnProposalOut):
    """An approved revision as programs see it."""

    approved_at = fields.DateTime()


class ReturnIntakeOut(Schema):
    """What became of a revision as programs see it."""

    revision_id = fields.UUID()
    month = fields.Date()
    revision = fields.Integer()
    state = fields.Enum(IntakeState, by_value=True)
    fault = fields.Enum(Fault, by_value=True, allow_none=True)
    reason = fields.String()
    received_at = fields.DateTime()
    version = fields.Integer()


class ReturnMonthOut(Schema):
    """A month as programs see it."""

    month = fields.Date()
    due_on = fields.Date()
    state = fields.Function(lambda view: view.standing.state.value)
    is_overdue = fields.Boolean()
    revisions = fields.List(fields.Nested(ReturnRevisionOut), attribute="rows.revisions")
    intakes = fields.Function(lambda view: ReturnIntakeOut(many=True).dump(view.rows.intakes.values()))


class ReturnMonthRows(Schema):
    """The months of a country."""

    rows = fields.List(fields.Nested(ReturnMonthOut))
