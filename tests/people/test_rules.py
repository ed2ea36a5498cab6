"""Roles, grants, passwords, delays: pure rules."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from sri_admin.kernel.actor import Mandate, Scope
from sri_admin.kernel.errors import InvalidError
from sri_admin.people import rules
from sri_admin.people.rules import Grant, Managed, Role

HUB, QM, QN = UUID(int=1), UUID(int=2), UUID(int=3)
TODAY = date(2026, 6, 12)


def held(role: Role, place: UUID) -> tuple[Mandate, ...]:
    scope = Scope.HUB if place == HUB else Scope.MEMBER
    return (Mandate(role=role.value, scope=scope, member_id=place, starts_on=TODAY),)


def grant(role: Role, place: UUID) -> Grant:
    return Grant(role, Scope.HUB if place == HUB else Scope.MEMBER, place)


def test_every_role_has_a_name_and_a_place() -> None:
    assert set(rules.ROLE_NAMES) == {*Role, "system"}
    assert set(rules.roles_at(at_hub=True)) | set(rules.roles_at(at_hub=False)) == set(Role)


@pytest.mark.parametrize("role", list(Role))
def test_the_director_gives_every_role_there_is(role: Role) -> None:
    place = HUB if role in rules.STAFF_ROLES else QM
    assert rules.may_grant(held(Role.SRI_DIRECTOR, HUB), grant(role, place))


@pytest.mark.parametrize("role", rules.BOARD_ROLES)
def test_an_administrator_gives_board_roles_of_the_own_country_only(role: Role) -> None:
    assert rules.may_grant(held(Role.MEMBER_ADMINISTRATOR, QM), grant(role, QM))
    assert not rules.may_grant(held(Role.MEMBER_ADMINISTRATOR, QM), grant(role, QN))


@pytest.mark.parametrize("role", rules.STAFF_ROLES)
def test_an_administrator_gives_no_staff_role_not_even_for_the_own_country(role: Role) -> None:
    assert not rules.may_grant(held(Role.MEMBER_ADMINISTRATOR, QM), Grant(role, Scope.MEMBER, QM))


@pytest.mark.parametrize("role", [role for role in Role if role not in rules.GRANTING_ROLES])
def test_nobody_else_gives_anything(role: Role) -> None:
    place = HUB if role in rules.STAFF_ROLES else QM
    assert not any(rules.may_grant(held(role, place), grant(Role.FACILITATOR, each)) for each in (QM, QN))


def test_an_account_is_managed_only_by_who_could_give_all_of_it() -> None:
    administrator = held(Role.MEMBER_ADMINISTRATOR, QM)
    assert rules.may_manage(administrator, Managed(QM, [grant(Role.CHAIR, QM)]))
    assert not rules.may_manage(administrator, Managed(QM, [grant(Role.CHAIR, QM), grant(Role.AUDITOR, HUB)]))
    assert not rules.may_manage(administrator, Managed(QM, []))


@pytest.mark.parametrize(
    "password",
    ["short words", "password1234", "aaaaaaaaaaaaaaaa", "dana@example.org", "danatheadministrator", "x" * 201],
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidError):
        rules.check_password(password, "dana@example.org", "danatheadministrator")


def test_a_long_one_is_taken() -> None:
    rules.check_password("lantern river quiet boots", "dana@example.org", None)


@pytest.mark.parametrize("name", ["ab", "two words", "tab\tname", "null\0name", "x" * 255])
def test_a_sign_in_name_nobody_can_type_is_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        rules.check_sign_in_name(name)


def test_the_wait_grows_and_stays_bearable() -> None:
    waits = [rules.delay_after(failures) for failures in range(1, 20)]
    assert waits[:4] == [timedelta(0)] * 4
    assert waits[4:7] == [timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=15)


def test_access_must_not_end_before_it_begins() -> None:
    rules.check_dates(TODAY, TODAY, today=TODAY)
    with pytest.raises(InvalidError):
        rules.check_dates(TODAY, TODAY - timedelta(days=1), today=TODAY)


def test_a_staff_role_does_not_exist_in_a_country() -> None:
    assert rules.scope_in(Role.COUNTRY_LIAISON, at_hub=False) is Scope.MEMBER
    with pytest.raises(InvalidError):
        rules.scope_in(Role.SRI_DIRECTOR, at_hub=False)
