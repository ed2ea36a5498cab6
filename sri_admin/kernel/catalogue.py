"""Catalogues of translations and the gate each entry must pass before it is ever shown.

An entry that fails falls back to the source sentence; `sri-admin i18n check` reports it and fails the build.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

_ORDER = ("zero", "one", "two", "few", "many", "other")
_placeholder = re.compile(r"%\(\w+\)[sd]")
_any_percent = re.compile(r"%(?!\(\w+\)[sd]|%)")
_tag = re.compile(r"</?[a-z]+>")
_locked = re.compile(r"https?://\S+|[\w.+-]+@[\w-]+\.\w+|\+?\d[\d ]{6,}\d")
# Everything that reorders or hides text; isolates are added by the renderer alone.
_control = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LONGEST = 4


@dataclass(frozen=True)
class Catalogue:
    """The entries of one language that passed the gate, and the faults of those that did not."""

    tag: str
    single: dict[tuple[str | None, str], str] = field(default_factory=dict)
    plural: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)
    reviewed: bool = False

    def find(self, context: str | None, message: str) -> str | None:
        """Return the translation of a sentence, if there is a sound one."""
        return self.single.get((context, message))

    def find_forms(self, message: str) -> tuple[str, ...] | None:
        """Return all plural forms of a sentence in the order of `forms_of`."""
        return self.plural.get(message)


@cache
def forms_of(tag: str) -> tuple[str, ...]:
    """Return the plural categories whole numbers can have in a language, in the order catalogues list them (CLDR)."""
    rule = Locale.parse(tag, sep="-").plural_form
    reached = {rule(number) for number in (*range(1001), 10**6, 2 * 10**6)}
    return tuple(name for name in _ORDER if name in reached)


def load(path: Path, tag: str) -> Catalogue:
    """Read a catalogue and keep what passes the gate."""
    with path.open("rb") as stream:
        entries = read_po(stream, locale=tag.replace("-", "_"))
    reviewed = "not yet reviewed" not in (entries.header_comment or "").lower()
    catalogue = Catalogue(tag, reviewed=reviewed)
    for message in entries:
        if message.id:
            _take(catalogue, message)
    return catalogue


def _take(catalogue: Catalogue, message: Message) -> None:
    sources = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    texts = [
        text or "" for text in (message.string if isinstance(message.string, (tuple, list)) else (message.string,))
    ]
    if message.fuzzy or not all(texts):
        catalogue.untranslated.append(sources[0])
        return
    faults = faults_of(sources, texts, catalogue.tag)
    if faults:
        catalogue.faults.extend(f"{catalogue.tag}: {sources[0]!r}: {fault}" for fault in faults)
    elif len(sources) == 2:
        catalogue.plural[sources[0]] = tuple(texts)
    else:
        catalogue.single[message.context, sources[0]] = texts[0]


def faults_of(sources: tuple[str, ...] | list[str], texts: tuple[str, ...] | list[str], tag: str) -> list[str]:
    """Return why a translation must not be shown; an empty list means it may."""
    faults = []
    if len(sources) == 2 and len(texts) != len(forms_of(tag)):
        faults.append(f"needs {len(forms_of(tag))} plural forms, has {len(texts)}")
    for text in texts:
        faults.extend(_faults_of_text(sources, text))
    return faults


def _faults_of_text(sources: tuple[str, ...] | list[str], text: str) -> list[str]:
    source = sources[-1]
    faults = []
    wanted, given = Counter(_placeholder.findall(source)), Counter(_placeholder.findall(text))
    # A form for exactly one or two things may say so in words instead of repeating the number.
    optional = {"%(num)s", "%(num)d"} if len(sources) == 2 else set()
    if {name for name in wanted | given if wanted[name] != given[name]} - optional or given - wanted:
        faults.append("its placeholders differ from the source")
    if _any_percent.search(text):
        faults.append("a percent sign must be doubled")
    if Counter(_tag.findall(source)) != Counter(_tag.findall(text)) or "<" in _tag.sub("", text):
        faults.append("its tags differ from the source")
    if "{" in text and "{" not in source:
        faults.append("braces are not allowed")
    if Counter(_locked.findall(source)) != Counter(_locked.findall(text)):
        faults.append("an address or number was changed")
    if _control.search(text):
        faults.append("it contains an invisible control character")
    if len(text) > _LONGEST * max(len(part) for part in sources) + 40:
        faults.append("it is far longer than the source")
    return faults
