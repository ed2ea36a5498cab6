"""One-time links: made for one person, shown once, used once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.people.events import LinkIssued, PasswordSet
from sri_admin.people.models import Account, OneTimeLink
from sri_admin.people.operations import attempts, passwords
from sri_admin.people.operations.sessions import Opened, as_actor, come_in, end_program_keys, revoke_all
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.access import managed
from sri_admin.people.queries.accounts import account_by_id, digest, find_credential, mandates_today
from sri_admin.people.queries.links import link_gone
from sri_admin.people.rules import LINK_LASTS, AccountState, LinkPurpose

Values = Mapping[str, Any]
_PER_MINUTE = 30


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A new link: its token is shown to whoever asked for it and stands nowhere else."""

    account_id: UUID
    label: str
    display_name: str | None
    purpose: LinkPurpose
    token: str
    expires_at: datetime


def issue_reset_link(actor: Actor, account: Account, member_id: UUID) -> Issued:
    """Make a link with which somebody sets a new password, or the first one if the invitation was never used."""
    POLICY.require(actor, "people.account.manage", managed(account, member_id))
    purpose = LinkPurpose.RESET if find_credential(account.id) else LinkPurpose.INVITE
    return issue(actor, account, member_id, purpose=purpose)


def issue(actor: Actor, account: Account, member_id: UUID, *, purpose: LinkPurpose) -> Issued:
    """Make a link; links made earlier for the same person stop working."""
    now, token = clock.now(), ids.token()
    unused = (OneTimeLink.account_id == account.id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
    db.session.execute(sa.update(OneTimeLink).where(*unused).values(expires_at=now))
    link = OneTimeLink(
        id=ids.new(),
        account_id=account.id,
        purpose=purpose,
        token_hash=digest(token),
        made_by=actor.label,
        expires_at=now + LINK_LASTS[purpose],
    )
    db.session.add(link)
    record(actor, LinkIssued(member_id=member_id, subject=account.id, purpose=purpose), link)
    return Issued(
        account_id=account.id,
        label=account.label,
        display_name=account.display_name,
        purpose=purpose,
        token=token,
        expires_at=link.expires_at,
    )


def set_password_by_link(actor: Actor, token: str, *, values: Values) -> Opened:
    """Use up a link: set the password, end every session there was, and come in, with the code where one is asked."""
    POLICY.require(actor, "people.link.use")
    attempts.take(f"link:{values['network']}", limit=_PER_MINUTE, window=timedelta(minutes=1))
    account_id, purpose = _consume(token)
    account, mandates = account_by_id(account_id), mandates_today(account_id)
    if account.state is not AccountState.ACTIVE:
        raise link_gone()
    if not mandates:
        raise InvalidError(_l("Your access here does not hold today. Ask the person who gave it to you."))
    passwords.store(account, values["password"])
    revoke_all(account.id)
    attempts.succeed(attempts.by_name(account.sign_in_name))
    opened = come_in(account, mandates)
    newcomer, home = as_actor(account, mandates), mandates[0].member_id
    end_program_keys(newcomer, account.id, home)
    record(newcomer, PasswordSet(member_id=home, subject=account.id, purpose=purpose), account)
    return opened


def _consume(token: str) -> tuple[UUID, LinkPurpose]:
    # One statement: of two people who send the same link at once, the second waits for the first and finds it used.
    now = clock.now()
    usable = (OneTimeLink.token_hash == digest(token), OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
    used = sa.update(OneTimeLink).where(*usable).values(used_at=now)
    row = db.session.execute(used.returning(OneTimeLink.account_id, OneTimeLink.purpose)).first()
    if row is None:
        raise link_gone()
    return row.account_id, row.purpose
