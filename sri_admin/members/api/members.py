"""The member file as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel import pdf
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.paging import Page
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.agreement import Agreement, AgreementDraft, AgreementFile
from sri_admin.members.models.member import Member
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.operations import agreements, drafts, offices
from sri_admin.members.operations.files import add_signed_copy
from sri_admin.members.operations.members import STEPS, describe_member, register_member
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import (
    AgreementRow,
    agreement_by_id,
    agreements_of,
    agreements_page,
    draft_by_id,
)
from sri_admin.members.queries.blocks import blocks_of
from sri_admin.members.queries.files import signed_copies
from sri_admin.members.queries.members import MemberRow, member_by_id, members_page
from sri_admin.members.queries.offices import office_holder_by_id, office_holders_of
from sri_admin.members.rules.member import Transition
from sri_admin.members.rules.words import GRAVE
from sri_admin.members.schemas.agreement import (
    AgreementDraftIn,
    AgreementDraftOut,
    AgreementFileList,
    AgreementFileOut,
    AgreementOut,
    AgreementPage,
    AgreementQuery,
    AgreementRows,
    ClosingIn,
    NoteIn,
    SignatureIn,
    WithdrawalIn,
)
from sri_admin.members.schemas.block import BlockList
from sri_admin.members.schemas.member import DescriptionIn, MemberIn, MemberOut, MemberPage, MemberQuery, TransitionIn
from sri_admin.members.schemas.office import (
    OfficeEndIn,
    OfficeErasureIn,
    OfficeHolderIn,
    OfficeHolderList,
    OfficeHolderOut,
)
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience
from sri_admin.web.forms import Upload
from sri_admin.web.uploads import Accepts

api = Api("members", description="Member countries, their licence agreements and the people in their offices.")
_AGREEMENT = "/members/<code>/agreements/<uuid:agreement_id>"
_DRAFT = "/members/<code>/agreement-drafts/<uuid:draft_id>"
_HOLDER = "/members/<code>/office-holders/<uuid:holder_id>"
_SIGNED_COPY = Accepts(limit=pdf.MOST_BYTES, check=pdf.check)
Values = dict[str, Any]


@api.get("/members", audience=Audience.STAFF, query=MemberQuery, gives=MemberPage, roles=HUB)
def members(actor: Actor, query: Mapping[str, Any]) -> Page[MemberRow]:
    """List member countries."""
    return members_page(actor, query)


@api.post("/members", audience=Audience.STAFF, takes=MemberIn, gives=MemberOut, created=True, roles=HUB)
def member_create(actor: Actor, values: Values) -> Member:
    """Register a member country."""
    return register_member(actor, None, values=values)


@api.get("/members/<code>", audience=Audience.MEMBER, gives=MemberOut)
def member(actor: Actor, member: Tenant) -> Member:
    """Return a member country."""
    return _member(actor, member)


@api.put("/members/<code>", audience=Audience.STAFF, takes=DescriptionIn, gives=MemberOut, versioned=True, roles=HUB)
def member_change(actor: Actor, values: Values, *, member: Tenant) -> Member:
    """Correct the description of a member country."""
    return describe_member(actor, member_by_id(member.id), values=values)


@api.post(
    "/members/<code>/steps/<step>",
    audience=Audience.STAFF,
    takes=TransitionIn,
    gives=MemberOut,
    versioned=True,
    fresh=lambda arguments: arguments["step"] in GRAVE,
    roles=HUB,
)
def member_step_take(actor: Actor, values: Values, *, member: Tenant, step: str) -> Member:
    """Take a step in the life of a member country."""
    try:
        transition = Transition(step)
    except ValueError:
        raise NotFoundError from None
    return STEPS[transition](actor, member_by_id(member.id), values=values)


@api.get("/agreements", audience=Audience.STAFF, query=AgreementQuery, gives=AgreementPage, roles=HUB)
def all_agreements(actor: Actor, query: Mapping[str, Any]) -> Page[AgreementRow]:
    """List the agreements of all countries."""
    return agreements_page(actor, query)


@api.get("/members/<code>/agreements", audience=Audience.MEMBER, gives=AgreementRows)
def agreements_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List the agreements of a member country."""
    return {"rows": agreements_of(_member(actor, member))}


