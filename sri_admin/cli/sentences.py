"""The sentences of the program: read out of its modules and templates, kept as the template of all catalogues."""

from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from sri_admin.kernel.i18n import ROOT

PACKAGE = Path(__file__).parents[1]
TEMPLATE = ROOT / "messages.pot"
_METHODS = [("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2"), ("**.py", "python")]
_KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "gettext_lazy": None,
    "pgettext_lazy": ((1, "c"), 2),
}


def gathered() -> Catalog:
    """Read every sentence of the program."""
    found = Catalog(project="sri-admin", copyright_holder="SMART Recovery International", fuzzy=False)
    rows = extract_from_dir(
        PACKAGE,
        method_map=_METHODS,
        keywords=_KEYWORDS,
        comment_tags=("Translators:",),
        strip_comment_tags=True,
        directory_filter=lambda _path: True,  # Babel leaves out folders like `_macros` by itself
    )
    for path, _line, message, comments, context in sorted(rows, key=lambda row: (row[0], row[1])):
        found.add(message, locations=[(f"sri_admin/{path}", None)], auto_comments=comments, context=context)  # pyright: ignore[reportArgumentType] - places without line numbers change less
    return found


def write_template(found: Catalog) -> None:
    """Keep the sentences as the template."""
    ROOT.mkdir(exist_ok=True)
    if TEMPLATE.exists() and not differing(found):
        return
    _write(TEMPLATE, found)


def update(tag: str, found: Catalog) -> None:
    """Bring the catalogue of a language up to date: what is gone goes, what is new waits for its translation."""
    path = ROOT / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale=tag.replace("-", "_"))
    catalogue.update(found, no_fuzzy_matching=True, keep_user_comments=True, update_creation_date=False)
    catalogue.obsolete.clear()
    _write(path, catalogue)


def differing(found: Catalog | None = None) -> list[str]:
    """Return the sentences that stand in the program or in the template, but not in both."""
    there: set[tuple[str, str, str]] = set()
    if TEMPLATE.exists():
        with TEMPLATE.open("rb") as stream:
            there = _keys(read_po(stream))
    return [one for _context, one, _many in sorted(_keys(found or gathered()) ^ there)]


def count(found: Catalog) -> int:
    """Count the sentences."""
    return len(_keys(found))


def _keys(catalogue: Catalog) -> set[tuple[str, str, str]]:
    return {_key(each) for each in catalogue if each.id}


def _key(message: Message) -> tuple[str, str, str]:
    forms = message.id if isinstance(message.id, (tuple, list)) else (message.id, "")
    return message.context or "", forms[0], forms[1]


def _write(path: Path, catalogue: Catalog) -> None:
    out = BytesIO()
    write_po(out, catalogue, width=120, include_lineno=False, sort_output=False)
    path.write_bytes(out.getvalue())
