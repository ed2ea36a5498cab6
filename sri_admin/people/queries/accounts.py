"""Reading accounts, their secrets and their mandates; places by what they are called."""

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.tenancy import Tenant
from sri_admin.people.models import (
    Account,
    Credential,
    MandateRow,
    SecondFactor,
)
from sri_admin.people.rules import (
    AccountState,
)


def digest(token: str) -> bytes:
    """Return the form in which a secret token is stored."""
    return hashlib.sha256(token.encode()).digest()


def holding(on: date) -> sa.ColumnElement[bool]:
    """Return the filter for mandates that hold on a day; the same rule as `rules.is_open`, and not ended."""
    return sa.and_(
        MandateRow.ended_at.is_(None),
        MandateRow.starts_on <= on,
        sa.or_(MandateRow.ends_on.is_(None), MandateRow.ends_on >= on),
    )


def not_over(on: date) -> sa.ColumnElement[bool]:
    """Return the filter for mandates that hold on a day or later."""
    return sa.and_(MandateRow.ended_at.is_(None), sa.or_(MandateRow.ends_on.is_(None), MandateRow.ends_on >= on))


# A mandate for the whole hub comes first, then the oldest: the first one is the person's home.
HOME_FIRST = (sa.case((MandateRow.scope == Scope.HUB, 0), else_=1), MandateRow.starts_on, MandateRow.id)


def as_mandate(row: MandateRow) -> Mandate:
    """Return a mandate as an actor carries it."""
    return Mandate(
        role=row.role.value,
        scope=row.scope,
        member_id=row.member_id,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        language=row.language,
    )


def account_by_id(account_id: UUID) -> Account:
    """Return an account; NotFoundError if there is none."""
    found = db.session.get(Account, account_id)
    if found is None:
        raise NotFoundError
    return found


def find_account(sign_in_name: str) -> Account | None:
    """Return the account of a folded sign-in name."""
    return db.session.scalar(sa.select(Account).where(Account.sign_in_name == sign_in_name))


def find_secret(sign_in_name: str) -> tuple[Account | None, Credential | None]:
    """Return the account and the password hash of a folded sign-in name, in one statement whether or not they exist."""
    chosen = sa.select(Account, Credential).outerjoin(Credential, Credential.account_id == Account.id)
    row = db.session.execute(chosen.where(Account.sign_in_name == sign_in_name)).first()
    return (row[0], row[1]) if row else (None, None)


def asks_for_code_of(account_id: sa.ColumnElement[UUID] | Any) -> sa.ColumnElement[bool]:
    """Return the condition that an account has a second step."""
    confirmed = (SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None))
    return sa.exists().where(*confirmed)


def asks_for_code(account_id: UUID) -> bool:
    """Say whether signing in takes a second step."""
    return bool(db.session.scalar(sa.select(asks_for_code_of(account_id))))


def find_credential(account_id: UUID) -> Credential | None:
    """Return the password hash of an account, if one was ever set."""
    return db.session.scalar(sa.select(Credential).where(Credential.account_id == account_id))


def mandates_on(account_id: UUID, day: date) -> list[MandateRow]:
    """Return what an account may be used for on a day, the home first."""
    chosen = sa.select(MandateRow).where(MandateRow.account_id == account_id, holding(day))
    return list(db.session.scalars(chosen.order_by(*HOME_FIRST)))


def mandates_today(account_id: UUID) -> list[MandateRow]:
    """Return what an account may be used for today, the home first."""
    return mandates_on(account_id, clock.today())


def actor_of(account_id: UUID) -> Actor:
    """Return who an account is today, for what is done for them later; without mandates they may do nothing."""
    account = account_by_id(account_id)
    held = tuple(as_mandate(row) for row in mandates_today(account_id)) if account.state is AccountState.ACTIVE else ()
    return Actor(label=account.label, account_id=account.id, mandates=held)


def mandates_not_over(account_id: UUID) -> list[MandateRow]:
    """Return the mandates of an account that hold today or begin later."""
    chosen = sa.select(MandateRow).where(MandateRow.account_id == account_id, not_over(clock.today()))
    return list(db.session.scalars(chosen.order_by(*HOME_FIRST)))


def mandates_of(account_id: UUID) -> list[MandateRow]:
    """Return every mandate an account ever had."""
    chosen = sa.select(MandateRow).where(MandateRow.account_id == account_id)
    return list(db.session.scalars(chosen.order_by(*HOME_FIRST)))


def tenant_by_id(tenant_id: UUID) -> Tenant:
    """Return a tenant; NotFoundError if there is none."""
    found = db.session.get(Tenant, tenant_id)
    if found is None:
        raise NotFoundError
    return found


def codes_of(tenant_ids: set[UUID]) -> dict[UUID, str]:
    """Return the codes of tenants."""
    rows = db.session.execute(sa.select(Tenant.id, Tenant.code).where(Tenant.id.in_(tenant_ids)))
    return {row.id: row.code for row in rows}
