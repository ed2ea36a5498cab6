"""Reading accounts, access and sessions; the loader by which every request learns who is there."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from sri_admin.kernel import clock, runtime, transaction
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.tenancy import NOWHERE, Tenant
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
from sri_admin.people.rules import (
    SEEN_EVERY,
    SESSION_IDLES,
    TOKEN_PREFIX,
    AccountState,
    Grant,
    LinkPurpose,
    Managed,
    Role,
    needs_second_step,
    role_name,
)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A session that holds at this moment, and whose it is."""

    actor: Actor
    session_id: UUID
    csrf: str
    locale: str
    theme: str
    home: UUID
    role_label: LazyText
    owes_second_step: bool = False


@dataclass(frozen=True, kw_only=True)
class Access:
    """One line of "who has access and until when"."""

    account: Account
    mandate: MandateRow
    has_password: bool
    last_seen: datetime | None
    managed: Managed


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    """One browser somebody is signed in with."""

    id: UUID
    since: datetime
    last_used: datetime


@dataclass(frozen=True, kw_only=True)
class ProgramKey:
    """A key of one's own programs, for which role, and when it was last used."""

    key: PersonalToken
    mandate: MandateRow
    last_used: datetime | None


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


def _not_over(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(MandateRow.ended_at.is_(None), sa.or_(MandateRow.ends_on.is_(None), MandateRow.ends_on >= on))


# A mandate for the whole hub comes first, then the oldest: the first one is the person's home.
_ORDER = (sa.case((MandateRow.scope == Scope.HUB, 0), else_=1), MandateRow.starts_on, MandateRow.id)

_last_used = sa.func.coalesce(SessionSeen.seen_at, AccountSession.created_at)


def signed_in(token: str) -> SignedIn | None:
    """Return whose session a token is, if it holds now; one statement, and at most one note a minute of its use."""
    now = clock.now()
    with transaction.reading(NOWHERE):
        rows = db.session.execute(_session_statement(digest(token), now)).all()
        if not rows:
            return None
        account, session, seen_at, _home, has_step = rows[0]
        mandates = tuple(_as_mandate(row[3]) for row in rows)
        found = _as_signed_in(account, session, mandates, has_step=has_step)
    if now - seen_at >= SEEN_EVERY:
        _note_use(found.session_id, now)
    return found


def program(token: str) -> SignedIn | None:
    """Return for whom a program comes in with its key, if that holds now: for one role, and never for grave acts."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    now = clock.now()
    with transaction.reading(NOWHERE):
        row = db.session.execute(_program_statement(digest(token), now)).first()
        if row is None:
            return None
        account, key, mandate, seen_at = row
        found = SignedIn(
            actor=Actor(label=account.label, account_id=account.id, mandates=(_as_mandate(mandate),)),
            session_id=key.id,
            csrf="",
            locale=account.locale,
            theme=account.theme.value,
            home=mandate.member_id,
            role_label=role_name(mandate.role),
        )
    if seen_at is None or now - seen_at >= SEEN_EVERY:
        _note_program(found.session_id, now)
    return found


def _program_statement(token_hash: bytes, now: datetime) -> sa.Select[Account, PersonalToken, MandateRow, datetime]:
    return (
        sa.select(Account, PersonalToken, MandateRow, PersonalTokenSeen.seen_at)
        .join(PersonalToken, PersonalToken.account_id == Account.id)
        .join(MandateRow, MandateRow.id == PersonalToken.mandate_id)
        .outerjoin(PersonalTokenSeen, PersonalTokenSeen.token_id == PersonalToken.id)
        .where(
            PersonalToken.token_hash == token_hash,
            PersonalToken.revoked_at.is_(None),
            PersonalToken.ends_on >= now.date(),
            Account.state == AccountState.ACTIVE,
            holding(now.date()),
        )
    )


def _note_program(token_id: UUID, now: datetime) -> None:
    noted = insert(PersonalTokenSeen).values(token_id=token_id, seen_at=now)
    with transaction.apart() as session:
        session.execute(noted.on_conflict_do_update(index_elements=["token_id"], set_={"seen_at": now}))


def program_keys_of(account_id: UUID) -> list[ProgramKey]:
    """Return the keys of an account's programs that work, or will again, the newest first."""
    rows = db.session.execute(
        sa.select(PersonalToken, MandateRow, PersonalTokenSeen.seen_at)
        .join(MandateRow, MandateRow.id == PersonalToken.mandate_id)
        .outerjoin(PersonalTokenSeen, PersonalTokenSeen.token_id == PersonalToken.id)
        .where(
            PersonalToken.account_id == account_id,
            PersonalToken.revoked_at.is_(None),
            PersonalToken.ends_on >= clock.today(),
        )
        .order_by(PersonalToken.created_at.desc())
    )
    return [ProgramKey(key=key, mandate=mandate, last_used=seen) for key, mandate, seen in rows]


def program_key_of(account_id: UUID, key_id: UUID) -> PersonalToken:
    """Return a key of an account's own programs; NotFoundError if it is another's."""
    found = db.session.get(PersonalToken, key_id)
    if found is None or found.account_id != account_id:
        raise NotFoundError
    return found


def _as_signed_in(
    account: Account, session: AccountSession, mandates: tuple[Mandate, ...], *, has_step: bool
) -> SignedIn:
    actor = Actor(label=account.label, account_id=account.id, mandates=mandates, fresh_until=session.fresh_until)
    return SignedIn(
        actor=actor,
        session_id=session.id,
        csrf=session.csrf,
        locale=account.locale,
        theme=account.theme.value,
        home=mandates[0].member_id,
        role_label=role_name(mandates[0].role),
        owes_second_step=not has_step and must_have_second_step(mandates),
    )


def must_have_second_step(mandates: Iterable[Mandate | MandateRow]) -> bool:
    """Say whether this installation asks holders of these mandates for a second step at sign-in."""
    demand = runtime.current().settings.sign_in.second_step
    return needs_second_step((each.role for each in mandates), demand)


def _session_statement(
    token_hash: bytes, now: datetime
) -> sa.Select[Account, AccountSession, datetime, MandateRow, bool]:
    return (
        sa.select(Account, AccountSession, _last_used, MandateRow, _asks_for_code(Account.id).label("has_step"))
        .join(AccountSession, AccountSession.account_id == Account.id)
        .join(MandateRow, MandateRow.account_id == Account.id)
        .outerjoin(SessionSeen, SessionSeen.session_id == AccountSession.id)
        .where(
            AccountSession.token_hash == token_hash,
            AccountSession.revoked_at.is_(None),
            AccountSession.expires_at > now,
            _last_used > now - SESSION_IDLES,
            Account.state == AccountState.ACTIVE,
            holding(now.date()),
        )
        .order_by(*_ORDER)
    )


def _as_mandate(row: MandateRow) -> Mandate:
    return Mandate(
        role=row.role.value,
        scope=row.scope,
        member_id=row.member_id,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        language=row.language,
    )


def _note_use(session_id: UUID, now: datetime) -> None:
    noted = insert(SessionSeen).values(session_id=session_id, seen_at=now)
    with transaction.apart() as session:
        session.execute(noted.on_conflict_do_update(index_elements=["session_id"], set_={"seen_at": now}))


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


def _asks_for_code(account_id: sa.ColumnElement[UUID] | Any) -> sa.ColumnElement[bool]:
    confirmed = (SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None))
    return sa.exists().where(*confirmed)


