"""Agreements before anybody is offered them: drafted, drafted anew, drafted as the renewal of another."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version, load
from sri_admin.kernel.work import plain
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member
from sri_admin.members.operations.territories import check_places
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import agreement_by_id
from sri_admin.members.queries.members import member_by_id
from sri_admin.members.queries.renewals import draft_continuing, require_renewable
from sri_admin.members.rules.agreement import AgreementState, check_move, check_terms
from sri_admin.members.rules.renewal import check_follows, renewed_dates
from sri_admin.members.schemas.agreement import AgreementIn

Values = Mapping[str, Any]
TERMS = tuple(AgreementIn().fields)


def save_draft(actor: Actor, member: Member, *, values: Values) -> AgreementDraft:
    """Keep the terms of an agreement to come; unless `later` is set they must be complete and sound."""
    POLICY.require(actor, "members.agreement.draft", member)
    draft_id: UUID = values.get("id") or ids.new()
    draft = _found_draft(member, draft_id, values)
    entered = {name: wire_term(value) for name, value in values.items() if name in TERMS}
    made = draft or AgreementDraft(
        member_id=member.member_id,
        id=draft_id,
        amends_id=values.get("amends_id"),
        continues_id=values.get("continues_id"),
    )
    if not values.get("later"):
        check_draft(member, terms_of(entered), continues_id=made.continues_id)
    made.values, made.changed_at = entered, clock.now()
    db.session.add(made)
    return made


def discard_draft(actor: Actor, draft: AgreementDraft) -> AgreementDraft:
    """Throw a draft away that nobody was offered; it never left this installation."""
    POLICY.require(actor, "members.agreement.draft", draft)
    if draft.offered:
        raise ConflictError(_l("This was offered already. Withdraw the offer, then draft it anew."), code="offered")
    db.session.delete(draft)
    return draft


def draft_again(actor: Actor, agreement: Agreement, *, values: Values) -> AgreementDraft:
    """Begin a draft from the terms of an agreement: anew after an offer was withdrawn, or as an amendment."""
    member = member_by_id(agreement.member_id)
    POLICY.require(actor, "members.agreement.draft", member)
    is_signed = agreement.state is AgreementState.SIGNED
    links = {
        "amends_id": agreement.id if is_signed else agreement.amends_id,
        "continues_id": None if is_signed else agreement.continues_id,
    }
    terms = {name: getattr(agreement, name) for name in TERMS}
    return save_draft(actor, member, values={**terms, **links, "id": values.get("id"), "later": True})


def draft_renewal(actor: Actor, agreement: Agreement, *, values: Values) -> AgreementDraft:
    """Begin the draft that renews an agreement: its terms, for as long again, from the day after its end.

    While such a draft waits, asking again answers with it.
    """
    member = member_by_id(agreement.member_id)
    POLICY.require(actor, "members.agreement.draft", member)
    waiting = draft_continuing(agreement)
    if waiting is not None:
        return waiting
    starts_on, ends_on = renewed_dates(agreement.starts_on, agreement.ends_on)
    terms = {name: getattr(agreement, name) for name in TERMS}
    dates = {"starts_on": starts_on, "ends_on": ends_on}
    links = {"id": values.get("id"), "continues_id": agreement.id, "later": True}
    return save_draft(actor, member, values={**terms, **dates, **links})


def check_draft(member: Member, terms: Values, *, continues_id: UUID | None = None) -> None:
    """Refuse terms that contradict one another, the agreement they continue, or the rights of other members."""
    check_terms(terms)
    if continues_id is not None:
        old = agreement_by_id(member.member_id, continues_id)
        check_follows(terms, kind=old.kind, ends_on=old.ends_on)
    check_places(
        terms["territories"],
        member_id=member.member_id,
        exclusive=terms["exclusive"],
        since=terms["starts_on"],
        until=terms["ends_on"],
    )


def terms_of(stored: Values) -> dict[str, Any]:
    """Return complete terms from a draft's stored values; InvalidError names what is missing."""
    return load(AgreementIn, stored)


def wire_term(value: Any) -> Any:
    """Return a term as a draft stores it: what JSON can hold."""
    return plain(value)


def _found_draft(member: Member, draft_id: UUID, values: Values) -> AgreementDraft | None:
    draft = db.session.get(AgreementDraft, (member.member_id, draft_id))
    if draft is None:
        _check_links(member, values.get("amends_id"), values.get("continues_id"))
        return None
    if draft.offered:
        raise ConflictError(_l("This was offered already. Withdraw the offer, then draft it anew."), code="offered")
    check_version(draft, values.get("version"))
    return draft


def _check_links(member: Member, amends_id: UUID | None, continues_id: UUID | None) -> None:
    if amends_id and continues_id:
        raise InvalidError(_l("An agreement amends another or renews one, not both."))
    if amends_id:
        check_move(agreement_by_id(member.member_id, amends_id).state, AgreementState.SUPERSEDED)
    if continues_id:
        require_renewable(member, agreement_by_id(member.member_id, continues_id))
