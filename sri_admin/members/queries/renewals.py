"""What is read about renewals: which agreement continues which, and whether one may be renewed."""

from datetime import date

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member
from sri_admin.members.queries.agreements import agreement_events
from sri_admin.members.queries.members import today_of
from sri_admin.members.rules.agreement import AgreementState, facts_of
from sri_admin.members.rules.renewal import check_renewable, last_day, lets_run_longer


def renewal_of(agreement: Agreement) -> Agreement | None:
    """Return the agreement that continues one; an offer that was withdrawn does not count."""
    return db.session.scalar(
        sa.select(Agreement).where(
            Agreement.member_id == agreement.member_id,
            Agreement.continues_id == agreement.id,
            Agreement.state != AgreementState.WITHDRAWN,
        )
    )


def draft_continuing(agreement: Agreement) -> AgreementDraft | None:
    """Return the draft that would renew an agreement and was not offered yet."""
    wanted = sa.select(AgreementDraft).where(
        AgreementDraft.member_id == agreement.member_id,
        AgreementDraft.continues_id == agreement.id,
        AgreementDraft.offered.is_(False),
    )
    return db.session.scalar(wanted.order_by(AgreementDraft.changed_at.desc()).limit(1))


def require_renewable(member: Member, agreement: Agreement, *, on: date | None = None) -> None:
    """Refuse with ConflictError to renew an agreement twice, or once it can no longer be continued."""
    known = renewal_of(agreement)
    if known is not None:
        message = _("This agreement is renewed already, by %(ref_no)s.", ref_no=known.ref_no)
        raise ConflictError(message, code="renewed")
    require_continuable(member, agreement, on=on)


def require_continuable(member: Member, agreement: Agreement, *, on: date | None = None) -> None:
    """Refuse with ConflictError, and its reason, when an agreement cannot be continued on a day."""
    facts = facts_of(agreement, agreement_events([agreement])[agreement.id])
    check_renewable(facts, on=on or today_of(member))


def prolongs(agreement: Agreement) -> bool:
    """Say whether signing an agreement lets the licence run longer than everything signed before."""
    if agreement.continues_id is not None:
        return True
    signed = sa.select(Agreement.ends_on, Agreement.closed_on).where(
        Agreement.member_id == agreement.member_id,
        Agreement.id != agreement.id,
        Agreement.signed_on.is_not(None),
    )
    before = (last_day(ends_on, closed_on) for ends_on, closed_on in db.session.execute(signed))
    return lets_run_longer(agreement.ends_on, before)
