"""What is kept about one person: written out for them, or erased for good."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import audit, clock, jobs, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.people.events import AccountErased
from sri_admin.people.models import (
    Account,
    AccountSession,
    Credential,
    MandateRow,
    OneTimeLink,
    PersonalToken,
    PersonalTokenSeen,
    RecoveryCode,
    SecondFactor,
    SessionSeen,
    SignInStep,
)
from sri_admin.people.operations import attempts
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.access import managed
from sri_admin.people.queries.accounts import mandates_of
from sri_admin.people.queries.second_step import find_second_factor
from sri_admin.people.rules import AccountState

FORGET = "people.forget_person"


def erase_person(actor: Actor, account: Account, member_id: UUID, *, values: Mapping[str, Any]) -> Account:
    """Erase everything kept about somebody; what they did stays in history under their label alone."""
    POLICY.require(actor, "people.account.manage", managed(account, member_id))
    if account.id == actor.account_id:
        raise ConflictError(_l("Nobody erases themselves. Ask somebody else who can give access here."))
    if account.state is AccountState.ERASED:
        return account
    places = {each.member_id for each in _end_mandates(actor, account)}
    _forget_secrets(account)
    account.sign_in_name, account.display_name = account.label, None
    account.state = AccountState.ERASED
    for place in places | {member_id}:
        jobs.defer(FORGET, member_id=place, account_id=account.id)
    record(actor, AccountErased(member_id=member_id, subject=account.id, reason=values["reason"].strip()), account)
    return account


def _end_mandates(actor: Actor, account: Account) -> list[MandateRow]:
    rows = mandates_of(account.id)
    for row in rows:
        if row.ended_at is None:
            row.ended_at, row.ended_by = clock.now(), actor.label
        row.ended_reason = None
    return rows


def _forget_secrets(account: Account) -> None:
    attempts.succeed(attempts.by_name(account.sign_in_name))
    sessions = list(db.session.scalars(sa.select(AccountSession.id).where(AccountSession.account_id == account.id)))
    keys = list(db.session.scalars(sa.select(PersonalToken.id).where(PersonalToken.account_id == account.id)))
    for table in (Credential, OneTimeLink, AccountSession, PersonalToken, SecondFactor, RecoveryCode, SignInStep):
        db.session.execute(sa.delete(table).where(table.account_id == account.id))
    with transaction.apart() as session:
        session.execute(sa.delete(SessionSeen).where(SessionSeen.session_id.in_(sessions)))
        session.execute(sa.delete(PersonalTokenSeen).where(PersonalTokenSeen.token_id.in_(keys)))


def forget_person(_actor: Actor, *, member_id: UUID, account_id: UUID) -> None:
    """Erase the personal values history holds about somebody in one country."""
    audit.forget(member_id, account_id)


def written_out(account: Account) -> dict[str, Any]:
    """Return everything kept about somebody, for them to read."""
    sessions = db.session.scalars(sa.select(AccountSession).where(AccountSession.account_id == account.id))
    keys = db.session.scalars(sa.select(PersonalToken).where(PersonalToken.account_id == account.id))
    factor = find_second_factor(account.id)
    return {
        "label": account.label,
        "sign_in_name": account.sign_in_name,
        "display_name": account.display_name,
        "language": account.locale,
        "theme": account.theme.value,
        "state": account.state.value,
        "entered": clock.wire(account.created_at),
        "roles": [_role(each) for each in mandates_of(account.id)],
        "sessions": [{"begun": clock.wire(each.created_at), "until": clock.wire(each.expires_at)} for each in sessions],
        "second_step": clock.wire(factor.confirmed_at) if factor and factor.confirmed_at else None,
        "program_keys": [{"name": each.name, "until": each.ends_on.isoformat()} for each in keys],
    }


def _role(row: MandateRow) -> dict[str, Any]:
    ended = clock.wire(row.ended_at) if row.ended_at else None
    return {
        "role": row.role.value,
        "member": str(row.member_id),
        "from": row.starts_on.isoformat(),
        "to": row.ends_on.isoformat() if row.ends_on else None,
        "ended": ended,
        "reason": row.ended_reason,
    }
