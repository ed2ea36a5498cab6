"""The threat model names tests that exist, and what has none says so."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (T\d\d) \|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"`([^`]+)`")
NOTHING = "—"


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells of each threat by its number: threat, defence, tests, open."""
    found = [(number, [each.strip() for each in cells.split("|")]) for number, cells in ROW.findall(text)]
    assert len(dict(found)) == len(found), "a threat stands twice"
    return dict(found)


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of the tests of a file; none where there is no file."""
    body = ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []
    return frozenset(each.name for each in body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"))


def is_there(named: str) -> bool:
    """Say whether a test named as file::test exists."""
    file, _, name = named.partition("::")
    return name in names_in(ROOT / "tests" / file)


def faults(text: str) -> list[str]:
    """Return what is wrong with a threat model."""
    wrong = []
    for number, (_threat, _defence, tests, left_open) in rows(text).items():
        named = NAMED.findall(tests)
        wrong += [f"{number} names {each}" for each in named if not is_there(each)]
        if not named and left_open == NOTHING:
            wrong.append(f"{number} has neither a test nor a word on what is open")
    return wrong


def model() -> str:
    """Return the threat model as it is written."""
    return (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")


def test_every_threat_names_tests_that_exist_or_says_what_is_open() -> None:
    assert faults(model()) == []


def test_every_threat_of_the_list_has_its_row() -> None:
    assert list(rows(model())) == [f"T{number:02}" for number in range(1, 35)]


def test_a_planted_fault_is_reported() -> None:
    here = "architecture/test_threat_model.py::test_a_planted_fault_is_reported"
    good = f"| T01 | a | b | `{here}` | — |\n| T02 | a | none | — | all of it |"
    assert faults(good) == []
    for word in ("planted", "architecture"):
        assert faults(good.replace(word, "absent")) == [f"T01 names {here.replace(word, 'absent')}"]
    assert faults(good.replace("all of it", "—")) == ["T02 has neither a test nor a word on what is open"]
