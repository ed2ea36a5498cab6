"""Builders of places, people and browsers that are signed in."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant, TenantKind
from sri_admin.people.models import Account, Credential, MandateRow, SignInStep
from sri_admin.people.operations import second_step
from sri_admin.people.operations.passwords import _hasher
from sri_admin.people.queries.accounts import account_by_id, digest
from sri_admin.people.rules import STEP_LASTS, Role

PASSWORD = "lantern river quiet boots"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Person:
    """Somebody with an account, as plain values."""

    account_id: UUID
    label: str
    sign_in_name: str
    mandate_id: UUID
    actor: Actor


@cache
def _hash() -> str:
    return _hasher.hash(PASSWORD)


def country(code: str = "QM") -> UUID:
    """Make the tenant of a member country, or return the one there is."""
    with transaction.writing(tenancy.NOWHERE):
        found = tenancy.tenant_by_code(code)
        if found is not None:
            return found.id
        tenant = Tenant(id=ids.new(), code=code, kind=TenantKind.MEMBER)
        db.session.add(tenant)
        return tenant.id


def hub() -> UUID:
    """Return the tenant of SRI itself."""
    with transaction.reading(tenancy.NOWHERE):
        return tenancy.hub_tenant().id


def person(role: Role | str, place: UUID | None = None, **more: Any) -> Person:
    """Make somebody with one role; without a place at the hub. `more`: language, dates, name, password=False."""
    role = Role(role)
    language = more.get("language")
    scope = Scope.LANGUAGE if language else Scope.MEMBER if place else Scope.HUB
    member_id, starts_on = place or hub(), more.get("starts_on", date(2020, 1, 1))
    account = Account(
        id=ids.new(),
        label=ids.label("usr"),
        sign_in_name=more.get("name", f"{role.value}.{ids.label('x')}@example.org"),
        display_name=more.get("display_name", f"The {role.value}"),
        locale="en",
    )
    mandate = MandateRow(
        id=ids.new(),
        account_id=account.id,
        role=role,
        scope=scope,
        member_id=member_id,
        language=language,
        starts_on=starts_on,
        ends_on=more.get("ends_on"),
        granted_by="system:test",
    )
    made = Person(account.id, account.label, account.sign_in_name, mandate.id, _actor(account, mandate))
    with transaction.writing(tenancy.NOWHERE):
        db.session.add(account)
        db.session.flush()
        db.session.add(mandate)
        if more.get("password", True):
            db.session.add(Credential(id=ids.new(), account_id=account.id, hash=_hash(), changed_at=clock.now()))
    return made


def _actor(account: Account, mandate: MandateRow) -> Actor:
    held = Mandate(
        role=mandate.role.value,
        scope=mandate.scope,
        member_id=mandate.member_id,
        starts_on=mandate.starts_on,
        ends_on=mandate.ends_on,
        language=mandate.language,
    )
    return Actor(label=account.label, account_id=account.id, mandates=(held,))


def token_of(client: FlaskClient, path: str = "/sign-in") -> str:
    """Return the form token of a page."""
    found = TOKEN.search(client.get(path).get_data(as_text=True))
    assert found is not None
    return found.group(1)


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """Send the sign-in form."""
    data = {"csrf_token": token_of(client), "sign_in_name": name, "password": password, **more}
    return client.post("/sign-in", data=data)


def owing_code(somebody: Person) -> str:
    """Return the token of a browser in which somebody gave the password and owes the code."""
    token, now = ids.token(), clock.now()
    with transaction.writing(tenancy.NOWHERE):
        step = SignInStep(
            id=ids.new(), account_id=somebody.account_id, token_hash=digest(token), expires_at=now + STEP_LASTS
        )
        db.session.add(step)
    return token


def setting_up_second_step(somebody: Person) -> None:
    """Let somebody be in the middle of setting up a second step."""
    with transaction.writing(tenancy.NOWHERE):
        second_step.begin_second_step(somebody.actor, account_by_id(somebody.account_id))


def browser(app: Flask, somebody: Person) -> FlaskClient:
    """Return a browser in which somebody is signed in."""
    client = app.test_client()
    assert sign_in(client, somebody.sign_in_name).status_code == 303
    return client
