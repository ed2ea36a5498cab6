"""Reading who has access for a place, since when, until when, and from where."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.people.models import (
    Account,
    AccountSession,
    Credential,
    MandateRow,
    SessionSeen,
)
from sri_admin.people.queries.accounts import holding, mandates_not_over, not_over
from sri_admin.people.queries.signing_in import last_used
from sri_admin.people.rules import (
    AccountState,
    Grant,
    Managed,
    Role,
)


@dataclass(frozen=True, kw_only=True)
class Access:
    """One line of "who has access and until when"."""

    account: Account
    mandate: MandateRow
    has_password: bool
    last_seen: datetime | None
    managed: Managed


def managed(account: Account, member_id: UUID) -> Managed:
    """Return an account as those who would manage it for one tenant must see it."""
    held = mandates_not_over(account.id)
    return Managed(member_id, [Grant(each.role, each.scope, each.member_id) for each in held])


def person_of(member_id: UUID, account_id: UUID) -> Account:
    """Return somebody who has, or will have, access for a tenant; NotFoundError otherwise."""
    chosen = sa.select(Account).join(MandateRow, MandateRow.account_id == Account.id)
    here = (Account.id == account_id, MandateRow.member_id == member_id, not_over(clock.today()))
    found = db.session.scalars(chosen.where(*here).limit(1)).first()
    if found is None:
        raise NotFoundError
    return found


def mandate_of(member_id: UUID, mandate_id: UUID) -> MandateRow:
    """Return a mandate of one tenant; NotFoundError if it is another's."""
    row = db.session.get(MandateRow, mandate_id)
    if row is None or row.member_id != member_id:
        raise NotFoundError
    return row


def others_holding(mandate: MandateRow) -> int:
    """Count who else holds the same role in the same place today, and can really come in."""
    chosen = (
        sa.select(sa.func.count(sa.distinct(MandateRow.account_id)))
        .join(Account, Account.id == MandateRow.account_id)
        .join(Credential, Credential.account_id == Account.id)
        .where(
            MandateRow.role == mandate.role,
            MandateRow.member_id == mandate.member_id,
            MandateRow.account_id != mandate.account_id,
            Account.state == AccountState.ACTIVE,
            holding(clock.today()),
        )
    )
    return db.session.scalar(chosen) or 0


def access_at(member_id: UUID) -> list[Access]:
    """Return who has access for a tenant, now or soon, and until when; national administrators and directors first."""
    last_seen = (
        sa.select(AccountSession.account_id, sa.func.max(last_used).label("seen_at"))
        .outerjoin(SessionSeen, SessionSeen.session_id == AccountSession.id)
        .group_by(AccountSession.account_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(MandateRow, Account, Credential.id, last_seen.c.seen_at)
        .join(Account, Account.id == MandateRow.account_id)
        .outerjoin(Credential, Credential.account_id == Account.id)
        .outerjoin(last_seen, last_seen.c.account_id == Account.id)
        .where(MandateRow.member_id == member_id, not_over(clock.today()))
        .order_by(MandateRow.starts_on, MandateRow.id)
    )
    held = _held_by(member_id)
    found = [
        Access(
            account=account,
            mandate=mandate,
            has_password=credential is not None,
            last_seen=seen,
            managed=Managed(member_id, held[account.id]),
        )
        for mandate, account, credential, seen in rows
    ]
    places = {role: place for place, role in enumerate(Role)}
    return sorted(found, key=lambda each: (places[each.mandate.role], (each.account.display_name or "").casefold()))


def _held_by(member_id: UUID) -> dict[UUID, list[Grant]]:
    here = sa.select(MandateRow.account_id).where(MandateRow.member_id == member_id)
    chosen = sa.select(MandateRow).where(MandateRow.account_id.in_(here), not_over(clock.today()))
    held: dict[UUID, list[Grant]] = defaultdict(list)
    for row in db.session.scalars(chosen):
        held[row.account_id].append(Grant(row.role, row.scope, row.member_id))
    return held
