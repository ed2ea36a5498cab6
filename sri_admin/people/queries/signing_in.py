"""The loaders by which every request learns who is there: a browser by its session, a program by its key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from sri_admin.kernel import clock, runtime, transaction
from sri_admin.kernel.actor import Actor, Mandate
from sri_admin.kernel.db import db
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.tenancy import NOWHERE
from sri_admin.people.models import (
    Account,
    AccountSession,
    MandateRow,
    PersonalToken,
    PersonalTokenSeen,
    SessionSeen,
)
from sri_admin.people.queries.accounts import HOME_FIRST, as_mandate, asks_for_code_of, digest, holding
from sri_admin.people.rules import (
    SEEN_EVERY,
    SESSION_IDLES,
    TOKEN_PREFIX,
    AccountState,
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


last_used = sa.func.coalesce(SessionSeen.seen_at, AccountSession.created_at)


def signed_in(token: str) -> SignedIn | None:
    """Return whose session a token is, if it holds now; one statement, and at most one note a minute of its use."""
    now = clock.now()
    with transaction.reading(NOWHERE):
        rows = db.session.execute(_session_statement(digest(token), now)).all()
        if not rows:
            return None
        account, session, seen_at, _home, has_step = rows[0]
        mandates = tuple(as_mandate(row[3]) for row in rows)
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
            actor=Actor(label=account.label, account_id=account.id, mandates=(as_mandate(mandate),)),
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
        sa.select(Account, AccountSession, last_used, MandateRow, asks_for_code_of(Account.id).label("has_step"))
        .join(AccountSession, AccountSession.account_id == Account.id)
        .join(MandateRow, MandateRow.account_id == Account.id)
        .outerjoin(SessionSeen, SessionSeen.session_id == AccountSession.id)
        .where(
            AccountSession.token_hash == token_hash,
            AccountSession.revoked_at.is_(None),
            AccountSession.expires_at > now,
            # One used later than now was so by a clock that ran ahead, which would keep it open for years.
            last_used > now - SESSION_IDLES,
            last_used < now + SESSION_IDLES,
            Account.state == AccountState.ACTIVE,
            holding(now.date()),
        )
        .order_by(*HOME_FIRST)
    )


def _note_use(session_id: UUID, now: datetime) -> None:
    noted = insert(SessionSeen).values(session_id=session_id, seen_at=now)
    with transaction.apart() as session:
        session.execute(noted.on_conflict_do_update(index_elements=["session_id"], set_={"seen_at": now}))
