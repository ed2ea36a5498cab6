"""Every link of the README and the documents leads somewhere: to a file that is there, to a heading it has."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Return the written pages of the repository."""
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("config/**/*.md")]


def anchors(page: Path) -> set[str]:
    """Return what a link can name within a page."""
    titles = HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere; addresses of other places are not asked."""
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        is_elsewhere = re.match(r"[a-z]+:", link) is not None
        if not is_elsewhere and (not target.exists() or (anchor and anchor not in anchors(target))):
            yield link


def test_every_link_leads_somewhere() -> None:
    found = pages()
    assert {str(page.relative_to(ROOT)): list(broken(page)) for page in found if list(broken(page))} == {}
    assert {ROOT / "README.md", ROOT / "docs" / "federation.md"} <= set(found)


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One thing\n\n[a](#one-thing) [b](#other) [c](page.md) [d](gone.md) [e](https://example.org/x)\n")
    assert list(broken(page)) == ["#other", "gone.md"]
