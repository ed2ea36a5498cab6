"""Sentences in the reader's language.

A translation is never trusted: it is plain text, its placeholders are filled by simple substitution (no format
strings, no attribute access), every text value is isolated from the direction of the sentence around it, and only
`Sentence.markup` lets the few tags of the catalogue gate through.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from markupsafe import Markup, escape

from sri_admin.kernel.catalogue import Catalogue, forms_of, load

SOURCE = "en"
ROOT = Path(__file__).parents[2] / "translations"
TAGS = ("b", "strong", "em", "i", "br")

_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_placeholder = re.compile(r"%\((\w+)\)[sd]|%%")
_allowed_tag = re.compile(rf"&lt;(/?)({'|'.join(TAGS)})&gt;")

_locale: ContextVar[str] = ContextVar("locale", default=SOURCE)
_pseudo: ContextVar[bool] = ContextVar("pseudo", default=False)
_isolating: ContextVar[bool] = ContextVar("isolating", default=True)
missing: dict[tuple[str, str], int] = {}


class Sentence(str):
    """A translated sentence with its values filled in; it remembers both, so that it can be shown as markup."""

    __slots__ = ("pattern", "values")
    pattern: str
    values: Mapping[str, Any]

    def __new__(cls, pattern: str, values: Mapping[str, Any]) -> "Sentence":
        """Fill the pattern; a placeholder without a value stays visible rather than failing a page."""
        self = super().__new__(cls, _placeholder.sub(lambda found: _plain(found, values), pattern))
        self.pattern, self.values = pattern, values
        return self

    def markup(self) -> Markup:
        """Return the sentence with its allowed tags, everything else escaped and every value isolated."""
        text = _allowed_tag.sub(r"<\1\2>", str(escape(self.pattern)))
        return Markup(_placeholder.sub(lambda found: _marked(found, self.values), text))  # noqa: S704 - escaped above


def _plain(found: re.Match[str], values: Mapping[str, Any]) -> str:
    name = found.group(1)
    if name is None:
        return "%"
    value = values.get(name, found.group())
    isolated = isinstance(value, str) and _isolating.get()
    return f"{_FIRST_STRONG_ISOLATE}{value}{_POP_ISOLATE}" if isolated else str(value)


def _marked(found: re.Match[str], values: Mapping[str, Any]) -> str:
    name = found.group(1)
    if name is None:
        return "%"
    value = values.get(name, found.group())
    return str(Markup("<bdi>{}</bdi>").format(value) if isinstance(value, str) else escape(value))


class LazyText:
    """A sentence that is looked up when it is shown, for texts written at import time."""

    __slots__ = ("context", "message", "values")

    def __init__(self, message: str, *, context: str | None = None, values: Mapping[str, Any] | None = None) -> None:
        self.message, self.context, self.values = message, context, values or {}

    def now(self) -> Sentence:
        """Look the sentence up in the language in force."""
        return pgettext(self.context, self.message, **self.values)

    def format(self, *_positions: Any, **values: Any) -> "LazyText":
        """Take the values a validator fills in; its own are kept and shown as `%(name)s`."""
        return LazyText(self.message, context=self.context, values={**self.values, **values})

    def __iter__(self) -> Iterator["LazyText"]:
        """Be a list of one message where a validator expects a list."""
        yield self

    def __str__(self) -> str:
        return self.now()

    def __repr__(self) -> str:
        return f"LazyText({self.message!r})"

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash((self.context, self.message))


def locale() -> str:
    """Return the language tag in force."""
    return _locale.get()


@contextmanager
def using(tag: str, *, pseudo: bool | None = None) -> Iterator[None]:
    """Speak another language inside the block; `pseudo` marks every looked-up text."""
    tokens = _locale.set(tag), _pseudo.set(_pseudo.get() if pseudo is None else pseudo)
    try:
        yield
    finally:
        _locale.reset(tokens[0])
        _pseudo.reset(tokens[1])


def speak(tag: str) -> None:
    """Set the language for the rest of this request, job or command."""
    _locale.set(tag)


def set_pseudo(on: bool) -> None:
    """Switch the marking of looked-up texts for the rest of this context."""
    _pseudo.set(on)


def chain(tag: str) -> list[str]:
    """Return the languages tried in turn: es-MX, es, en."""
    parts = tag.split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return tags if SOURCE in tags else [*tags, SOURCE]


@cache
def catalogue(tag: str) -> Catalogue | None:
    """Return the checked catalogue of one language, read once."""
    path = ROOT / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po"
    return load(path, tag) if path.exists() else None


@cache
def available() -> tuple[str, ...]:
    """Return the language tags that can be chosen, the source first."""
    found = (path.parents[1].name.replace("_", "-") for path in ROOT.glob("*/LC_MESSAGES/messages.po"))
    return (SOURCE, *sorted(found))


@cache
def parsed(tag: str) -> Locale:
    """Return the CLDR data of a language tag."""
    return Locale.parse(tag, sep="-")


@contextmanager
def plainly() -> Iterator[None]:
    """Leave the invisible marks around values away inside the block: what a terminal shows is copied."""
    token = _isolating.set(False)
    try:
        yield
    finally:
        _isolating.reset(token)


def direction(tag: str | None = None) -> str:
    """Return `rtl` or `ltr` for a language (the one in force by default)."""
    return parsed(tag or locale()).text_direction


def gettext(message: str, /, **values: Any) -> Sentence:
    """Return a whole sentence in the reader's language."""
    return Sentence(_look_up(None, message), values)


def pgettext(context: str | None, message: str, /, **values: Any) -> Sentence:
    """Return a sentence whose English is ambiguous without its context."""
    return Sentence(_look_up(context, message), values)


def ngettext(one: str, many: str, count: int, /, **values: Any) -> Sentence:
    """Return the form of a sentence that fits a whole number, which is also its `%(num)s`."""
    return Sentence(_look_up_plural(one, many, count), {"num": count, **values})


def gettext_lazy(message: str, /, **values: Any) -> LazyText:
    """Return a sentence that is translated when it is shown."""
    return LazyText(message, values=values)


def pgettext_lazy(context: str, message: str, /, **values: Any) -> LazyText:
    """Return an ambiguous sentence that is translated when it is shown."""
    return LazyText(message, context=context, values=values)


def _look_up(context: str | None, message: str) -> str:
    found = None
    for tag in chain(locale()):
        if tag == SOURCE:
            break
        entries = catalogue(tag)
        found = entries.find(context, message) if entries else None
        if found:
            break
    if not found:
        _count_missing(message)
    return _shown(found or message)


def _look_up_plural(one: str, many: str, count: int) -> str:
    for tag in chain(locale()):
        if tag == SOURCE:
            break
        entries = catalogue(tag)
        forms = entries.find_forms(one) if entries else None
        if forms:
            return _shown(forms[forms_of(tag).index(parsed(tag).plural_form(count))])
    _count_missing(one)
    return _shown(one if count == 1 else many)


def _count_missing(message: str) -> None:
    if SOURCE not in chain(locale())[:1]:
        key = (locale(), message)
        missing[key] = missing.get(key, 0) + 1


def _shown(text: str) -> str:
    return f"⟦{text}⟧" if _pseudo.get() else text
