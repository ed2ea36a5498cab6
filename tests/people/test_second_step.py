"""The second step at sign-in, through the doors: set up, asked for, stood in for by paper, taken off, demanded."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from sri_admin.kernel import clock, runtime, tenancy, transaction
from sri_admin.kernel.audit import AuditEntry
from sri_admin.kernel.db import db
from sri_admin.people.models import RecoveryCode, SecondFactor, SignInStep
from sri_admin.people.operations import second_step
from sri_admin.people.operations.erasure import erase_person, written_out
from sri_admin.people.queries.accounts import account_by_id
from sri_admin.people.rules import Role, needs_second_step, plain_code, step_of
from tests.make.people import Person, browser, country, person, sign_in, token_of

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
KEY = re.compile(r'id="key">([A-Z2-7 ]+)<')
PAPER = re.compile(r"<code>([0-9a-z-]{19})</code>")
# RFC 6238, appendix B, SHA-1: the last six of the eight digits.
VECTORS = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]


class Phone:
    """An app that shows codes: all it knows is the key it was told."""

    def __init__(self, key: str) -> None:
        self.totp = TOTP(base64.b32decode(key.replace(" ", "")), 6, SHA1(), 30)

    def code(self, after: timedelta = timedelta()) -> str:
        """Return what it shows now, or some time later."""
        return self.totp.generate((clock.now() + after).timestamp()).decode()


@pytest.fixture
def noon(database: sa.Connection) -> Iterator[None]:
    """A moment that does not pass by itself."""
    with clock.running(clock.fixed(NOON)):
        yield


@pytest.fixture
def chair(noon: None) -> Person:
    return person(Role.CHAIR, country("QM"))


@pytest.fixture
def boss(noon: None) -> Person:
    return person(Role.MEMBER_ADMINISTRATOR, country("QM"))


def send(client: FlaskClient, path: str, page: str = "/account", **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token_of(client, page), **data})


def set_up(client: FlaskClient) -> tuple[Phone, list[str]]:
    """Set the second step up in a browser and return the phone and the codes on paper."""
    begun = send(client, "/account/second-step/begin", "/account/second-step")
    assert begun.location == "/account/second-step/confirm"
    found = KEY.search(client.get(begun.location).get_data(as_text=True))
    assert found is not None
    phone = Phone(found.group(1))
    done = send(client, begun.location, begun.location, code=phone.code())
    assert done.status_code == 200, done.get_data(as_text=True)
    return phone, PAPER.findall(done.get_data(as_text=True))


def enter(client: FlaskClient, code: str) -> TestResponse:
    return send(client, "/sign-in/code", "/sign-in/code", code=code, next="/account")


def later(minutes: int) -> clock.Clock:
    return clock.fixed(clock.now() + timedelta(minutes=minutes))


def test_with_a_second_step_the_password_alone_opens_nothing(app: Flask, chair: Person) -> None:
    phone, _paper = set_up(browser(app, chair))
    client = app.test_client()
    with clock.running(later(1)):
        asked = sign_in(client, chair.sign_in_name, next="/account")
        assert asked.location == "/sign-in/code?next=/account"
        assert client.get("/account").status_code == 303
        assert client.get("/api/v1/me").status_code == 401
        assert enter(client, "000000").status_code == 422
        assert enter(client, phone.code()).location == "/account"
        assert client.get("/account").status_code == 200


def test_a_code_opens_once_even_while_it_is_shown(app: Flask, chair: Person) -> None:
    phone, _paper = set_up(browser(app, chair))
    first, second = app.test_client(), app.test_client()
    with clock.running(later(1)):
        for each in (first, second):
            sign_in(each, chair.sign_in_name)
        assert enter(first, phone.code()).status_code == 303
        assert enter(second, phone.code()).status_code == 422
        assert enter(second, phone.code(timedelta(seconds=30))).status_code == 303


def test_a_code_on_paper_opens_once(app: Flask, chair: Person) -> None:
    _phone, paper = set_up(browser(app, chair))
    assert (len(paper), len(set(paper))) == (10, 10)
    clients = [app.test_client() for _each in range(2)]
    for each in clients:
        sign_in(each, chair.sign_in_name)
    assert [enter(each, paper[3].upper()).status_code for each in clients] == [303, 422]
    assert "9 codes on paper still work" in clients[0].get("/account/second-step").get_data(as_text=True)


def test_new_codes_end_those_before(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    _phone, paper = set_up(client)
    renewed = PAPER.findall(send(client, "/account/second-step/codes").get_data(as_text=True))
    other = app.test_client()
    sign_in(other, chair.sign_in_name)
    assert enter(other, paper[0]).status_code == 422
    assert enter(other, renewed[0]).status_code == 303


def test_codes_are_guessed_as_slowly_as_passwords(app: Flask, chair: Person) -> None:
    phone, _paper = set_up(browser(app, chair))
    client = app.test_client()
    with clock.running(later(1)):
        sign_in(client, chair.sign_in_name)
        answers = [enter(client, f"00000{each}") for each in range(6)]
        assert [each.status_code for each in answers] == [422] * 5 + [429]
        assert enter(client, phone.code()).status_code == 429


def test_who_waits_ten_minutes_gives_the_password_again(app: Flask, chair: Person) -> None:
    phone, _paper = set_up(browser(app, chair))
    client = app.test_client()
    sign_in(client, chair.sign_in_name)
    token = token_of(client, "/sign-in/code")
    with clock.running(later(11)):
        answer = client.post("/sign-in/code", data={"csrf_token": token, "code": phone.code()})
        assert answer.location == "/sign-in"
        assert client.get("/sign-in/code").location == "/sign-in"


def test_setting_it_up_signs_out_every_other_browser(app: Flask, chair: Person) -> None:
    this, other = browser(app, chair), browser(app, chair)
    set_up(this)
    assert (this.get("/account").status_code, other.get("/account").status_code) == (200, 303)


def test_the_key_is_shown_until_it_is_confirmed_and_never_again(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    set_up(client)
    assert client.get("/account/second-step/confirm").location == "/account/second-step"
    again = send(client, "/account/second-step/begin")
    assert again.status_code == 409


def test_setting_up_begins_with_the_password(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    with clock.running(later(11)):
        for path in ("begin", "codes", "end"):
            assert send(client, f"/account/second-step/{path}").status_code == 403
        assert client.get("/account/second-step/confirm").location.startswith("/password-again")


def test_only_sealed_secrets_and_digests_are_stored(app: Flask, chair: Person) -> None:
    client = browser(app, chair)
    phone, paper = set_up(client)
    with transaction.reading(tenancy.NOWHERE):
        sealed = db.session.scalars(sa.select(SecondFactor.sealed)).one()
        digests = db.session.scalars(sa.select(RecoveryCode.code_hash)).all()
    secret = phone.totp._hotp._key
    assert secret not in sealed
    assert not {each.replace("-", "").encode() for each in paper} & set(digests)


def test_who_takes_the_rows_elsewhere_cannot_use_them(app: Flask, chair: Person, boss: Person) -> None:
    set_up(browser(app, chair))
    with transaction.reading(tenancy.NOWHERE):
        moved = db.session.scalars(sa.select(SecondFactor)).one()
        moved.account_id = boss.account_id
        assert second_step._secret(moved) is None
        db.session.expire(moved)


def test_a_reset_link_does_not_pass_the_second_step_by(app: Flask, chair: Person, boss: Person) -> None:
    phone, _paper = set_up(browser(app, chair))
    made = send(
        browser(app, boss), f"/countries/QM/people/{chair.account_id}/link", f"/countries/QM/people/{chair.account_id}"
    )
    found = re.search(r"/link/[\w-]+", made.get_data(as_text=True))
    assert found is not None
    client = app.test_client()
    used = send(client, found.group(), found.group(), password="another lantern by the river")
    assert used.location == "/sign-in/code"
    assert client.get("/account").status_code == 303
    with clock.running(later(1)):
        assert enter(client, phone.code()).status_code == 303


def test_who_gives_access_takes_it_off_with_a_reason_and_sessions_end(app: Flask, chair: Person, boss: Person) -> None:
    client, page = browser(app, chair), f"/countries/QM/people/{chair.account_id}"
    set_up(client)
    there = browser(app, boss)
    assert send(there, f"{page}/second-step/end", page).status_code == 422
    assert send(there, f"{page}/second-step/end", page, reason="The phone fell into the sea.").status_code == 303
    assert client.get("/account").status_code == 303
    assert sign_in(app.test_client(), chair.sign_in_name).location == "/"
    with transaction.reading(tenancy.only(country("QM"))):
        events = set(db.session.scalars(sa.select(AuditEntry.event)))
    assert {"people.SecondStepSet", "people.SecondStepRemoved"} <= events


def test_nobody_takes_off_the_second_step_of_those_above(app: Flask, boss: Person) -> None:
    director = person(Role.SRI_DIRECTOR)
    set_up(browser(app, director))
    there = browser(app, boss)
    for place in ("QM", "SRI"):
        path = f"/countries/{place}/people/{director.account_id}/second-step/end"
        assert send(there, path, reason="Mine now.").status_code == 404


def test_ones_own_is_taken_off_in_the_account(app: Flask, boss: Person) -> None:
    client, page = browser(app, boss), f"/countries/QM/people/{boss.account_id}"
    set_up(client)
    assert send(client, f"{page}/second-step/end", page, reason="Mine.").status_code == 409
    assert send(client, "/account/second-step/end").status_code == 303
    assert sign_in(app.test_client(), boss.sign_in_name).location == "/"


@pytest.fixture
def demanded(app: Flask) -> Iterator[None]:
    """The installation asks staff and national administrators for it."""
    current: runtime.Runtime = app.extensions[runtime.EXTENSION]
    before = current.settings
    current.settings = replace(before, sign_in=replace(before.sign_in, second_step="staff"))
    yield
    current.settings = before


def test_where_it_is_demanded_nothing_else_opens_before_it_is_set_up(
    app: Flask, demanded: None, boss: Person, chair: Person
) -> None:
    client = browser(app, boss)
    for path in ("/", "/account", "/countries/QM/people"):
        assert client.get(path).location == "/account/second-step"
    refused = client.get("/api/v1/me")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "second_step_needed")
    assert 'class="side"' not in client.get("/account/second-step").get_data(as_text=True)
    set_up(client)
    assert client.get("/countries/QM/people").status_code == 200
    assert browser(app, chair).get("/account").status_code == 200


def test_a_program_comes_in_with_its_key_alone(app: Flask, boss: Person, demanded: None) -> None:
    client = browser(app, boss)
    set_up(client)
    data = {"name": "List of meetings", "mandate_id": str(boss.mandate_id), "ends_on": "2026-12-31"}
    made = send(client, "/account/programs", "/account/programs", **data).get_data(as_text=True)
    found = re.search(r"srip_[\w-]+", made)
    assert found is not None
    headers = {"Authorization": f"Bearer {found.group()}"}
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 200


def test_erasing_takes_it_along_and_an_export_names_it(app: Flask, chair: Person, boss: Person) -> None:
    set_up(browser(app, chair))
    sign_in(app.test_client(), chair.sign_in_name)
    place = country("QM")
    with transaction.reading(tenancy.NOWHERE):
        assert written_out(account_by_id(chair.account_id))["second_step"] == clock.wire(NOON)
    values = {"reason": "They asked for it."}
    transaction.write(
        tenancy.only(place), lambda: erase_person(boss.actor, account_by_id(chair.account_id), place, values=values)
    )
    with transaction.reading(tenancy.NOWHERE):
        for table in (SecondFactor, RecoveryCode, SignInStep):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(table)) == 0


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert step_of(b"12345678901234567890", code, now=moment, after=0) == seconds // 30


@given(offset=st.integers(-10, 10), after=st.integers(-10, 10))
def test_a_code_holds_for_its_neighbours_and_only_after_the_last_one(offset: int, after: int) -> None:
    secret, here = b"12345678901234567890", int(NOON.timestamp()) // 30
    code = TOTP(secret, 6, SHA1(), 30).generate((here + offset) * 30).decode()
    found = step_of(secret, code, now=NOON, after=here + after)
    assert found == (here + offset if abs(offset) <= 1 and offset > after else None)


@pytest.mark.parametrize("typed", ["123 456", "123-456", "١٢٣٤٥٦", "۱۲۳ ۴۵۶", "１２３４５６"])
def test_a_code_may_be_typed_as_people_write_numbers(typed: str) -> None:
    assert plain_code(typed) == "123456"


def test_what_is_demanded_of_whom() -> None:
    roles = {demand: [role for role in Role if needs_second_step([role], demand)] for demand in ("optional", "staff")}
    assert roles["optional"] == []
    assert Role.MEMBER_ADMINISTRATOR in roles["staff"]
    assert Role.AUDITOR in roles["staff"]
    assert Role.CHAIR not in roles["staff"]
    assert needs_second_step([Role.TRANSLATOR], "everybody")
