"""What the order of the tests says is true."""

from pathlib import Path

from tests.conftest import FIRST


def test_every_file_that_is_to_begin_first_is_there() -> None:
    root = Path(__file__).parents[2]
    assert [name for name in FIRST if not (root / name).is_file()] == []
