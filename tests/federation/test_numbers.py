"""Each invariant and each case of failure has a check or test that carries its number."""

from tests.federation import numbers


def test_every_number_is_found() -> None:
    assert [number for number, _text, proofs in numbers.table() if not proofs] == []


def test_no_check_carries_a_number_nobody_knows() -> None:
    known = {number for number, _text, _proofs in numbers.table()}
    assert (len(numbers.INVARIANTS), len(numbers.CASES)) == (25, 62)
    assert numbers.found().keys() - known == set()
