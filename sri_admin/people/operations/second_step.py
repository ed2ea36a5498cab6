"""The second step at sign-in: a code from a phone besides the password, or one on paper when the phone is lost."""

import os
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock, ids, sealing
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import Event, record
from sri_admin.people.events import RecoveryCodesMade, RecoveryCodeUsed, SecondStepRemoved, SecondStepSet
from sri_admin.people.models import Account, AccountSession, RecoveryCode, SecondFactor, SignInStep
from sri_admin.people.operations import attempts
from sri_admin.people.operations.sessions import Opened, as_actor, home_of, open_session, revoke_all
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.access import managed
from sri_admin.people.queries.accounts import account_by_id, digest, mandates_today
from sri_admin.people.queries.second_step import find_second_factor, recovery_codes_left
from sri_admin.people.rules import (
    RECOVERY_CODES,
    RECOVERY_LENGTH,
    RECOVERY_LETTERS,
    SECRET_BYTES,
    AccountState,
    plain_code,
    step_of,
)

Values = Mapping[str, Any]
_PURPOSE = "second-steps"


def begin_second_step(actor: Actor, account: Account) -> SecondFactor:
    """Make a secret for somebody's own phone; sign-in asks for its codes once one was entered here."""
    POLICY.require(actor, "people.second_step.set_up", account)
    factor = find_second_factor(account.id)
    if factor is None:
        factor = SecondFactor(id=ids.new(), account_id=account.id)
        db.session.add(factor)
    elif factor.confirmed_at is not None:
        raise _is_set_up()
    factor.sealed = sealing.seal(os.urandom(SECRET_BYTES), purpose=_PURPOSE, belongs_to=account.id.bytes)
    return factor


def shown_secret(actor: Actor, account: Account) -> bytes | None:
    """Return the secret while it still has to reach the phone; None before it is made and once it is confirmed."""
    POLICY.require(actor, "people.second_step.set_up", account)
    factor = find_second_factor(account.id)
    return _secret(factor) if factor is not None and factor.confirmed_at is None else None


def confirm_second_step(actor: Actor, account: Account, session_id: UUID, *, values: Values) -> list[str]:
    """Take the first code from the phone and return codes for paper; every other session ends."""
    POLICY.require(actor, "people.second_step.set_up", account)
    factor = _locked(account.id)
    if factor is None:
        raise ConflictError(_l("This page was open too long. Begin again."))
    if factor.confirmed_at is not None:
        raise _is_set_up()
    _require_code(factor, values, allow_paper=False)
    factor.confirmed_at = clock.now()
    others = (AccountSession.account_id == account.id, AccountSession.id != session_id)
    db.session.execute(
        sa.update(AccountSession).where(*others, AccountSession.revoked_at.is_(None)).values(revoked_at=clock.now())
    )
    codes = _new_codes(account.id)
    record(actor, SecondStepSet(member_id=home_of(actor), subject=account.id), factor)
    return codes


def renew_recovery_codes(actor: Actor, account: Account) -> list[str]:
    """Make new codes for paper and return them; earlier ones stop working."""
    POLICY.require(actor, "people.second_step.set_up", account)
    factor = find_second_factor(account.id)
    if factor is None or factor.confirmed_at is None:
        raise NotFoundError
    codes = _new_codes(account.id)
    record(actor, RecoveryCodesMade(member_id=home_of(actor), subject=account.id), factor)
    return codes


def end_own_second_step(actor: Actor, account: Account) -> None:
    """Take one's own second step off, for another phone or for good."""
    POLICY.require(actor, "people.second_step.end", account)
    _forget(actor, account.id, SecondStepRemoved(member_id=home_of(actor), subject=account.id, reason=None))


def end_second_step(actor: Actor, account: Account, member_id: UUID, *, values: Values) -> None:
    """Take off the second step of somebody who lost phone and paper; every session ends."""
    POLICY.require(actor, "people.account.manage", managed(account, member_id))
    if account.id == actor.account_id:
        raise ConflictError(_l("Take off your own second step in your account."))
    reason = values["reason"].strip()
    if not reason:
        raise InvalidError([FieldError("reason", _l("Please answer this."))])
    _forget(actor, account.id, SecondStepRemoved(member_id=member_id, subject=account.id, reason=reason))
    revoke_all(account.id)


def pass_second_step(actor: Actor, step: SignInStep, *, values: Values) -> Opened:
    """Let somebody in who gave the password a moment ago and has the code, from the phone or from paper."""
    POLICY.require(actor, "people.second_step.pass")
    account, mandates = account_by_id(step.account_id), mandates_today(step.account_id)
    factor = _locked(account.id)
    if account.state is not AccountState.ACTIVE or not mandates or factor is None:
        raise NotFoundError
    paper = _require_code(factor, values, allow_paper=True)
    step.used_at = clock.now()
    opened = open_session(account, mandates)
    if paper is not None:
        left = recovery_codes_left(account.id)
        used = RecoveryCodeUsed(member_id=mandates[0].member_id, subject=account.id, left=left)
        record(as_actor(account, mandates), used, paper)
    return opened


def _require_code(factor: SecondFactor, values: Values, *, allow_paper: bool) -> RecoveryCode | None:
    counters = (attempts.by_code(factor.account_id), attempts.by_network(values["network"]))
    attempts.begin(*counters)
    code, secret, now = plain_code(values["code"]), _secret(factor), clock.now()
    paper = _use_paper(factor.account_id, code) if allow_paper and len(code) == RECOVERY_LENGTH else None
    step = step_of(secret, code, now=now, after=factor.last_step) if secret else None
    if paper is None and step is None:
        raise InvalidError([FieldError("code", _l("This code does not fit. Enter the one that is shown now."))])
    factor.last_step = step or factor.last_step
    attempts.succeed(*counters)
    return paper


def _use_paper(account_id: UUID, code: str) -> RecoveryCode | None:
    unused = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    chosen = sa.select(RecoveryCode).where(*unused, RecoveryCode.code_hash == digest(code)).with_for_update()
    found = db.session.scalar(chosen)
    if found is not None:
        found.used_at = clock.now()
    return found


def _locked(account_id: UUID) -> SecondFactor | None:
    # Of two who send the same code at once, the second waits and finds it used.
    chosen = sa.select(SecondFactor).where(SecondFactor.account_id == account_id).with_for_update()
    return db.session.scalar(chosen.execution_options(populate_existing=True))


def _secret(factor: SecondFactor) -> bytes | None:
    return sealing.unseal(factor.sealed, purpose=_PURPOSE, belongs_to=factor.account_id.bytes)


def _new_codes(account_id: UUID) -> list[str]:
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [_random_code() for _each in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(id=ids.new(), account_id=account_id, code_hash=digest(code)) for code in codes)
    return codes


def _random_code() -> str:
    return "".join(secrets.choice(RECOVERY_LETTERS) for _each in range(RECOVERY_LENGTH))


def _forget(actor: Actor, account_id: UUID, event: Event) -> None:
    factor = find_second_factor(account_id)
    if factor is None:
        raise NotFoundError
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    db.session.delete(factor)
    record(actor, event)


def _is_set_up() -> ConflictError:
    return ConflictError(_l("A second step is set up already. Take it off first."))
