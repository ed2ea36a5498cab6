"""Reading what stands behind the second step at sign-in."""

from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.people.models import (
    RecoveryCode,
    SecondFactor,
    SignInStep,
)
from sri_admin.people.queries.accounts import digest


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
