"""Reading a person's own sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.people.models import (
    AccountSession,
    SessionSeen,
)
from sri_admin.people.queries.signing_in import last_used
from sri_admin.people.rules import (
    SESSION_IDLES,
)


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    """One browser somebody is signed in with."""

    id: UUID
    since: datetime
    last_used: datetime


def sessions_of(account_id: UUID) -> list[OwnSession]:
    """Return the browsers an account is signed in with, the last used first."""
    now = clock.now()
    rows = db.session.execute(
        sa.select(AccountSession.id, AccountSession.created_at, last_used)
        .outerjoin(SessionSeen, SessionSeen.session_id == AccountSession.id)
        .where(
            AccountSession.account_id == account_id,
            AccountSession.revoked_at.is_(None),
            AccountSession.expires_at > now,
            last_used > now - SESSION_IDLES,
            last_used < now + SESSION_IDLES,
        )
        .order_by(last_used.desc())
    )
    return [OwnSession(id=key, since=since, last_used=last) for key, since, last in rows]


def session_by_id(session_id: UUID) -> AccountSession:
    """Return a session; NotFoundError if there is none."""
    found = db.session.get(AccountSession, session_id)
    if found is None:
        raise NotFoundError
    return found
