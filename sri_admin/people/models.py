"""Accounts, their secrets as hashes, sessions, mandates and one-time links; counters that no rollback undoes."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Scope
from sri_admin.kernel.db import Base, Dated, Identified, Versioned, enum_column
from sri_admin.kernel.tenancy import GLOBAL
from sri_admin.people.rules import AccountState, LinkPurpose, Role, Theme

_APART = {"info": {"tenancy": GLOBAL, "apart": True}}


def _new_label() -> str:
    return ids.label("usr")


class Account(Identified, Dated, Versioned, Base):
    """Somebody who may sign in here; history knows only the opaque label."""

    __tablename__ = "account"
    __table_args__ = (
        sa.UniqueConstraint("label"),
        sa.UniqueConstraint("sign_in_name"),
        {"info": {"tenancy": GLOBAL}},
    )
    label: Mapped[str] = mapped_column(default=_new_label)
    sign_in_name: Mapped[str]
    display_name: Mapped[str | None]
    locale: Mapped[str]
    theme: Mapped[Theme] = enum_column(Theme, default=Theme.AUTO)
    state: Mapped[AccountState] = enum_column(AccountState, default=AccountState.ACTIVE)


class Credential(Identified, Base):
    """The argon2 hash of an account's password."""

    __tablename__ = "credential"
    __table_args__ = (sa.UniqueConstraint("account_id"), {"info": {"tenancy": GLOBAL}})
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    hash: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class AccountSession(Identified, Dated, Base):
    """One browser that is signed in; the token itself is known only to the browser."""

    __tablename__ = "account_session"
    __table_args__ = (
        sa.UniqueConstraint("token_hash"),
        sa.Index("ix_account_session_account_id", "account_id"),
        {"info": {"tenancy": GLOBAL}},
    )
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    token_hash: Mapped[bytes]
    csrf: Mapped[str]
    expires_at: Mapped[datetime]
    fresh_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class MandateRow(Identified, Dated, Versioned, Base):
    """A role somebody holds for a tenant from one day to another; the last day counts."""

    __tablename__ = "mandate"
    __table_args__ = (
        sa.Index("ix_mandate_account_id", "account_id"),
        sa.Index("ix_mandate_member_id", "member_id"),
        sa.CheckConstraint("(scope = 'language') = (language is not null)", name="language"),
        {"info": {"tenancy": GLOBAL}},
    )
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    role: Mapped[Role] = enum_column(Role)
    scope: Mapped[Scope] = enum_column(Scope)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("tenant.id"))
    language: Mapped[str | None] = mapped_column(comment="tag, for roles that reach one language")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]


class OneTimeLink(Identified, Dated, Base):
    """A link with which somebody sets a password, once."""

    __tablename__ = "one_time_link"
    __table_args__ = (
        sa.UniqueConstraint("token_hash"),
        sa.Index("ix_one_time_link_account_id", "account_id"),
        {"info": {"tenancy": GLOBAL}},
    )
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    purpose: Mapped[LinkPurpose] = enum_column(LinkPurpose)
    token_hash: Mapped[bytes]
    made_by: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SecondFactor(Identified, Dated, Base):
    """The secret an account shares with a phone that shows codes; it asks for one once it is confirmed."""

    __tablename__ = "second_factor"
    __table_args__ = (sa.UniqueConstraint("account_id"), {"info": {"tenancy": GLOBAL}})
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    sealed: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0, comment="half minute whose code was used last")


class RecoveryCode(Identified, Dated, Base):
    """The digest of a code on paper that stands in for the phone, once."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        sa.UniqueConstraint("code_hash"),
        sa.Index("ix_recovery_code_account_id", "account_id"),
        {"info": {"tenancy": GLOBAL}},
    )
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    code_hash: Mapped[bytes]
    used_at: Mapped[datetime | None]


class SignInStep(Identified, Dated, Base):
    """Somebody gave the password and owes the code; the token is known only to that browser and opens nothing else."""

    __tablename__ = "sign_in_step"
    __table_args__ = (
        sa.UniqueConstraint("token_hash"),
        sa.Index("ix_sign_in_step_account_id", "account_id"),
        {"info": {"tenancy": GLOBAL}},
    )
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    token_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PersonalToken(Identified, Dated, Base):
    """The key with which somebody's own program comes in for one role until a day; the key itself is kept nowhere."""

    __tablename__ = "personal_token"
    __table_args__ = (
        sa.UniqueConstraint("token_hash"),
        sa.Index("ix_personal_token_account_id", "account_id"),
        {"info": {"tenancy": GLOBAL}},
    )
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    mandate_id: Mapped[UUID] = mapped_column(sa.ForeignKey("mandate.id"))
    name: Mapped[str]
    token_hash: Mapped[bytes]
    ends_on: Mapped[date]
    revoked_at: Mapped[datetime | None]


class PersonalTokenSeen(Base):
    """When a program's key was last used, to the minute."""

    __tablename__ = "personal_token_seen"
    __table_args__ = _APART
    token_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class SessionSeen(Base):
    """When a session was last used, to the minute."""

    __tablename__ = "session_seen"
    __table_args__ = _APART
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class SignInAttempts(Base):
    """How often a name, or a network, failed to sign in; names stand here as digests."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = _APART
    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class RateToken(Base):
    """How much of a limit is used in the current window."""

    __tablename__ = "rate_token"
    __table_args__ = _APART
    key: Mapped[str] = mapped_column(primary_key=True)
    window_starts_at: Mapped[datetime]
    used: Mapped[int]
