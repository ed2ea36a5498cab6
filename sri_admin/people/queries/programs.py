"""Reading the keys of people's own programs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.people.models import (
    MandateRow,
    PersonalToken,
    PersonalTokenSeen,
)


@dataclass(frozen=True, kw_only=True)
class ProgramKey:
    """A key of one's own programs, for which role, and when it was last used."""

    key: PersonalToken
    mandate: MandateRow
    last_used: datetime | None


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