@api.get(_AGREEMENT, audience=Audience.MEMBER, gives=AgreementOut)
def agreement(actor: Actor, *, member: Tenant, agreement_id: UUID) -> Agreement:
    """Return an agreement."""
    found = agreement_by_id(member.id, agreement_id)
    POLICY.require(actor, "members.agreement.read", found)
    return found


@api.get(f"{_AGREEMENT}/files", audience=Audience.MEMBER, gives=AgreementFileList)
def agreement_files(actor: Actor, *, member: Tenant, agreement_id: UUID) -> dict[str, Any]:
    """List the signed copies of an agreement."""
    found = agreement(actor, member=member, agreement_id=agreement_id)
    return {"rows": [each.file for each in signed_copies([found])[found.id]]}


@api.post(
    f"{_AGREEMENT}/files",
    audience=Audience.STAFF,
    gives=AgreementFileOut,
    created=True,
    accepts=_SIGNED_COPY,
    roles=HUB,
)
def agreement_file_create(actor: Actor, upload: Upload, *, member: Tenant, agreement_id: UUID) -> AgreementFile:
    """Add a signed copy to an agreement: its bytes are the body."""
    return add_signed_copy(actor, agreement_by_id(member.id, agreement_id), values={"file": upload.file})


@api.post(
    "/members/<code>/agreement-drafts",
    audience=Audience.STAFF,
    takes=AgreementDraftIn,
    gives=AgreementDraftOut,
    created=True,
    roles=HUB,
)
def agreement_draft_create(actor: Actor, values: Values, *, member: Tenant) -> AgreementDraft:
    """Draft an agreement, with `amends_id` an amendment, with `continues_id` a renewal."""
    return drafts.save_draft(actor, member_by_id(member.id), values=values)


@api.post(f"{_AGREEMENT}/renewal", audience=Audience.STAFF, gives=AgreementDraftOut, created=True, roles=HUB)
def agreement_renewal(actor: Actor, *, member: Tenant, agreement_id: UUID) -> AgreementDraft:
    """Begin the draft that renews an agreement."""
    return drafts.draft_renewal(actor, agreement_by_id(member.id, agreement_id), values={})


