"""Passwords: hashed with argon2id, compared with the same work whether or not there is anything to compare with."""

import unicodedata
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sri_admin.kernel import clock, ids
from sri_admin.kernel.db import db
from sri_admin.people.models import Account, Credential
from sri_admin.people.queries.accounts import find_credential
from sri_admin.people.rules import LONGEST_PASSWORD, check_password

# OWASP's second choice for argon2id: it leaves a node of 1 GB free to work while people sign in.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def fits(credential: Credential | None, password: str) -> bool:
    """Say whether this is the password; without a credential a dummy is checked, so that both take the same time."""
    stored = credential.hash if credential else _dummy()
    try:
        _hasher.verify(stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return credential is not None


def renew(credential: Credential, password: str) -> None:
    """Hash a right password anew if the hash is weaker than those we make today."""
    if _hasher.check_needs_rehash(credential.hash):
        credential.hash = _hasher.hash(_normal(password))


def store(account: Account, password: str) -> None:
    """Keep a new password of an account as a hash; InvalidError if it will not do."""
    check_password(password, account.sign_in_name, account.display_name)
    credential = find_credential(account.id)
    if credential is None:
        credential = _new(account.id)
    credential.hash = _hasher.hash(_normal(password))
    credential.changed_at = clock.now()


def _new(account_id: UUID) -> Credential:
    credential = Credential(id=ids.new(), account_id=account_id)
    db.session.add(credential)
    return credential


def _normal(password: str) -> str:
    # Keyboards differ in how they compose accents; a longer text than we accept needs no hashing.
    return unicodedata.normalize("NFC", password[: LONGEST_PASSWORD + 1])


@cache
def _dummy() -> str:
    return _hasher.hash(ids.token())
