"""A reading transaction asks once; one that may write, another reach and the next transaction ask anew."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from sri_admin.kernel import tenancy, transaction
from sri_admin.kernel.remembered import once
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def asked() -> Callable[[], int]:
    """Something to read that tells how often it was read."""
    numbers = count(1)
    return lambda: once("something", lambda: next(numbers))


def test_a_reading_transaction_asks_once_and_the_next_one_anew(asked: Callable[[], int]) -> None:
    with transaction.reading(tenancy.NOWHERE):
        assert [asked(), asked()] == [1, 1]
    with transaction.reading(tenancy.NOWHERE):
        assert asked() == 2


def test_what_another_reach_may_see_is_asked_anew(asked: Callable[[], int]) -> None:
    member_id = make.member()
    with transaction.reading(tenancy.NOWHERE):
        found = [asked()]
        with tenancy.reaching(replace(tenancy.only(member_id), read_only=True)):
            found.append(asked())
        assert [*found, asked()] == [1, 2, 1]


def test_a_transaction_that_may_write_asks_each_time(asked: Callable[[], int]) -> None:
    assert make.writing(make.hub(), lambda: [asked(), asked()]) == [1, 2]
