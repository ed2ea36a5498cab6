"""Who may import whom: the contracts of pyproject.toml hold, and each of them notices a breach."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
GROUND = {"kernel", "web", "federation", "cli"}
# For each contract a file and the import added to it that the contract must report.
PLANTED = {
    "A floor imports only lower floors": ("kernel/ids.py", "sri_admin.web", "visit"),
    "Inside a part a file imports only lower ranks": ("members/queries/offices.py", "sri_admin.members", "jobs"),
    "Nothing goes round in circles": ("web/addresses.py", "sri_admin.web", "doors"),
    "Others enter people by its door": ("members/operations/cards.py", "sri_admin.people", "policy"),
    "Others enter members by its door": ("app.py", "sri_admin.members", "schemas"),
    "Others enter program by its door": ("app.py", "sri_admin.program", "policy"),
    "Others enter integrity by its door": ("app.py", "sri_admin.integrity", "policy"),
    "Others enter localization by its door": ("app.py", "sri_admin.localization", "schemas"),
    "Others enter meetings by its door": ("app.py", "sri_admin.meetings", "schemas"),
    "Others enter reporting by its door": ("app.py", "sri_admin.reporting", "schemas"),
    "Others enter materials by its door": ("app.py", "sri_admin.materials", "schemas"),
    "Others enter keeping by its door": ("app.py", "sri_admin.keeping", "policy"),
    "Parts know of the exchange only what they declare with": ("people/jobs.py", "sri_admin.federation", "keys"),
    "Below the doors nothing knows the web": ("members/policy.py", "sri_admin.web", "addresses"),
    "Below the doors nothing knows flask": ("people/queries/accounts.py", "flask", "request"),
    "Domain rules are pure": ("people/rules.py", "sri_admin.kernel", "clock"),
    "The core of the exchange is pure": ("federation/merge.py", "sri_admin.kernel", "clock"),
}


def lint(folder: Path) -> str:
    """Check the package in a folder and return the report."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [str(program), "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "sri_admin", folder / "sri_admin", ignore=shutil.ignore_patterns("static", "templates"))
    return folder


def test_imports_run_one_way(copy: Path) -> None:
    report = lint(copy)
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in report, report


def test_every_contract_notices_a_breach(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "planted"
    shutil.copytree(copy, folder)
    for file, module, name in PLANTED.values():
        with (folder / "sri_admin" / file).open("a") as stream:
            stream.write(f"\nfrom {module} import {name} as _planted\n")
    report = lint(folder)
    assert [name for name in PLANTED if f"{name} BROKEN" not in report] == [], report
    assert set(PLANTED) == {contract["name"] for contract in CONTRACTS}


def test_a_new_floor_or_a_file_without_a_rank_is_noticed(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "grown"
    shutil.copytree(copy, folder)
    (folder / "sri_admin" / "attic").mkdir()
    (folder / "sri_admin" / "attic" / "__init__.py").touch()
    (folder / "sri_admin" / "people" / "services.py").touch()
    report = lint(folder)
    assert "sri_admin.attic" in report
    assert "sri_admin.people.services" in report


def test_every_part_has_its_ranks_and_its_door() -> None:
    packages = {path.parent.name for path in (ROOT / "sri_admin").glob("*/__init__.py")}
    ranked = next(each["containers"] for each in CONTRACTS if "a part a file" in each["name"])
    parts = packages - GROUND
    assert {f"sri_admin.{part}" for part in parts} == set(ranked)
    names = {contract["name"] for contract in CONTRACTS}
    # Nothing stands above the top part but the program itself, so nobody could enter it by another way.
    assert {part for part in parts if f"Others enter {part} by its door" not in names} <= {"overview"}


def floors_of(text: str) -> list[str]:
    """Return the floors of the picture in a text, from the top to the bottom."""
    picture = next(block for block in text.split("```") if " kernel " in block and " overview " in block)
    rows = (re.split(r" {2,}", line.strip())[0] for line in picture.splitlines() if line.strip())
    return [floor for row in rows for floor in row.split(" · ") if floor != "wsgi"]  # a file beside the package


def test_the_picture_of_the_house_has_its_floors() -> None:
    layers = next(each["layers"] for each in CONTRACTS if each["name"] == "A floor imports only lower floors")
    picture = (ROOT / "README.md").read_text()
    assert floors_of(picture) == [floor for layer in layers for floor in layer.split(" | ")]
    assert "keeping" not in floors_of(picture.replace("        keeping ", "        "))
