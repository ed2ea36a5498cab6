"""Correcting what was accepted: the country asks with a reason, SRI grants it until a day or says why not."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, FieldError, InvalidError, NotAllowedError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import today_of
from sri_admin.reporting.events import CorrectionAsked, CorrectionDecided
from sri_admin.reporting.models.returns import CorrectionGrant, CorrectionRequest
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.returns import find_grant, is_written_here, month_of
from sri_admin.reporting.rules.standing import GrantVerdict, open_grant

Values = Mapping[str, Any]
GRANT_LASTS: Final = timedelta(days=30)
LONGEST_GRANT: Final = timedelta(days=120)


def ask_to_correct(actor: Actor, member: Member, month: date, *, values: Values) -> CorrectionRequest:
    """Ask SRI to let the accepted revision of a month be corrected; the same id again changes nothing."""
    POLICY.require(actor, "reporting.correction.ask", member)
    if not is_written_here(member.member_id):
        raise ElsewhereError
    request_id = values.get("record_id") or values.get("id") or ids.new()
    known = db.session.get(CorrectionRequest, (member.member_id, request_id))
    if known is not None:
        return known
    view = month_of(member, month, at_home=True)
    official, request = view.standing.official, view.standing.request
    if official is None:
        raise ConflictError(_l("SRI has not accepted this month yet, so it can be changed without asking."))
    if request is not None and (request.verdict is None or open_grant(view.standing, today=view.today)):
        raise ConflictError(_l("You have asked already. SRI's answer stands on this page."), code="asked")
    row = CorrectionRequest(
        member_id=member.member_id,
        id=request_id,
        month=month,
        revision=official.revision,
        reason=values["reason"],
        note=" ".join(values["note"].split()),
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    event = CorrectionAsked(
        member_id=member.member_id, subject=row.id, month=month, revision=row.revision, reason=row.reason.value
    )
    record(actor, event, row)
    return row


def answer_request(actor: Actor, member: Member, request: CorrectionRequest, *, values: Values) -> CorrectionGrant:
    """Let a revision be corrected until a day, or say why not; the accepted one counts until another is accepted."""
    POLICY.require(actor, "reporting.correction.decide", member)
    if find_grant(member.member_id, request.id) is not None:
        raise ConflictError(_l("This request was answered meanwhile."), code="answered")
    if request.actor == actor.label:
        raise NotAllowedError(_l("You asked for this yourself. Somebody else has to decide."), action="decide")
    verdict, reason = GrantVerdict(values["verdict"]), (values.get("reason") or "").strip()
    if verdict is GrantVerdict.REFUSED and not reason:
        raise InvalidError([FieldError("reason", _l("Say why not. The country reads this sentence."))])
    row = CorrectionGrant(
        member_id=member.member_id,
        id=ids.new(),
        request_id=request.id,
        month=request.month,
        asked_by=request.actor,
        verdict=verdict,
        until=_until(member, values) if verdict is GrantVerdict.GRANTED else None,
        reason=reason,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    event = CorrectionDecided(
        member_id=member.member_id,
        subject=request.id,
        month=request.month,
        revision=request.revision,
        verdict=verdict.value,
        until=row.until,
        reason=reason,
    )
    record(actor, event, row)
    return row


def _until(member: Member, values: Values) -> date:
    today = today_of(member)  # the country goes by its own day
    until: date = values.get("until") or today + GRANT_LASTS
    if not today <= until <= today + LONGEST_GRANT:
        raise InvalidError([FieldError("until", _l("Choose a day from today to four months from now."))])
    return until