def asks_for_code(account_id: UUID) -> bool:
    """Say whether signing in takes a second step."""
    return bool(db.session.scalar(sa.select(_asks_for_code(account_id))))


def find_second_factor(account_id: UUID) -> SecondFactor | None:
    """Return the second step of an account, confirmed or being set up, if there is one."""
    return db.session.scalar(sa.select(SecondFactor).where(SecondFactor.account_id == account_id))


def recovery_codes_left(account_id: UUID) -> int:
    """Count the codes on paper that still work."""
    unused = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(sa.select(sa.func.count()).select_from(RecoveryCode).where(*unused)) or 0


def find_step(token: str) -> SignInStep | None:
    """Return the sign-in that owes its code, unless it is used or too old."""
    usable = (SignInStep.used_at.is_(None), SignInStep.expires_at > clock.now())
    return db.session.scalar(sa.select(SignInStep).where(SignInStep.token_hash == digest(token), *usable))


def find_credential(account_id: UUID) -> Credential | None:
    """Return the password hash of an account, if one was ever set."""
    return db.session.scalar(sa.select(Credential).where(Credential.account_id == account_id))


def mandates_on(account_id: UUID, day: date) -> list[MandateRow]:
    """Return what an account may be used for on a day, the home first."""
    chosen = sa.select(MandateRow).where(MandateRow.account_id == account_id, holding(day))
    return list(db.session.scalars(chosen.order_by(*_ORDER)))


