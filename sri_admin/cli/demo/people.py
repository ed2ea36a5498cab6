"""Who can sign in to the demonstration."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sri_admin.cli.demo.texts import LANGUAGES
from sri_admin.kernel import actor, clock, ids, tenancy, transaction
from sri_admin.kernel.actor import ANONYMOUS, Actor, Mandate, Scope
from sri_admin.kernel.db import db
from sri_admin.people.operations.access import invite_person
from sri_admin.people.operations.links import set_password_by_link
from sri_admin.people.operations.sessions import as_actor, revoke_all
from sri_admin.people.queries.accounts import account_by_id, find_account, mandates_today
from sri_admin.people.rules import STAFF_ROLES, Role

# Known to everybody: the demonstration listens on this machine alone and holds nothing real.
PASSWORD = "lantern river quiet boots"  # noqa: S105 - printed for everybody who tries the demonstration
_DOER = actor.system("demo")


@dataclass(frozen=True)
class Account:
    """An account of the demonstration."""

    role: Role
    sign_in_name: str
    name: str
    language: str | None = None


MATERIALS_MANAGER = Account(Role.MATERIALS_MANAGER, "materials@demo.example", "Materials manager")
INTEGRITY_LEAD = Account(Role.INTEGRITY_LEAD, "integrity@demo.example", "Programme integrity lead")
DATA_OFFICER = Account(Role.DATA_OFFICER, "data@demo.example", "Data officer of SRI")
HUB = (
    Account(Role.SRI_DIRECTOR, "director@demo.example", "Director of SRI"),
    Account(Role.COUNTRY_LIAISON, "liaison@demo.example", "Country liaison"),
    MATERIALS_MANAGER,
    INTEGRITY_LEAD,
    DATA_OFFICER,
    Account(Role.AUDITOR, "auditor@demo.example", "Auditor"),
)
PRESIDENT = Account(Role.CHAIR, "president@qp.demo.example", "President of Testonia")
SECRETARY = Account(Role.MEMBER_ADMINISTRATOR, "secretary@qp.demo.example", "Secretary of Testonia")
HOSTED = (PRESIDENT, SECRETARY)


def board_of(code: str) -> tuple[Account, ...]:
    """Return the accounts at a country's own node."""
    at = f"{code.lower()}.demo.example"
    return (
        Account(Role.MEMBER_ADMINISTRATOR, f"administrator@{at}", "National administrator"),
        Account(Role.CHAIR, f"chair@{at}", "Chair"),
        Account(Role.COORDINATOR, f"coordinator@{at}", "Coordinator"),
        Account(Role.FACILITATOR, f"facilitator@{at}", "Facilitator"),
        Account(Role.TRANSLATOR, f"translator@{at}", "Translator", LANGUAGES[code]),
        Account(Role.REVISER, f"reviser@{at}", "Reviser of translations", LANGUAGES[code]),
    )


def at(code: str | None) -> tuple[Account, ...]:
    """Return who can sign in at the hub or at a country's node."""
    return (*HUB, *HOSTED) if code is None else board_of(code)


def invite(accounts: tuple[Account, ...], tenant_id: UUID, *, locale: str = "en") -> None:
    """Invite people to a place and let each set the password with the link they were given."""
    transaction.write(tenancy.only(tenant_id), lambda: welcome(accounts, tenant_id, locale=locale))


def welcome(accounts: tuple[Account, ...], tenant_id: UUID, *, locale: str = "en") -> None:
    """Invite people inside a transaction."""
    for each in accounts:
        _invite(each, tenant_id, locale)
        db.session.flush()


def _invite(given: Account, tenant_id: UUID, locale: str) -> None:
    values = {
        "record_id": ids.new(),
        "role": given.role,
        "display_name": given.name,
        "sign_in_name": given.sign_in_name,
        "locale": locale,
        "language": given.language,
    }
    issued = invite_person(_DOER, tenant_id, values=values)
    set_password_by_link(ANONYMOUS, issued.token, values={"password": PASSWORD, "network": "demo"})
    revoke_all(issued.account_id)


def invented(role: Role, tenant_id: UUID) -> Actor:
    """Return somebody who has no account here, as the actor of what a country did long ago."""
    scope = Scope.HUB if role in STAFF_ROLES else Scope.MEMBER
    mandate = Mandate(role=role, scope=scope, member_id=tenant_id, starts_on=date(2020, 1, 1))
    return Actor(label=ids.label("usr"), mandates=(mandate,))


def acting(given: Account) -> Actor:
    """Return somebody of the demonstration as the actor of what follows."""
    with transaction.reading(tenancy.NOWHERE):
        return found(given)


def found(given: Account) -> Actor:
    """Return somebody of the demonstration inside a transaction."""
    account = find_account(given.sign_in_name)
    assert account is not None, f"{given.sign_in_name} on {clock.today()}"
    account = account_by_id(account.id)
    return as_actor(account, mandates_today(account.id))
