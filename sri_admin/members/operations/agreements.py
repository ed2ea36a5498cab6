"""The life of an agreement: offered, signed, amended, renewed; withdrawn, terminated or ended."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.work import record
from sri_admin.members.events import (
    AgreementAmended,
    AgreementEnded,
    AgreementNoted,
    AgreementOffered,
    AgreementSigned,
    AgreementTerminated,
    AgreementWithdrawn,
)
from sri_admin.members.models.agreement import Agreement, AgreementDraft, AgreementEventRow
from sri_admin.members.operations.drafts import check_draft, terms_of
from sri_admin.members.operations.territories import give_back_places, grant_places
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import agreement_by_id, next_ref_no
from sri_admin.members.queries.blocks import hold_member, open_blocks
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.queries.renewals import prolongs, require_continuable, require_renewable
from sri_admin.members.rules.agreement import (
    AgreementState,
    EventKind,
    Right,
    check_move,
)

Values = Mapping[str, Any]


def offer_agreement(actor: Actor, draft: AgreementDraft, *, values: Values) -> Agreement:
    """Offer to the board what was drafted; the draft's id becomes the agreement's, so a repeat offers nothing twice."""
    POLICY.require(actor, "members.agreement.offer", draft)
    if draft.offered:
        return agreement_by_id(draft.member_id, draft.id)
    check_version(draft, values.get("version"))
    member = member_by_id(draft.member_id)
    terms = terms_of(draft.values)
    check_draft(member, terms, continues_id=draft.continues_id)
    amended = agreement_by_id(draft.member_id, draft.amends_id) if draft.amends_id else None
    if amended is not None:
        check_move(amended.state, AgreementState.SUPERSEDED)
    if draft.continues_id is not None:
        require_renewable(member, agreement_by_id(draft.member_id, draft.continues_id))
    agreement = Agreement(
        member_id=draft.member_id,
        id=draft.id,
        ref_no=next_ref_no(member, terms["starts_on"], amended=amended),
        amends_id=draft.amends_id,
        continues_id=draft.continues_id,
        state=AgreementState.OFFERED,
        offered_on=today_of(member),
        **{name: _stored(value) for name, value in terms.items()},
    )
    draft.offered = True
    db.session.add(agreement)
    record(actor, _offered(agreement), agreement)
    return agreement


def sign_agreement(actor: Actor, agreement: Agreement, *, values: Values) -> Agreement:
    """Note that both sides signed: the places are granted, and what it amends stops on its first day."""
    POLICY.require(actor, "members.agreement.sign", agreement)
    check_version(agreement, values.get("version"))
    check_move(agreement.state, AgreementState.SIGNED)
    if values["signed_on"] > today_of(member_by_id(agreement.member_id)):
        raise InvalidError([FieldError("signed_on", _l("This day lies in the future. Come back on that day."))])
    check_signature(agreement, on=values["signed_on"])
    agreement.state, agreement.signed_on = AgreementState.SIGNED, values["signed_on"]
    if agreement.amends_id is not None:
        _supersede(actor, agreement_by_id(agreement.member_id, agreement.amends_id), agreement)
    places = grant_places(agreement)
    event = AgreementSigned(
        **_about(agreement),
        signed_on=values["signed_on"],
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
    )
    record(actor, event, agreement, *places)
    return agreement


def check_signature(agreement: Agreement, *, on: date) -> None:
    """Refuse with ConflictError a signature that a block holds back, or of a renewal that follows on no more."""
    hold_member(agreement.member_id)
    held = open_blocks(agreement.member_id) if prolongs(agreement) else []
    if held:
        message = _("This cannot be signed yet: it would let the licence run longer. %(reason)s", reason=held[0].reason)
        raise ConflictError(message, code="blocked", blocks=[str(each.id) for each in held])
    if agreement.continues_id is not None:
        old = agreement_by_id(agreement.member_id, agreement.continues_id)
        require_continuable(member_by_id(agreement.member_id), old, on=on)


def withdraw_offer(actor: Actor, agreement: Agreement, *, values: Values) -> Agreement:
    """Take an offer back before anybody signed."""
    POLICY.require(actor, "members.agreement.withdraw", agreement)
    check_version(agreement, values.get("version"))
    check_move(agreement.state, AgreementState.WITHDRAWN)
    agreement.state, agreement.reason = AgreementState.WITHDRAWN, values["reason"]
    record(actor, AgreementWithdrawn(**_about(agreement), reason=values["reason"]), agreement)
    return agreement


def terminate_agreement(actor: Actor, agreement: Agreement, *, values: Values) -> Agreement:
    """Stop a signed agreement before its end."""
    POLICY.require(actor, "members.agreement.terminate", agreement)
    return _close(actor, agreement, AgreementState.TERMINATED, values)


def end_agreement(actor: Actor, agreement: Agreement, *, values: Values) -> Agreement:
    """Close a signed agreement that has run its course or that both sides let go."""
    POLICY.require(actor, "members.agreement.end", agreement)
    return _close(actor, agreement, AgreementState.ENDED, values)


def note_event(actor: Actor, agreement: Agreement, *, values: Values) -> AgreementEventRow:
    """Enter a dated notice, or time to put things right, without touching the text that was signed."""
    POLICY.require(actor, "members.agreement.note", agreement)
    note_id = values.get("id") or ids.new()
    found = db.session.get(AgreementEventRow, (agreement.member_id, note_id))
    if found is not None:
        return found
    if agreement.state is not AgreementState.SIGNED:
        raise ConflictError(_l("Only a signed agreement can be given notice."), code="wrong_state")
    said: dict[str, Any] = {name: values.get(name) for name in ("kind", "on", "reason")}
    said["effective_on"] = _effective_on(agreement, values)
    note = AgreementEventRow(
        member_id=agreement.member_id,
        id=note_id,
        agreement_id=agreement.id,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
        **said,
    )
    db.session.add(note)
    record(actor, AgreementNoted(**_about(agreement), **said), note)
    return note


def _supersede(actor: Actor, old: Agreement, new: Agreement) -> None:
    check_move(old.state, AgreementState.SUPERSEDED)
    if new.starts_on < old.starts_on:
        raise InvalidError([FieldError("starts_on", _l("An amendment cannot begin before what it amends."))])
    old.state, old.closed_on = AgreementState.SUPERSEDED, new.starts_on
    places = give_back_places(old, on=new.starts_on)
    record(actor, AgreementAmended(**_about(old), amendment_id=new.id, from_day=new.starts_on), old, *places)


def _close(actor: Actor, agreement: Agreement, target: AgreementState, values: Values) -> Agreement:
    check_version(agreement, values.get("version"))
    check_move(agreement.state, target)
    from_day, reason = values["from_day"], values["reason"].strip()
    if not reason:
        raise InvalidError([FieldError("reason", _l("Please say why. The board will read this sentence."))])
    agreement.state, agreement.closed_on, agreement.reason = target, from_day, reason
    places = give_back_places(agreement, on=from_day)
    happened = AgreementTerminated if target is AgreementState.TERMINATED else AgreementEnded
    record(actor, happened(**_about(agreement), reason=reason, from_day=from_day), agreement, *places)
    return agreement


def _effective_on(agreement: Agreement, values: Values) -> Any:
    kind, on, asked = values["kind"], values["on"], values.get("effective_on")
    if kind is EventKind.CURE_OPENED:
        return on + timedelta(days=agreement.cure_days)
    if kind is not EventKind.NOTICE_GIVEN:
        return None
    earliest = on + timedelta(days=agreement.notice_days)
    if asked is not None and asked < earliest:
        said = {"days": agreement.notice_days, "day": date_long(earliest)}
        message = _("Notice takes %(days)s days, so it counts from %(day)s at the earliest.", **said)
        raise InvalidError([FieldError("effective_on", message)])
    return asked or earliest


def _offered(agreement: Agreement) -> AgreementOffered:
    return AgreementOffered(
        **_about(agreement),
        kind=agreement.kind,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        rights=tuple(Right(each) for each in agreement.rights),
        territories=tuple(agreement.territories),
        amends_id=agreement.amends_id,
        continues_id=agreement.continues_id,
    )


def _about(agreement: Agreement) -> dict[str, Any]:
    return {"member_id": agreement.member_id, "subject": agreement.id, "ref_no": agreement.ref_no}


def _stored(value: Any) -> Any:
    return [str(each) for each in value] if isinstance(value, list) else value
