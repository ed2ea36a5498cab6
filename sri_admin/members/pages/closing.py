"""Pages for SRI staff: an agreement is signed, withdrawn, stopped, given notice, renewed, or drafted anew."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.operations import agreements as operations
from sri_admin.members.operations import drafts
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import agreement_by_id
from sri_admin.members.queries.blocks import open_blocks
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.queries.renewals import prolongs
from sri_admin.members.rules import words
from sri_admin.members.rules.agreement import EventKind
from sri_admin.members.schemas.agreement import ClosingIn, NoteIn, OfferIn, SignatureIn, WithdrawalIn
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("members")
_ADDRESS = "/countries/<code>/agreements/<uuid:agreement_id>"
_CLOSINGS: Mapping[str, tuple[LazyText, LazyText, Callable[..., Agreement]]] = {
    "termination": (
        _l("Terminate %(ref_no)s?"),
        _l("It stops before its end, and its places become free. Nothing is deleted."),
        operations.terminate_agreement,
    ),
    "end": (
        _l("Close %(ref_no)s as ended?"),
        _l("It has run its course, or both sides let it go. Its places become free. Nothing is deleted."),
        operations.end_agreement,
    ),
}
NOTES: Mapping[EventKind, LazyText] = {
    EventKind.NOTICE_GIVEN: _l("Notice was given"),
    EventKind.NOTICE_TAKEN_BACK: _l("The notice was taken back"),
    EventKind.CURE_OPENED: _l("Time to put things right begins"),
    EventKind.CURE_CLOSED: _l("Things were put right"),
}


@pages.get(f"{_ADDRESS}/signature", audience=Audience.STAFF, template="members/agreement_sign.html", roles=HUB)
def agreement_sign(actor: Actor, form: Form, *, member: Tenant, agreement_id: UUID) -> dict[str, Any]:
    """Ask on which day both sides had signed."""
    context = _context(actor, form, member=member, agreement_id=agreement_id, action="sign")
    return {**context, "held": open_blocks(member.id) if prolongs(context["agreement"]) else []}


@pages.post(f"{_ADDRESS}/signature", audience=Audience.STAFF, takes=SignatureIn, again=agreement_sign, roles=HUB)
def agreement_sign_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, agreement_id: UUID) -> SeeOther:
    """Note that both sides signed."""
    agreement = operations.sign_agreement(actor, agreement_by_id(member.id, agreement_id), values=values)
    return _show(member, agreement, _("%(ref_no)s is signed.", ref_no=agreement.ref_no))


@pages.get(f"{_ADDRESS}/withdrawal", audience=Audience.STAFF, template="members/agreement_withdraw.html", roles=HUB)
def agreement_withdraw(actor: Actor, form: Form, *, member: Tenant, agreement_id: UUID) -> dict[str, Any]:
    """Ask why an offer is taken back."""
    return _context(actor, form, member=member, agreement_id=agreement_id, action="withdraw")


@pages.post(f"{_ADDRESS}/withdrawal", audience=Audience.STAFF, takes=WithdrawalIn, again=agreement_withdraw, roles=HUB)
def agreement_withdraw_send(actor: Actor, values: Mapping[str, Any], *, member: Tenant, agreement_id: UUID) -> SeeOther:
    """Take an offer back."""
    agreement = operations.withdraw_offer(actor, agreement_by_id(member.id, agreement_id), values=values)
    return _show(member, agreement, _("The offer %(ref_no)s is withdrawn.", ref_no=agreement.ref_no))


@pages.get(f"{_ADDRESS}/closing/<way>", audience=Audience.STAFF, template="members/agreement_close.html", roles=HUB)
def agreement_close(actor: Actor, form: Form, *, member: Tenant, agreement_id: UUID, way: str) -> dict[str, Any]:
    """Show what stopping an agreement means, and ask why."""
    title, text, _operation = _closing(way)
    action = "terminate" if way == "termination" else "end"
    context = _context(actor, form, member=member, agreement_id=agreement_id, action=action)
    ref_no = context["agreement"].ref_no
    return {**context, "way": way, "title": LazyText(title.message, values={"ref_no": ref_no}), "text": text}


@pages.post(
    f"{_ADDRESS}/closing/<way>",
    audience=Audience.STAFF,
    takes=ClosingIn,
    again=agreement_close,
    fresh=lambda arguments: arguments["way"] == "termination",
    roles=HUB,
)
def agreement_close_send(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, agreement_id: UUID, way: str
) -> SeeOther:
    """Stop a signed agreement."""
    _title, _text, operation = _closing(way)
    agreement = operation(actor, agreement_by_id(member.id, agreement_id), values=values)
    return _show(member, agreement, _("%(ref_no)s is closed. Its history is kept.", ref_no=agreement.ref_no))


@pages.get(f"{_ADDRESS}/notes/new", audience=Audience.STAFF, template="members/agreement_note.html", roles=HUB)
def agreement_note(actor: Actor, form: Form, *, member: Tenant, agreement_id: UUID) -> dict[str, Any]:
    """Ask for a dated notice, or time to put things right."""
    return {**_context(actor, form, member=member, agreement_id=agreement_id, action="note"), "notes": NOTES}


@pages.post(f"{_ADDRESS}/notes", audience=Audience.STAFF, takes=NoteIn, again=agreement_note, roles=HUB)
def agreement_note_send(actor: Actor, values: dict[str, Any], *, member: Tenant, agreement_id: UUID) -> SeeOther:
    """Enter a dated notice, or time to put things right."""
    values["id"] = values.pop("record_id", values.get("id"))
    agreement = agreement_by_id(member.id, agreement_id)
    operations.note_event(actor, agreement, values=values)
    return _show(member, agreement, _("It is entered. The text that was signed is untouched."))


@pages.post(f"{_ADDRESS}/anew", audience=Audience.STAFF, takes=OfferIn, roles=HUB)
def agreement_draft_again(actor: Actor, values: Mapping[str, Any], *, member: Tenant, agreement_id: UUID) -> SeeOther:
    """Begin a new draft from the terms of a withdrawn offer."""
    agreement = agreement_by_id(member.id, agreement_id)
    draft = drafts.draft_again(actor, agreement, values={"id": values.get("record_id")})
    return see_other("members.draft_edit", code=member.code, draft_id=draft.id)


@pages.post(f"{_ADDRESS}/renewal", audience=Audience.STAFF, takes=OfferIn, roles=HUB)
def agreement_renew(actor: Actor, values: Mapping[str, Any], *, member: Tenant, agreement_id: UUID) -> SeeOther:
    """Begin the draft of a renewal, or go on with the one that waits."""
    agreement = agreement_by_id(member.id, agreement_id)
    draft = drafts.draft_renewal(actor, agreement, values={"id": values.get("record_id")})
    return see_other("members.draft_edit", code=member.code, draft_id=draft.id)


def _context(actor: Actor, form: Form, *, member: Tenant, agreement_id: UUID, action: str) -> dict[str, Any]:
    record, agreement = member_by_id(member.id), agreement_by_id(member.id, agreement_id)
    POLICY.require(actor, f"members.agreement.{action}", agreement)
    return {"form": form, "member": record, "agreement": agreement, "today": today_of(record), "words": words}


def _closing(way: str) -> tuple[LazyText, LazyText, Callable[..., Agreement]]:
    if way not in _CLOSINGS:
        raise NotFoundError
    return _CLOSINGS[way]


def _show(member: Tenant, agreement: Agreement, notice: str) -> SeeOther:
    return see_other("members.agreement_show", code=member.code, agreement_id=agreement.id, notice=notice)