@api.get("/members/<code>/blocks", audience=Audience.MEMBER, gives=BlockList)
def member_blocks(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List what holds a member country back, or did."""
    POLICY.require(actor, "members.block.read", member.id)
    return {"rows": blocks_of(member.id)}


@api.put(_DRAFT, audience=Audience.STAFF, takes=AgreementDraftIn, gives=AgreementDraftOut, versioned=True, roles=HUB)
def agreement_draft_change(actor: Actor, values: Values, *, member: Tenant, draft_id: UUID) -> AgreementDraft:
    """Change a draft."""
    draft_by_id(member.id, draft_id)
    return drafts.save_draft(actor, member_by_id(member.id), values={**values, "id": draft_id})


@api.post(f"{_DRAFT}/offer", audience=Audience.STAFF, gives=AgreementOut, versioned=True, created=True, roles=HUB)
def agreement_offer_draft(actor: Actor, values: Values, *, member: Tenant, draft_id: UUID) -> Agreement:
    """Offer to the board what was drafted."""
    return agreements.offer_agreement(actor, draft_by_id(member.id, draft_id), values=values)


@api.post(
    f"{_AGREEMENT}/signature", audience=Audience.STAFF, takes=SignatureIn, gives=AgreementOut, versioned=True, roles=HUB
)
def agreement_signature(actor: Actor, values: Values, *, member: Tenant, agreement_id: UUID) -> Agreement:
    """Note that both sides signed."""
    return agreements.sign_agreement(actor, agreement_by_id(member.id, agreement_id), values=values)


@api.post(
    f"{_AGREEMENT}/withdrawal",
    audience=Audience.STAFF,
    takes=WithdrawalIn,
    gives=AgreementOut,
    versioned=True,
    roles=HUB,
)
def agreement_withdrawal(actor: Actor, values: Values, *, member: Tenant, agreement_id: UUID) -> Agreement:
    """Take an offer back."""
    return agreements.withdraw_offer(actor, agreement_by_id(member.id, agreement_id), values=values)


@api.post(
    f"{_AGREEMENT}/termination",
    audience=Audience.STAFF,
    takes=ClosingIn,
    gives=AgreementOut,
    versioned=True,
    fresh=True,
    roles=HUB,
)
def agreement_termination(actor: Actor, values: Values, *, member: Tenant, agreement_id: UUID) -> Agreement:
    """Stop a signed agreement before its end."""
    return agreements.terminate_agreement(actor, agreement_by_id(member.id, agreement_id), values=values)


@api.post(f"{_AGREEMENT}/end", audience=Audience.STAFF, takes=ClosingIn, gives=AgreementOut, versioned=True, roles=HUB)
def agreement_ending(actor: Actor, values: Values, *, member: Tenant, agreement_id: UUID) -> Agreement:
    """Close a signed agreement that has run its course."""
    return agreements.end_agreement(actor, agreement_by_id(member.id, agreement_id), values=values)


@api.post(f"{_AGREEMENT}/notes", audience=Audience.STAFF, takes=NoteIn, roles=HUB)
def agreement_note_enter(actor: Actor, values: Values, *, member: Tenant, agreement_id: UUID) -> None:
    """Enter a dated notice, or time to put things right."""
    agreements.note_event(actor, agreement_by_id(member.id, agreement_id), values=values)


@api.get("/members/<code>/office-holders", audience=Audience.MEMBER, gives=OfficeHolderList)
def office_holders(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List the office holders of a member country."""
    POLICY.require(actor, "members.office_holder.read", member.id)
    return {"rows": office_holders_of(member.id)}


@api.post(
    "/members/<code>/office-holders",
    audience=Audience.MEMBER,
    takes=OfficeHolderIn,
    gives=OfficeHolderOut,
    created=True,
)
def office_holder_create(actor: Actor, values: Values, *, member: Tenant) -> OfficeHolder:
    """Enter somebody who takes an office."""
    return offices.enter_office_holder(actor, member_by_id(member.id), values=values)


@api.get(_HOLDER, audience=Audience.MEMBER, gives=OfficeHolderOut)
def office_holder(actor: Actor, *, member: Tenant, holder_id: UUID) -> OfficeHolder:
    """Return an office holder."""
    POLICY.require(actor, "members.office_holder.read", member.id)
    return office_holder_by_id(member.id, holder_id)


@api.put(_HOLDER, audience=Audience.MEMBER, takes=OfficeHolderIn, gives=OfficeHolderOut, versioned=True)
def office_holder_change(actor: Actor, values: Values, *, member: Tenant, holder_id: UUID) -> OfficeHolder:
    """Correct an office holder."""
    return offices.correct_office_holder(actor, office_holder_by_id(member.id, holder_id), values=values)


@api.post(f"{_HOLDER}/end", audience=Audience.MEMBER, takes=OfficeEndIn, gives=OfficeHolderOut, versioned=True)
def office_holder_depart(actor: Actor, values: Values, *, member: Tenant, holder_id: UUID) -> OfficeHolder:
    """Note that somebody leaves an office."""
    return offices.end_office(actor, office_holder_by_id(member.id, holder_id), values=values)


@api.post(f"{_HOLDER}/erase", audience=Audience.MEMBER, takes=OfficeErasureIn, versioned=True, fresh=True)
def office_holder_erase(actor: Actor, values: Values, *, member: Tenant, holder_id: UUID) -> None:
    """Erase everything kept about an office holder."""
    offices.erase_office_holder(actor, office_holder_by_id(member.id, holder_id), values=values)


def _member(actor: Actor, tenant: Tenant) -> Member:
    found = member_by_id(tenant.id)
    POLICY.require(actor, "members.member.read", found)
    return found
