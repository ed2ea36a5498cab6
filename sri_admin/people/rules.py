"""The roles, who may give which, which passwords will do, and how long anything lasts."""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from sri_admin.kernel.actor import Mandate, Scope
from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l

SESSION_LASTS = timedelta(hours=12)
SESSION_IDLES = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=1)
FRESH_FOR = timedelta(minutes=10)

TOKEN_PREFIX = "srip_"  # noqa: S105 - so that a lost one is recognised for what it is
TOKEN_LASTS, MOST_TOKENS = timedelta(days=365), 20

# What every app for such codes understands: RFC 6238 with six digits, half minutes and SHA-1.
CODE_DIGITS, CODE_SECONDS, SECRET_BYTES = 6, 30, 20
STEP_LASTS, RECOVERY_CODES, RECOVERY_LENGTH = timedelta(minutes=10), 10, 16
RECOVERY_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # without those that are read as others

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
_FEWEST_CHARACTERS = 5

FREE_FAILURES = 5
_FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=15), timedelta(minutes=15)
NAME_FORGETS, NETWORK_FORGETS = timedelta(hours=24), timedelta(hours=1)
FREE_NETWORK_FAILURES = 20


class Role(StrEnum):
    """What somebody is here for."""

    SRI_DIRECTOR = "sri_director"
    COUNTRY_LIAISON = "country_liaison"
    INTEGRITY_LEAD = "integrity_lead"
    MATERIALS_MANAGER = "materials_manager"
    TRAINING_LEAD = "training_lead"
    DATA_OFFICER = "data_officer"
    AUDITOR = "auditor"
    MEMBER_ADMINISTRATOR = "member_administrator"
    CHAIR = "chair"
    COORDINATOR = "coordinator"
    FACILITATOR = "facilitator"
    MEMBER_DATA_OFFICER = "member_data_officer"
    TRANSLATOR = "translator"
    REVISER = "reviser"


class AccountState(StrEnum):
    """Whether somebody may come in at all."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    ERASED = "erased"


class Theme(StrEnum):
    """Light or dark."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    INVITE = "invite"
    RESET = "reset"


ROLE_NAMES: dict[str, LazyText] = {
    Role.SRI_DIRECTOR: _l("Director of SRI"),
    Role.COUNTRY_LIAISON: _l("Country liaison"),
    Role.INTEGRITY_LEAD: _l("Programme integrity lead"),
    Role.MATERIALS_MANAGER: _l("Materials manager"),
    Role.TRAINING_LEAD: _l("Training lead"),
    Role.DATA_OFFICER: _l("Data officer of SRI"),
    Role.AUDITOR: _l("Auditor, reading"),
    Role.MEMBER_ADMINISTRATOR: _l("National administrator"),
    Role.CHAIR: _l("Chair"),
    Role.COORDINATOR: _l("Coordinator"),
    Role.FACILITATOR: _l("Facilitator"),
    Role.MEMBER_DATA_OFFICER: _l("Data officer"),
    Role.TRANSLATOR: _l("Translator"),
    Role.REVISER: _l("Reviser of translations"),
    "system": _l("The program itself"),
}
STAFF_ROLES = (
    Role.SRI_DIRECTOR,
    Role.COUNTRY_LIAISON,
    Role.INTEGRITY_LEAD,
    Role.MATERIALS_MANAGER,
    Role.TRAINING_LEAD,
    Role.DATA_OFFICER,
    Role.AUDITOR,
)
BOARD_ROLES = (
    Role.MEMBER_ADMINISTRATOR,
    Role.CHAIR,
    Role.COORDINATOR,
    Role.FACILITATOR,
    Role.MEMBER_DATA_OFFICER,
)
# Those of a board who see its papers.
OFFICE_ROLES = tuple(each for each in BOARD_ROLES if each is not Role.FACILITATOR)
LANGUAGE_ROLES = (Role.TRANSLATOR, Role.REVISER)
# The roles that give access to others: the last of them in a place is never taken away.
GRANTING_ROLES = (Role.SRI_DIRECTOR, Role.MEMBER_ADMINISTRATOR)
_SCOPES: dict[Role, tuple[Scope, ...]] = {
    **dict.fromkeys(STAFF_ROLES, (Scope.HUB,)),
    Role.COUNTRY_LIAISON: (Scope.HUB, Scope.MEMBER),
    **dict.fromkeys(BOARD_ROLES, (Scope.MEMBER,)),
    **dict.fromkeys(LANGUAGE_ROLES, (Scope.LANGUAGE,)),
}

