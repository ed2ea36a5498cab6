"""Coming in, going out, giving the password again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock, ids, tenancy
from sri_admin.kernel.actor import Actor, Mandate
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import FieldError, InvalidError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.people.events import PasswordChanged, PasswordConfirmed, ProgramKeysEnded, SignedIn, SignedOut
from sri_admin.people.models import Account, AccountSession, MandateRow, PersonalToken, SignInStep
from sri_admin.people.operations import attempts, passwords
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.accounts import asks_for_code, digest, find_credential, find_secret, mandates_today
from sri_admin.people.queries.sessions import session_by_id
from sri_admin.people.rules import FRESH_FOR, SESSION_LASTS, STEP_LASTS, AccountState, fold_sign_in_name

Values = Mapping[str, Any]
_PER_MINUTE = 60


@dataclass(frozen=True)
class Opened:
    """A new session, or a sign-in that owes its code: the token is for the browser and stands nowhere else."""

    token: str
    account_id: UUID
    owes_code: bool = False


def sign_in(actor: Actor, *, values: Values) -> Opened:
    """Let somebody in who knows the password; whoever does not learns nothing about who has an account."""
    POLICY.require(actor, "people.session.open")
    name = _typed_name(values["sign_in_name"])
    counters = (attempts.by_name(name), attempts.by_network(values["network"]))
    attempts.take(f"sign-in:{values['network']}", limit=_PER_MINUTE, window=timedelta(minutes=1))
    attempts.begin(*counters)
    account, credential = find_secret(name)
    if not passwords.fits(credential, values["password"]) or account is None or credential is None:
        raise InvalidError(_l("This name and password do not fit together. Check both and try again."))
    mandates = mandates_today(account.id)
    if account.state is not AccountState.ACTIVE or not mandates:
        raise InvalidError(_l("Your access here has ended. Ask the person who gave it to you."))
    attempts.succeed(*counters)
    passwords.renew(credential, values["password"])
    return come_in(account, mandates)


def come_in(account: Account, mandates: list[MandateRow]) -> Opened:
    """Begin a session for somebody who gave the password, or the step in which the code is asked for."""
    _write_for_home(mandates)
    if not asks_for_code(account.id):
        return open_session(account, mandates)
    now, token = clock.now(), ids.token()
    step = SignInStep(
        id=ids.new(), account_id=account.id, token_hash=digest(token), created_at=now, expires_at=now + STEP_LASTS
    )
    db.session.add(step)
    return Opened(token, account.id, owes_code=True)


def open_session(account: Account, mandates: list[MandateRow]) -> Opened:
    """Begin a session for somebody who has just proved who they are; it writes for that person's home."""
    home = _write_for_home(mandates)
    now, token = clock.now(), ids.token()
    session = AccountSession(
        id=ids.new(),
        account_id=account.id,
        token_hash=digest(token),
        csrf=ids.token(),
        created_at=now,
        expires_at=now + SESSION_LASTS,
        fresh_until=now + FRESH_FOR,
    )
    db.session.add(session)
    record(as_actor(account, mandates), SignedIn(member_id=home, subject=account.id), session)
    return Opened(token, account.id)


def _write_for_home(mandates: list[MandateRow]) -> UUID:
    # Nobody was signed in when this transaction began, so it does not yet write for anyone.
    home = mandates[0].member_id
    tenancy.confine(db.session(), tenancy.only(home))
    return home


def sign_out(actor: Actor, session_id: UUID) -> None:
    """End one of one's own sessions, here or in another browser."""
    session = session_by_id(session_id)
    if session.account_id != actor.account_id:
        raise NotFoundError
    POLICY.require(actor, "people.session.end", session)
    if session.revoked_at is None:
        session.revoked_at = clock.now()
        record(actor, SignedOut(member_id=home_of(actor), subject=session.account_id, sessions=1), session)


def sign_out_everywhere(actor: Actor, account: Account) -> int:
    """End all of one's own sessions, this one too."""
    POLICY.require(actor, "people.session.end", account)
    ended = revoke_all(account.id)
    record(actor, SignedOut(member_id=home_of(actor), subject=account.id, sessions=ended), account)
    return ended


def confirm_password(actor: Actor, session_id: UUID, *, values: Values) -> datetime:
    """Take the password once more, so that grave acts are open for ten minutes."""
    session = session_by_id(session_id)
    POLICY.require(actor, "people.password.confirm", session)
    _require_password(session.account_id, values, field="password")
    until = session.fresh_until = clock.now() + FRESH_FOR
    record(actor, PasswordConfirmed(member_id=home_of(actor), subject=session.account_id), session)
    return until


def change_password(actor: Actor, account: Account, *, values: Values) -> Opened:
    """Replace one's own password; every session ends and this browser gets a new one."""
    POLICY.require(actor, "people.password.change", account)
    _require_password(account.id, values, field="current_password")
    passwords.store(account, values["password"])
    revoke_all(account.id)
    record(actor, PasswordChanged(member_id=home_of(actor), subject=account.id), account)
    return open_session(account, mandates_today(account.id))


def end_program_keys(actor: Actor, account_id: UUID, member_id: UUID) -> None:
    """End the keys of an account's programs: whoever stole the password may have made one."""
    working = (PersonalToken.account_id == account_id, PersonalToken.revoked_at.is_(None))
    ended = sa.update(PersonalToken).where(*working).values(revoked_at=clock.now()).returning(PersonalToken.id)
    count = len(db.session.scalars(ended).all())
    if count:
        record(actor, ProgramKeysEnded(member_id=member_id, subject=account_id, keys=count))


def revoke_all(account_id: UUID) -> int:
    """End every session of an account and say how many there were."""
    open_ones = (AccountSession.account_id == account_id, AccountSession.revoked_at.is_(None))
    ended = db.session.scalars(
        sa.update(AccountSession).where(*open_ones).values(revoked_at=clock.now()).returning(AccountSession.id)
    )
    return len(ended.all())


def home_of(actor: Actor) -> UUID:
    """Return the tenant in whose history one's own acts stand: that of the first mandate."""
    return actor.mandates[0].member_id


def as_actor(account: Account, mandates: list[MandateRow]) -> Actor:
    """Return somebody who was nobody a moment ago as the actor of what follows."""
    held = tuple(
        Mandate(
            role=each.role.value,
            scope=each.scope,
            member_id=each.member_id,
            starts_on=each.starts_on,
            language=each.language,
        )
        for each in mandates
    )
    return Actor(label=account.label, account_id=account.id, mandates=held)


def _require_password(account_id: UUID, values: Values, *, field: str) -> None:
    counters = (attempts.by_account(account_id), attempts.by_network(values["network"]))
    attempts.begin(*counters)
    if not passwords.fits(find_credential(account_id), values[field]):
        raise InvalidError([FieldError(field, _l("This is not your password. Try again."))])
    attempts.succeed(*counters)


def _typed_name(text: str) -> str:
    # What nobody can have as a name is looked up all the same, as an empty one: it takes the same time.
    name = fold_sign_in_name(text)
    return name if name.isprintable() else ""
