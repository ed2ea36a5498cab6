"""A menu entry leads people of several countries to one where they may do what it is for."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from flask import Flask

from sri_admin.kernel import tenancy, transaction
from sri_admin.kernel.actor import ANONYMOUS, Actor, Mandate, Scope
from sri_admin.kernel.policy import Policy, board
from sri_admin.web import visit
from sri_admin.web.homes import Home
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")
READING = Home(Policy({"read": board("translator")}), "read")


def held(role: str, member_id: UUID, scope: Scope) -> Mandate:
    return Mandate(role=role, scope=scope, member_id=member_id, starts_on=date(2020, 1, 1))


@pytest.fixture
def volunteer() -> Actor:
    """A facilitator in one country who translates for another."""
    first, second = people.country("QM"), people.country("QN")
    mandates = held("facilitator", first, Scope.MEMBER), held("translator", second, Scope.LANGUAGE)
    return Actor(label="usr_two", mandates=mandates)


def test_the_first_country_where_it_is_allowed_is_chosen(app: Flask, volunteer: Actor) -> None:
    with app.test_request_context(), transaction.reading(tenancy.NOWHERE):
        visit.begin("test")
        assert (READING.shown(volunteer), READING.code(volunteer)) == (True, "QN")


def test_nothing_is_shown_where_it_is_allowed_nowhere_or_to_staff(volunteer: Actor) -> None:
    staff = replace(volunteer, mandates=(*volunteer.mandates, held("auditor", people.hub(), Scope.HUB)))
    facilitator = replace(volunteer, mandates=volunteer.mandates[:1])
    assert [READING.shown(each) for each in (staff, facilitator, ANONYMOUS)] == [False, False, False]