LINK_LASTS = {LinkPurpose.INVITE: timedelta(days=7), LinkPurpose.RESET: timedelta(hours=24)}

_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")

# Long enough to be accepted by length alone, and tried first by everybody.
_COMMON = frozenset(
    {
        "123456789012",
        "1234567890123",
        "123456789123",
        "adminadminadmin",
        "administrator",
        "changemechangeme",
        "correcthorsebatterystaple",
        "iloveyou1234",
        "letmeinletmein",
        "passw0rd1234",
        "password1234",
        "password12345",
        "passwordpassword",
        "q1w2e3r4t5y6",
        "qwerty123456",
        "qwertyuiop12",
        "qwertyuiopasdf",
        "smartrecovery",
        "smartrecovery1",
        "smartrecovery123",
        "welcome12345",
        "welcomewelcome",
    }
)


class Granted(Protocol):
    """Anything that says which role is held where: a mandate, or one to be given."""

    @property
    def role(self) -> str:
        """The role."""
        ...

    @property
    def scope(self) -> Scope:
        """How far it reaches."""
        ...

    @property
    def member_id(self) -> UUID:
        """For which tenant."""
        ...


@dataclass(frozen=True)
class Grant:
    """A role to be given for a tenant."""

    role: Role
    scope: Scope
    member_id: UUID


@dataclass(frozen=True)
class Managed:
    """Somebody's account as seen from one tenant: all mandates that are open now or later, wherever they are."""

    member_id: UUID
    mandates: Sequence[Granted]


def role_name(role: str) -> LazyText:
    """Return the plain name of a role."""
    return ROLE_NAMES.get(role) or _l("No role today")


def may_grant(mandates: Iterable[Mandate], granted: Granted) -> bool:
    """Say whether holders of these mandates may give, extend or end another: never above themselves."""
    for mandate in mandates:
        if mandate.role == Role.SRI_DIRECTOR and mandate.scope is Scope.HUB:
            return True
        is_own = mandate.role == Role.MEMBER_ADMINISTRATOR and mandate.member_id == granted.member_id
        if is_own and granted.role in BOARD_ROLES and granted.scope is Scope.MEMBER:
            return True
        if is_own and granted.role in LANGUAGE_ROLES and granted.scope is Scope.LANGUAGE:
            return True
    return False


def may_manage(mandates: Sequence[Mandate], managed: Managed) -> bool:
    """Say whether they may block somebody or make a new link: only if they could have given all that person has."""
    is_here = any(each.member_id == managed.member_id for each in managed.mandates)
    return is_here and all(may_grant(mandates, each) for each in managed.mandates)


def scope_in(role: Role, *, at_hub: bool) -> Scope:
    """Return the reach of a role at the hub or in a member country; InvalidError if it does not exist there."""
    scope = next((each for each in _SCOPES[role] if each in _places(at_hub=at_hub)), None)
    if scope is None:
        raise InvalidError([FieldError("role", _l("This role does not exist here. Please choose another one."))])
    return scope


def roles_at(*, at_hub: bool) -> list[Role]:
    """Return the roles that exist at the hub, or in a member country."""
    return [role for role in Role if not _places(at_hub=at_hub).isdisjoint(_SCOPES[role])]


def language_for(scope: Scope, language: str | None) -> str | None:
    """Return the language a role is given for: one that reaches a language needs it, every other has none."""
    if scope is not Scope.LANGUAGE:
        return None
    if not language or not _LANGUAGE_TAG.fullmatch(language):
        raise InvalidError([FieldError("language", _l("Name the language by its code, such as pl or ar."))])
    return language


