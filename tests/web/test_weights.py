"""The weights, the locks and the rules of the files every page loads."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

PACKAGE = Path(__file__).parents[2] / "sri_admin"
STATIC = PACKAGE / "static"
TEMPLATES = PACKAGE / "templates"
SPRITE = STATIC / "sprite.svg"
THEME = STATIC / "theme.css"
BUDGETS = {
    "vendor/bootstrap-reduced.min.css": 14_000,
    "vendor/bootstrap-reduced.rtl.min.css": 14_000,
    "theme.css": 12_000,
    "sprite.svg": 6_000,
    "app.js": 2_000,
}
PAGE_BUDGET = 15_000
FIRST_LOAD = 60_000


def _weight(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), compresslevel=9))


def _dark_tokens(opening: str) -> list[str]:
    block = THEME.read_text().split(opening, 1)[1].split("}", 1)[0]
    return [line.strip() for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize(("name", "budget"), BUDGETS.items())
def test_a_file_every_page_loads_keeps_its_budget(name: str, budget: int) -> None:
    assert _weight(STATIC / name) <= budget


@pytest.mark.parametrize("direction", ["", ".rtl"])
def test_the_first_load_with_a_full_page_stays_under_sixty_kilobytes(direction: str) -> None:
    files = [f"vendor/bootstrap-reduced{direction}.min.css", "theme.css", "sprite.svg", "mark.svg", "app.js"]

    total = sum(_weight(STATIC / name) for name in [*files, "vendor/htmx.min.js"]) + PAGE_BUDGET

    assert total <= FIRST_LOAD


def test_every_vendored_file_is_the_one_that_was_locked() -> None:
    locked = json.loads((STATIC / "vendor" / "vendor.lock.json").read_text())["files"]
    present = {f"vendor/{path.name}" for path in (STATIC / "vendor").iterdir() if path.suffix in {".css", ".js"}}

    assert present <= set(locked)
    for name, entry in locked.items():
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == entry["sha256"], name


def test_the_two_dark_palettes_are_the_same() -> None:
    by_system = _dark_tokens(':root[data-theme="auto"] {')
    by_choice = _dark_tokens(':root[data-theme="dark"] {')

    assert by_system == by_choice
    assert len(by_choice) > 10


def test_the_theme_knows_start_and_end_but_not_left_and_right() -> None:
    physical = re.compile(
        r"(?:margin|padding|border)-(?:left|right)|[^-]\b(?:left|right)\s*:|text-align:\s*(?:left|right)"
    )

    assert physical.findall(THEME.read_text()) == []


def test_the_framework_brings_no_blue() -> None:
    for name in ("bootstrap-reduced.min.css", "bootstrap-reduced.rtl.min.css"):
        text = (STATIC / "vendor" / name).read_text().lower()
        assert not re.search(r"0d6efd|13, ?110, ?253|86b7fe|0a58ca", text), name


def test_the_sprite_holds_exactly_the_icons_somebody_shows() -> None:
    drawn = {name for name in re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text()) if name != "mark"}
    sources = [*TEMPLATES.rglob("*.html"), *PACKAGE.rglob("*.py")]
    words = {word for path in sources for word in re.findall(r"['\"]([a-z0-9-]+)['\"]", path.read_text())}
    called = {name for path in TEMPLATES.rglob("*.html") for name in re.findall(r"icon\('([\w-]+)'", path.read_text())}

    assert called <= drawn
    assert {name for name in drawn if name.removeprefix("g-") not in words} == set()


def test_no_template_carries_a_script_or_style_of_its_own() -> None:
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:")

    breaches = [path.name for path in TEMPLATES.rglob("*.html") if inline.search(path.read_text())]

    assert breaches == []


def test_a_ring_of_sixty_named_seats_weighs_at_most_two_kilobytes() -> None:
    surroundings = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    surroundings.filters.update(number=str, percent=str)
    seats = [{"state": "here", "label": f"Country {n:02}", "url": f"/countries/x{n:02}"} for n in range(60)]

    page = '{% from "_macros/data.html" import ring with context %}{{ ring(seats, "60", "countries") }}'
    drawn = surroundings.from_string(page).render(seats=seats)

    assert drawn.count("<circle") == 60
    assert len(gzip.compress(drawn.encode(), compresslevel=9)) <= 2_000
