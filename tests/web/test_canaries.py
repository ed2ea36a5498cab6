"""Planted names, telephones and addresses are found only where they may stand: at their own board, and nowhere else."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.federation.models import SyncLine
from sri_admin.kernel import tenancy, transaction
from sri_admin.kernel.audit import AuditEntry
from sri_admin.kernel.db import db
from sri_admin.people.rules import Role
from sri_admin.web.doors import Audience, Door
from tests.make import members
from tests.make.people import browser, country, person

PRIVATE = ("Canaryfull Planted", "canary.private@example.org", "+4915112345670")
PUBLIC = ("Canaryshown Planted", "canary.office@example.org")
ACCOUNT = ("Canaryaccount Planted", "canary.account@example.org")


@dataclass
class Planted:
    """The country in which they were planted, and the office holder who carries them."""

    member_id: UUID
    holder_id: UUID


@pytest.fixture
def planted(database: sa.Connection) -> Planted:
    place = members.member("QM")
    full, address, telephone = PRIVATE
    values: dict[str, Any] = {
        "full_name": full,
        "private_email": address,
        "private_phone": telephone,
        "email": PUBLIC[1],
    }
    holder = members.office_holder(place, display_name=PUBLIC[0], **values)
    person(Role.COORDINATOR, place, name=ACCOUNT[1], display_name=ACCOUNT[0])
    return Planted(place, holder)


def found_in(content: str | bytes, *canaries: str) -> set[str]:
    """Return the canaries a content holds."""
    text = content.decode(errors="replace") if isinstance(content, bytes) else content
    return {each for each in canaries if each in text}


def everything_shown_to(client: FlaskClient) -> str:
    """Return every page without a subject that somebody may open, and the country's own, as one text."""
    app, shown = client.application, []
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        is_page = isinstance(door, Door) and door.method == "GET" and door.audience is not Audience.OPERATOR
        if is_page and rule.arguments <= {"code"}:
            values = {"code": "QM"} if rule.arguments else {}
            answer = client.get(app.url_map.bind("localhost").build(rule.endpoint, values))
            shown.append(answer.get_data().decode(errors="replace"))
    assert len(shown) > 20
    return "\n".join(shown)


def test_the_board_that_entered_them_sees_them(app: Flask, planted: Planted) -> None:
    client = browser(app, person(Role.MEMBER_ADMINISTRATOR, planted.member_id))
    page = client.get(f"/countries/QM/office-holders/{planted.holder_id}").get_data(as_text=True)
    assert found_in(page, *PRIVATE[:2], *PUBLIC) == {*PRIVATE[:2], *PUBLIC}
    assert found_in(everything_shown_to(client), *PUBLIC, *ACCOUNT) == {*PUBLIC, ACCOUNT[0]}


@pytest.mark.parametrize("role", [Role.MEMBER_ADMINISTRATOR, Role.CHAIR, Role.FACILITATOR])
def test_another_country_finds_none_of_them(app: Flask, planted: Planted, role: Role) -> None:
    client = browser(app, person(role, country("QN")))
    assert found_in(everything_shown_to(client), *PRIVATE, *PUBLIC, *ACCOUNT) == set()


def test_nobody_finds_any_of_them(app: Flask, planted: Planted) -> None:
    assert found_in(everything_shown_to(app.test_client()), *PRIVATE, *PUBLIC, *ACCOUNT) == set()


def test_staff_of_sri_never_see_the_private_half(app: Flask, planted: Planted) -> None:
    for role in (Role.SRI_DIRECTOR, Role.COUNTRY_LIAISON, Role.AUDITOR):
        client = browser(app, person(role))
        page = client.get(f"/countries/QM/office-holders/{planted.holder_id}").get_data()
        told = client.get("/api/v1/members/QM/office-holders").get_data()
        assert found_in(page + told + everything_shown_to(client).encode(), *PRIVATE) == set()


def test_what_travels_holds_no_private_half_and_no_account(planted: Planted) -> None:
    with transaction.reading(tenancy.everywhere(members.every_member())):
        lines = list(db.session.scalars(sa.select(SyncLine.line)))
    assert lines
    assert found_in(b"\n".join(lines), *PRIVATE, *ACCOUNT) == set()


def test_history_holds_none_of_them(planted: Planted) -> None:
    with transaction.reading(tenancy.everywhere(members.every_member())):
        entries = list(db.session.scalars(sa.select(AuditEntry.line)))
    assert entries
    assert found_in(b"\n".join(entries), *PRIVATE, *PUBLIC, *ACCOUNT) == set()
