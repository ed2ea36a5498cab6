"""Reading one-time links."""

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.people.models import (
    Account,
    OneTimeLink,
)
from sri_admin.people.queries.accounts import digest
from sri_admin.people.rules import (
    AccountState,
    LinkPurpose,
)


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