def _places(*, at_hub: bool) -> frozenset[Scope]:
    return frozenset({Scope.HUB} if at_hub else {Scope.MEMBER, Scope.LANGUAGE})


def check_dates(starts_on: date, ends_on: date | None, *, today: date) -> None:
    """Refuse an access that would be over before it begins or by today."""
    if ends_on is not None and ends_on < max(starts_on, today):
        raise InvalidError([FieldError("ends_on", _l("The last day lies before the first. Choose a later day."))])


def check_token_day(ends_on: date, *, today: date) -> None:
    """Refuse a program's key that is over before it begins, or lasts longer than a year."""
    if not today <= ends_on <= today + TOKEN_LASTS:
        raise InvalidError([FieldError("ends_on", _l("Choose a day from today to a year from now."))])


def fold_sign_in_name(name: str) -> str:
    """Return the form in which sign-in names are compared: no outer spaces, no capitals."""
    return name.strip().casefold()


def check_sign_in_name(name: str) -> None:
    """Refuse a sign-in name that cannot be typed reliably."""
    if not 3 <= len(name) <= 254 or not name.isprintable() or any(char.isspace() for char in name):
        text = _l("Use an e-mail address, or a name of at least 3 letters without spaces.")
        raise InvalidError([FieldError("sign_in_name", text)])


def check_display_name(name: str) -> None:
    """Refuse a name that holds nothing, or characters nobody can see."""
    if not name.strip() or not name.isprintable():
        raise InvalidError([FieldError("display_name", _l("Write the name as people here know it."))])


def check_password(password: str, *names: str | None) -> None:
    """Refuse a password that is short, common, too even, or somebody's name."""
    folded = password.casefold()
    taken = {part for name in names if name for part in (name.casefold(), name.casefold().partition("@")[0])}
    if len(password) < SHORTEST_PASSWORD:
        _refuse(_l("This is too short. Use 12 characters or more; three or four unrelated words are good."))
    if len(password) > LONGEST_PASSWORD:
        _refuse(_l("This is too long. Use at most 200 characters."))
    if folded in taken:
        _refuse(_l("This is your own name. Choose something nobody would try."))
    if folded in _COMMON or len(set(folded)) < _FEWEST_CHARACTERS:
        _refuse(_l("Many people use this one, so it is tried first. Choose something nobody would try."))


def _refuse(text: LazyText) -> None:
    raise InvalidError([FieldError("password", text)])


def needs_second_step(roles: Iterable[str], demand: str) -> bool:
    """Say whether holders of these roles must have a second step: nobody, staff and administrators, or everybody."""
    privileged = {*STAFF_ROLES, *GRANTING_ROLES}
    return demand == "everybody" or (demand == "staff" and any(each in privileged for each in roles))


def plain_code(text: str) -> str:
    """Return a code as it is compared: without spaces and hyphens, in small letters, its digits those of ASCII."""
    kept = (char for char in text.casefold() if not char.isspace() and char not in "-\u2010\u2011\u2013")
    return "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in kept)


def step_of(secret: bytes, code: str, *, now: datetime, after: int) -> int | None:
    """Return the half minute a code belongs to: this one or a neighbour, and later than the one used last."""
    here = int(now.timestamp()) // CODE_SECONDS
    codes = HOTP(secret, CODE_DIGITS, SHA1())  # noqa: S303 - as a MAC, and the only one every app knows
    steps = (each for each in (here, here - 1, here + 1) if each > after)
    return next((each for each in steps if hmac.compare_digest(codes.generate(each), code.encode())), None)


def delay_after(failures: int, *, free: int = FREE_FAILURES) -> timedelta:
    """Return how long the next attempt must wait: nothing at first, then doubling up to a quarter of an hour."""
    if failures < free:
        return timedelta(0)
    return min(_FIRST_DELAY * 2 ** min(failures - free, 10), LONGEST_DELAY)


def is_open(starts_on: date, ends_on: date | None, *, today: date) -> bool:
    """Say whether access holds on a day; its last day counts."""
    return starts_on <= today and (ends_on is None or ends_on >= today)
