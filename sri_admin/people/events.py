"""What happened to accounts, sessions and mandates."""

from dataclasses import dataclass
from datetime import date

from sri_admin.kernel.actor import Scope
from sri_admin.kernel.work import Event, personal
from sri_admin.people.rules import LinkPurpose, Role


@dataclass(frozen=True, kw_only=True)
class PersonInvited(Event):
    """Somebody was given an account here."""

    subject_kind = "account"
    label: str
    sign_in_name: str = personal()
    display_name: str = personal()


@dataclass(frozen=True, kw_only=True)
class LinkIssued(Event):
    """A one-time link was made and shown to whoever asked for it."""

    subject_kind = "account"
    purpose: LinkPurpose


@dataclass(frozen=True, kw_only=True)
class PasswordSet(Event):
    """Somebody set a password with a one-time link; every session there was has ended."""

    subject_kind = "account"
    purpose: LinkPurpose


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """Somebody changed the own password; the other sessions have ended."""

    subject_kind = "account"


@dataclass(frozen=True, kw_only=True)
class PasswordConfirmed(Event):
    """Somebody gave the password again before a grave act."""

    subject_kind = "account"


@dataclass(frozen=True, kw_only=True)
class SecondStepSet(Event):
    """Somebody's sign-in asks for a code from a phone from now on; the other sessions have ended."""

    subject_kind = "account"


@dataclass(frozen=True, kw_only=True)
class SecondStepRemoved(Event):
    """Somebody's sign-in asks for no code any more: by the person alone (no reason), or by who gives access."""

    subject_kind = "account"
    reason: str | None = personal()


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesMade(Event):
    """Somebody was shown new codes on paper; earlier ones stopped working."""

    subject_kind = "account"


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """Somebody signed in with a code on paper instead of the phone."""

    subject_kind = "account"
    left: int


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """Somebody signed in."""

    subject_kind = "account"


@dataclass(frozen=True, kw_only=True)
class SignedOut(Event):
    """Somebody signed out, here, at one other place or everywhere."""

    subject_kind = "account"
    sessions: int


@dataclass(frozen=True, kw_only=True)
class ProgramKeyMade(Event):
    """Somebody made a key with which a program comes in for one of the own roles."""

    subject_kind = "account"
    role: str
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class ProgramKeysEnded(Event):
    """Keys of programs stopped working before their last day."""

    subject_kind = "account"
    keys: int


@dataclass(frozen=True, kw_only=True)
class PreferencesChanged(Event):
    """Somebody chose another language or theme."""

    subject_kind = "account"
    locale: str
    theme: str


@dataclass(frozen=True, kw_only=True)
class AccountBlocked(Event):
    """Somebody was kept out; the sessions ended at once."""

    subject_kind = "account"
    reason: str = personal()


@dataclass(frozen=True, kw_only=True)
class AccountUnblocked(Event):
    """Somebody may come in again."""

    subject_kind = "account"
    reason: str = personal()


@dataclass(frozen=True, kw_only=True)
class AccountErased(Event):
    """Everything kept about somebody was erased; their label stays, so that history remains whole."""

    subject_kind = "account"
    reason: str


@dataclass(frozen=True, kw_only=True)
class MandateGranted(Event):
    """Somebody was given a role."""

    subject_kind = "account"
    role: Role
    scope: Scope
    starts_on: date
    ends_on: date | None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class MandateExtended(Event):
    """A role got another last day."""

    subject_kind = "account"
    role: Role
    ends_on: date | None


@dataclass(frozen=True, kw_only=True)
class MandateEnded(Event):
    """A role was taken away before its last day."""

    subject_kind = "account"
    role: Role
    reason: str = personal()
