"""Keys with which somebody's own programs come in: made for one role, shown once, over after a year at most."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.people.events import ProgramKeyMade, ProgramKeysEnded
from sri_admin.people.models import Account, PersonalToken
from sri_admin.people.operations import attempts
from sri_admin.people.operations.sessions import home_of
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.accounts import digest, mandates_today
from sri_admin.people.queries.programs import program_key_of, program_keys_of
from sri_admin.people.queries.signing_in import SignedIn, program
from sri_admin.people.rules import MOST_TOKENS, TOKEN_PREFIX, check_display_name, check_token_day

Values = Mapping[str, Any]
_PER_MINUTE = 300


def come_in_with_key(token: str) -> SignedIn | None:
    """Return for whom a program comes in with its key; TooManyError when it asks more often than people could use."""
    found = program(token)
    if found is not None:
        attempts.take(f"program:{found.session_id}", limit=_PER_MINUTE, window=timedelta(minutes=1), durable=False)
    return found


def make_program_key(actor: Actor, account: Account, *, values: Values) -> str:
    """Make a key for a program of one's own and return it; it stands nowhere else."""
    POLICY.require(actor, "people.program_key.make", account)
    check_token_day(values["ends_on"], today=clock.today())
    _check_name(values["name"])
    mandate = next((each for each in mandates_today(account.id) if each.id == values["mandate_id"]), None)
    if mandate is None:
        raise InvalidError([FieldError("mandate_id", _l("Please choose one of the answers offered."))])
    if len(program_keys_of(account.id)) >= MOST_TOKENS:
        raise ConflictError(_l("You have as many keys as one person can have. Withdraw one you no longer need."))
    token = TOKEN_PREFIX + ids.token()
    made = PersonalToken(
        id=ids.new(),
        account_id=account.id,
        mandate_id=mandate.id,
        name=values["name"].strip(),
        token_hash=digest(token),
        ends_on=values["ends_on"],
    )
    db.session.add(made)
    event = ProgramKeyMade(
        member_id=home_of(actor), subject=account.id, role=mandate.role.value, ends_on=values["ends_on"]
    )
    record(actor, event, made)
    return token


def end_program_key(actor: Actor, key_id: UUID) -> None:
    """Withdraw one of one's own keys; the program that has it is nobody from now on."""
    assert actor.account_id is not None
    found = program_key_of(actor.account_id, key_id)
    POLICY.require(actor, "people.program_key.end", found)
    if found.revoked_at is None:
        found.revoked_at = clock.now()
        record(actor, ProgramKeysEnded(member_id=home_of(actor), subject=found.account_id, keys=1), found)


def _check_name(name: str) -> None:
    try:
        check_display_name(name)
    except InvalidError as error:
        text = _l("Write what the program is for, so that you know it later.")
        raise InvalidError([FieldError("name", text)]) from error