def mandates_today(account_id: UUID) -> list[MandateRow]:
    """Return what an account may be used for today, the home first."""
    return mandates_on(account_id, clock.today())


def actor_of(account_id: UUID) -> Actor:
    """Return who an account is today, for what is done for them later; without mandates they may do nothing."""
    account = account_by_id(account_id)
    held = tuple(_as_mandate(row) for row in mandates_today(account_id)) if account.state is AccountState.ACTIVE else ()
    return Actor(label=account.label, account_id=account.id, mandates=held)


def mandates_not_over(account_id: UUID) -> list[MandateRow]:
    """Return the mandates of an account that hold today or begin later."""
    chosen = sa.select(MandateRow).where(MandateRow.account_id == account_id, _not_over(clock.today()))
    return list(db.session.scalars(chosen.order_by(*_ORDER)))


def mandates_of(account_id: UUID) -> list[MandateRow]:
    """Return every mandate an account ever had."""
    chosen = sa.select(MandateRow).where(MandateRow.account_id == account_id)
    return list(db.session.scalars(chosen.order_by(*_ORDER)))


def managed(account: Account, member_id: UUID) -> Managed:
    """Return an account as those who would manage it for one tenant must see it."""
    held = mandates_not_over(account.id)
    return Managed(member_id, [Grant(each.role, each.scope, each.member_id) for each in held])


def person_of(member_id: UUID, account_id: UUID) -> Account:
    """Return somebody who has, or will have, access for a tenant; NotFoundError otherwise."""
    chosen = sa.select(Account).join(MandateRow, MandateRow.account_id == Account.id)
    here = (Account.id == account_id, MandateRow.member_id == member_id, _not_over(clock.today()))
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
        sa.select(AccountSession.account_id, sa.func.max(_last_used).label("seen_at"))
        .outerjoin(SessionSeen, SessionSeen.session_id == AccountSession.id)
        .group_by(AccountSession.account_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(MandateRow, Account, Credential.id, last_seen.c.seen_at)
        .join(Account, Account.id == MandateRow.account_id)
        .outerjoin(Credential, Credential.account_id == Account.id)
        .outerjoin(last_seen, last_seen.c.account_id == Account.id)
        .where(MandateRow.member_id == member_id, _not_over(clock.today()))
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
    chosen = sa.select(MandateRow).where(MandateRow.account_id.in_(here), _not_over(clock.today()))
    held: dict[UUID, list[Grant]] = defaultdict(list)
    for row in db.session.scalars(chosen):
        held[row.account_id].append(Grant(row.role, row.scope, row.member_id))
    return held


def sessions_of(account_id: UUID) -> list[OwnSession]:
    """Return the browsers an account is signed in with, the last used first."""
    now = clock.now()
    rows = db.session.execute(
        sa.select(AccountSession.id, AccountSession.created_at, _last_used)
        .outerjoin(SessionSeen, SessionSeen.session_id == AccountSession.id)
        .where(
            AccountSession.account_id == account_id,
            AccountSession.revoked_at.is_(None),
            AccountSession.expires_at > now,
            _last_used > now - SESSION_IDLES,
        )
        .order_by(_last_used.desc())
    )
    return [OwnSession(id=key, since=since, last_used=last) for key, since, last in rows]


def session_by_id(session_id: UUID) -> AccountSession:
    """Return a session; NotFoundError if there is none."""
    found = db.session.get(AccountSession, session_id)
    if found is None:
        raise NotFoundError
    return found


def link_purpose(token: str) -> LinkPurpose:
    """Return what a one-time link is for, while it can be used; NotFoundError afterwards."""
    chosen = (
        sa.select(OneTimeLink.purpose)
        .join(Account, Account.id == OneTimeLink.account_id)
        .where(
            OneTimeLink.token_hash == digest(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > clock.now(),
            Account.state == AccountState.ACTIVE,
        )
    )
    found = db.session.scalar(chosen)
    if found is None:
        raise link_gone()
    return found


def link_gone() -> NotFoundError:
    """Return the answer to a link that was used, replaced, is too old, or never was: always the same."""
    return NotFoundError(
        _l("This link was used already, or it is too old. Ask the person who gave it to you for a new one.")
    )


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
