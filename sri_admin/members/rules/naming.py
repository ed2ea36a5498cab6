"""Names in lists: found whatever accents are typed, and sorted as people of many scripts expect."""

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

from pyuca import Collator

from sri_admin.kernel.text import Text


def fold(text: str) -> str:
    """Return text without case and marks, for searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.category(each).startswith("M"))


def search_text(code: str, names: Text) -> str:
    """Return what a search looks in: the code and the name in every language."""
    return fold(" ".join([code, *names.texts.values()]))


@cache
def _collator() -> Callable[[str], tuple[int, ...]]:
    return Collator().sort_key


def sorting_key(name: str) -> tuple[int, ...]:
    """Return the place of a name in the default Unicode order (DUCET)."""
    return _collator()(name)


def sorted_names(names: Iterable[str]) -> list[str]:
    """Return names in that order."""
    return sorted(names, key=sorting_key)
