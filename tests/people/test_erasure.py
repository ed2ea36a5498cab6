"""What is kept about one person can be written out for them, and erased for good."""

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from sri_admin.kernel import audit, tenancy, transaction
from sri_admin.kernel.actor import system
from sri_admin.kernel.audit import AuditPersonal
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.people.commands import people as commands
from sri_admin.people.models import Account, AccountSession, Credential
from sri_admin.people.operations.access import block_account
from sri_admin.people.operations.erasure import erase_person, forget_person
from sri_admin.people.rules import AccountState, Role
from tests.make import members as make
from tests.make.people import Person, browser, country, hub, person, token_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def chair() -> Person:
    return person(Role.CHAIR, country("QM"))


def account(of: Person) -> Account:
    return db.session.scalars(sa.select(Account).where(Account.id == of.account_id)).one()


def kept_about(of: Person) -> int:
    """Count the personal values history holds about somebody."""
    with transaction.reading(tenancy.everywhere(make.every_member())):
        entries = sa.select(audit.AuditEntry.id).where(audit.AuditEntry.subject == of.account_id)
        count = sa.select(sa.func.count()).where(AuditPersonal.entry_id.in_(entries))
        return db.session.scalar(count) or 0


def block(of: Person, place: UUID) -> None:
    values = {"reason": f"quarrelled with {of.sign_in_name}"}
    director = make.actor()
    make.writing(place, lambda: block_account(director, account(of), place, values=values))


def erase(of: Person, place: UUID) -> None:
    director, job = make.actor(), system("people.forget_person")
    make.writing(place, lambda: erase_person(director, account(of), place, values={"reason": "asked for it"}))
    make.writing(place, lambda: forget_person(job, member_id=place, account_id=of.account_id))


def test_an_erased_person_leaves_a_label_and_nothing_else(chair: Person) -> None:
    place, name = country("QM"), chair.sign_in_name
    block(chair, place)
    assert kept_about(chair)
    erase(chair, place)
    with transaction.reading(tenancy.NOWHERE):
        left = account(chair)
        assert (left.sign_in_name, left.display_name, left.state) == (left.label, None, AccountState.ERASED)
        for table in (Credential, AccountSession):
            assert db.session.scalar(sa.select(sa.func.count()).where(table.account_id == left.id)) == 0
        assert db.session.scalar(sa.select(sa.func.count()).where(Account.sign_in_name == name)) == 0
    assert kept_about(chair) == 0


def test_history_still_verifies_after_an_erasure(chair: Person) -> None:
    erase(chair, country("QM"))
    with transaction.reading(tenancy.everywhere(make.every_member())):
        assert audit.verify().broken_at is None


def test_a_browser_of_an_erased_person_is_signed_out(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    erase(chair, country("QM"))
    assert client.get("/account").status_code == 303


def test_nobody_erases_themselves() -> None:
    director, place = person(Role.SRI_DIRECTOR), hub()

    def body() -> None:
        erase_person(director.actor, account(director), place, values={"reason": "mine"})

    with pytest.raises(ConflictError):
        make.writing(place, body)


def test_an_administrator_erases_somebody_by_the_page(app: Flask, chair: Person) -> None:
    client = browser(app, person(Role.MEMBER_ADMINISTRATOR, country("QM")))
    address = f"/countries/QM/people/{chair.account_id}/erase"
    values = {"csrf_token": token_of(client, address), "reason": "left the country"}
    assert client.post(address, data=values).status_code == 303
    assert chair.sign_in_name not in client.get("/countries/QM/people").get_data(as_text=True)


def run(*words: str) -> Any:
    answer = CliRunner().invoke(commands, words)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_the_command_line_writes_out_what_is_kept(chair: Person) -> None:
    kept = json.loads(run("export", "--sign-in", chair.sign_in_name))
    assert (kept["sign_in_name"], [each["role"] for each in kept["roles"]]) == (chair.sign_in_name, ["chair"])


def test_the_command_line_erases(chair: Person) -> None:
    assert "erased" in run("erase", "--sign-in", chair.sign_in_name, "--reason", "asked for it", "--yes")
    with transaction.reading(tenancy.NOWHERE):
        assert account(chair).state is AccountState.ERASED
