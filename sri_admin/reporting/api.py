"""Returns as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.reporting.models.returns import ReturnDraft, ReturnIntake, ReturnRevision
from sri_admin.reporting.operations import drafts, intake, proposals
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.drafts import open_month
from sri_admin.reporting.queries.returns import MonthView, intake_by_id, month_of, months_of, proposal_by_id
from sri_admin.reporting.rules.months import last_months
from sri_admin.reporting.rules.values import Cell, Explanation
from sri_admin.reporting.schemas import (
    ReturnApprovalIn,
    ReturnDecisionIn,
    ReturnDraftIn,
    ReturnDraftOut,
    ReturnIntakeOut,
    ReturnMonthOut,
    ReturnMonthRows,
    ReturnProposalOut,
    ReturnRevisionOut,
    ReturnSendingIn,
    month_in,
)
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("reporting", description="Monthly returns: values, approval, receipts.")
_AT = "/members/<code>/returns/<month>"
_SHOWN = 12


@api.get("/members/<code>/returns", audience=Audience.MEMBER, gives=ReturnMonthRows)
def month_rows(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List the months of a country and how each stands."""
    record = _member(actor, member)
    months = last_months(today_of(record), _SHOWN)
    views = months_of([record], months, at_home=not actor.is_staff)
    return {"rows": [views[record.member_id, month] for month in months]}


@api.get(_AT, audience=Audience.MEMBER, gives=ReturnMonthOut)
def month_read(actor: Actor, member: Tenant, *, month: str) -> MonthView:
    """Show a month with its revisions and receipts."""
    return _view(actor, member, month)


@api.put(f"{_AT}/draft", audience=Audience.MEMBER, takes=ReturnDraftIn, gives=ReturnDraftOut)
def draft_put(actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str) -> ReturnDraft:
    """Keep values of a month; one that is null follows the logs again."""
    record = _member(actor, member)
    kept: dict[str, Any] = {
        "cells": {
            each["indicator"]: Cell(each["status"], each.get("value")) if each.get("status") else None
            for each in values["cells"]
        }
    }
    if "explanations" in values:
        kept["explanations"] = [
            Explanation(each["rule"], each["indicator"], each["code"], each.get("note", ""))
            for each in values["explanations"]
        ]
    if "version" in values:
        kept["version"] = values["version"]
    return drafts.keep_draft(actor, record, month_in(month), values=kept)


@api.post(f"{_AT}/proposals", audience=Audience.MEMBER, takes=ReturnSendingIn, gives=ReturnProposalOut, created=True)
def proposal_make(actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str) -> Any:
    """Send a month to the approver."""
    return proposals.propose(actor, _member(actor, member), month_in(month), values=values)


@api.post(
    f"{_AT}/proposals/<uuid:proposal_id>/approval",
    audience=Audience.MEMBER,
    takes=ReturnApprovalIn,
    gives=ReturnRevisionOut,
)
def proposal_approve(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str, proposal_id: UUID
) -> ReturnRevision:
    """Approve exactly the values with a hash."""
    record, proposal = _member(actor, member), proposal_by_id(member.id, proposal_id)
    if proposal.month != month_in(month):
        raise NotFoundError
    return proposals.approve(actor, record, proposal, values=values)


@api.post(f"{_AT}/decision", audience=Audience.STAFF, takes=ReturnDecisionIn, gives=ReturnIntakeOut, roles=HUB)
def revision_decide(actor: Actor, values: Mapping[str, Any], *, member: Tenant, month: str) -> ReturnIntake:
    """Accept a revision, or return it with a reason."""
    record, row = _member(actor, member), intake_by_id(member.id, values["revision_id"])
    if row.month != month_in(month):
        raise NotFoundError
    return intake.decide(actor, record, row, values=values)


def _member(actor: Actor, member: Tenant) -> Member:
    record = member_by_id(member.id)
    POLICY.require(actor, "reporting.return.read", record)
    return record


def _view(actor: Actor, member: Tenant, month: str) -> MonthView:
    record = _member(actor, member)
    return month_of(record, open_month(record, month_in(month)), at_home=not actor.is_staff)
